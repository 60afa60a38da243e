-- Echo with LuaSocket: one loop round socket.select.
local socket = require "socket"
local listener = assert(socket.bind("127.0.0.1", 0, 4096))
listener:settimeout(0)
io.stdout:setvbuf("no")
print((select(2, listener:getsockname())))
local clients = { listener }
local function remove(c)
  for i, other in ipairs(clients) do
    if other == c then
      clients[i] = clients[#clients]
      clients[#clients] = nil
      return
    end
  end
end
while true do
  local ready = socket.select(clients, nil)
  for _, c in ipairs(ready) do
    if c == listener then
      local new = listener:accept()
      if new then
        new:settimeout(0)
        new:setoption("tcp-nodelay", true)
        clients[#clients + 1] = new
      end
    else
      local data, err, part = c:receive(8192)
      data = data or part
      if data and #data > 0 then c:send(data) end
      if err == "closed" then
        remove(c)
        c:close()
      end
    end
  end
end
