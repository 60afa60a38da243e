-- A chat server with select: what one says, the others hear.
local listener = socket_create_listen(0) local _, a, port = socket_getsockname(listener)
local clients, people = {}, {}
for _, name in ipairs{"ann", "bob", "eve"} do
  local s = socket_create(AF_INET, SOCK_STREAM, SOL_TCP) socket_connect(s, "127.0.0.1", port)
  people[name] = s
  clients[name] = socket_accept(listener)
end
local function turn()
  local n, read = socket_select(clients, nil, nil, 5)
  for name, s in pairs(read) do
    local line = socket_read(s, 1024, PHP_BINARY_READ)
    if line == "" or line == false then line = "left\n" socket_close(s) clients[name] = nil end
    for other, to in pairs(clients) do if other ~= name then socket_write(to, name .. ": " .. line) end end
  end
  return n
end
socket_write(people.ann, "hello\n")
p(turn())
p(socket_read(people.bob, 100), socket_read(people.eve, 100))
socket_close(people.bob) people.bob = nil
p(turn()) p(count(clients))
p(socket_read(people.ann, 100), socket_read(people.eve, 100))
