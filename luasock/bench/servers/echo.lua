-- Echo, a task for each client.
local listener = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM))

assert(listener:bind("127.0.0.1", 0))
assert(listener:listen(4096))
print(select(2, listener:getsockname()))
io.stdout:flush()

local recv, send = socket.recv, socket.send

local function serve(client)
  local data = recv(client, 8192)
  while data and send(client, data) do
    data = recv(client, 8192)
  end
  client:close()
end

while true do
  task.spawn(serve, assert(listener:accept()))
end
