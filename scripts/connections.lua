-- Holds many connections at once to an echo server, each of which asks and gets
-- its answer, again and again.
--   sockscript scripts/echo_server.lua 7777
--   sockscript scripts/connections.lua [count=10000] [rounds=2] [port=7777]

local count, rounds, port = tonumber(arg[1] or 10000), tonumber(arg[2] or 2), tonumber(arg[3] or 7777)

local function give_up(...)
  io.stderr:write("connections.lua: ", string.format(...), "\n")
  os.exit(1)
end

local connected, answers, start = 0, 0, socket.gettime()
local all_connected = task.channel(count)

local function conversation(number)
  local sock, err, errno = socket.create(socket.AF_INET, socket.SOCK_STREAM)
  if errno == socket.EMFILE or errno == socket.ENFILE then
    give_up("%s after %d connections: the limit of open files (ulimit -Hn) does not suffice for %d", err, connected, count)
  end
  if not sock then give_up("create: %s", err) end
  local ok, why = sock:connect("127.0.0.1", port)
  if not ok then give_up("connect to port %d: %s", port, why) end
  connected = connected + 1
  if connected == count then all_connected:close() end
  all_connected:recv() -- waits until every other is connected too

  for round = 1, rounds do
    local request = ("request %d of connection %d"):format(round, number)
    assert(sock:write(request))
    local answer = assert(sock:recv(#request, socket.MSG_WAITALL))
    if answer ~= request then give_up("connection %d got %q", number, answer) end
    answers = answers + 1
  end
  sock:close()
end

-- A server's queue of connections holds some hundreds: connect in portions.
local tasks, portion = {}, 200
for number = 1, count do
  tasks[number] = task.spawn(conversation, number)
  while number - connected >= portion do task.sleep(0.001) end
end
for _, t in ipairs(tasks) do t:join() end
print(("%d connections at once, %d answers, %.1f s"):format(connected, answers, socket.gettime() - start))
