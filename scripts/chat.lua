-- A chat in one file: what one writes, everyone reads.
--   sockscript scripts/chat.lua server [port=7778]
--   sockscript scripts/chat.lua client NAME [port=7778]

local function server(port)
  local listener = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM))
  listener:set_option(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
  assert(listener:bind("127.0.0.1", port))
  assert(listener:listen(16))
  print(("chat on %s:%d"):format(listener:getsockname()))

  local clients = {}
  local function tell_all(line)
    io.write(line)
    -- A write may wait, and others come and go meanwhile: go through a copy.
    local present = {}
    for client in pairs(clients) do present[#present + 1] = client end
    for _, client in ipairs(present) do
      if clients[client] then client:write(line) end
    end
  end

  local function serve(client)
    local name = client:read(64, socket.NORMAL_READ)
    if name then
      name = name:gsub("%s+$", "")
      clients[client] = true
      tell_all(name .. " is here\n")
      local line = client:read(1024, socket.NORMAL_READ)
      while line do
        tell_all(name .. ": " .. line:gsub("%s+$", "") .. "\n")
        line = client:read(1024, socket.NORMAL_READ)
      end
      clients[client] = nil
      tell_all(name .. " is gone\n")
    end
    client:close()
  end

  while true do
    task.spawn(serve, assert(listener:accept()))
  end
end

local function client(name, port)
  local sock = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM))
  local ok, err = sock:connect("127.0.0.1", port)
  if not ok then
    io.stderr:write(("chat.lua: cannot connect to port %d: %s (is the server running?)\n"):format(port, err))
    os.exit(1)
  end
  sock:write(name .. "\n")

  -- One task prints what the others write while this one waits for the keyboard.
  task.spawn(function()
    local text = sock:recv(1024)
    while text do
      io.write(text)
      text = sock:recv(1024)
    end
  end)
  for line in io.lines() do
    if not sock:write(line .. "\n") then break end
  end
  sock:shutdown(1)
end

if arg[1] == "server" then
  server(tonumber(arg[2] or 7778))
elseif arg[1] == "client" and arg[2] then
  client(arg[2], tonumber(arg[3] or 7778))
else
  io.stderr:write("usage: chat.lua server [port] | client NAME [port]\n")
  os.exit(2)
end
