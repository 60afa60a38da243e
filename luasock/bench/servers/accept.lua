-- Short connections, a task for each: read, echo, close.
local listener = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM))
assert(listener:bind("127.0.0.1", 0))
assert(listener:listen(4096))
print(select(2, listener:getsockname()))

local function serve(client)
  local data = client:recv(8192)
  if data then client:send(data) end
  client:close()
end

while true do
  task.spawn(serve, assert(listener:accept()))
end
