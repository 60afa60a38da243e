-- An echo server that serves all its clients at once: a task for each, written
-- as plain blocking code.
--   sockscript scripts/echo_server.lua [port=7777]      then: nc 127.0.0.1 7777

local port = tonumber(arg[1] or 7777)
if not port then
  io.stderr:write("usage: echo_server.lua [port]\n")
  os.exit(2)
end

local listener = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM))
listener:set_option(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
local ok, err = listener:bind("127.0.0.1", port)
if not ok then
  io.stderr:write(("echo_server.lua: cannot listen on port %d: %s\n"):format(port, err))
  os.exit(1)
end
assert(listener:listen(socket.SOMAXCONN))
print(("listening on %s:%d"):format(listener:getsockname()))

local function serve(client)
  while true do
    local data = client:recv(8192)
    if not data or not client:write(data) then break end
  end
  client:close()
end

while true do
  task.spawn(serve, assert(listener:accept()))
end
