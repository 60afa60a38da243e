-- Standard input to a connection, and the connection to standard output.
--   sockscript scripts/netcat.lua [-u] host port         connects
--   sockscript scripts/netcat.lua -l [-u] [host] port    waits for a connection
-- -u is UDP. The end of the input ends this direction only: the answer still comes.

local listen, scheme, words = false, "tcp", {}
local function usage()
  io.stderr:write("usage: netcat.lua [-u] host port | netcat.lua -l [-u] [host] port\n")
  os.exit(2)
end
for _, word in ipairs(arg) do
  if word == "-l" then listen = true
  elseif word == "-u" then scheme = "udp"
  elseif word:sub(1, 1) == "-" then usage()
  else words[#words + 1] = word end
end
if listen and #words == 1 then table.insert(words, 1, "0.0.0.0") end
if #words ~= 2 or not tonumber(words[2]) then usage() end
local host = words[1]:find(":") and "[" .. words[1] .. "]" or words[1]
local url = ("%s://%s:%s"):format(scheme, host, words[2])

local function fail(what, err)
  io.stderr:write(("netcat.lua: cannot %s %s: %s\n"):format(what, url, err))
  os.exit(1)
end

local function open()
  if not listen then
    local fp, err = socket.stream_client(url, 10)
    return fp or fail("connect to", err)
  end
  local udp = scheme == "udp"
  local server, err = socket.stream_server(url, udp and socket.STREAM_SERVER_BIND or nil)
  if not server then fail("listen on", err) end
  io.stderr:write("listening on ", server:get_name(false), "\n")
  if not udp then return (assert(server:accept(-1))) end
  -- The first who sends is the peer from now on.
  local s = socket.import_stream(server)
  server:set_timeout(math.huge)
  local _, peer = server:recvfrom(1, socket.STREAM_PEEK)
  local address, port = peer:match("^%[?(.-)%]?:(%d+)$")
  assert(s:connect(address, tonumber(port)))
  return server
end

local fp = open()
fp:set_timeout(math.huge)

local function check(ok, err)
  if ok then return end
  io.stderr:write("netcat.lua: ", err, "\n")
  os.exit(1)
end

local sending = task.spawn(function()
  if scheme == "tcp" then
    check(socket.STDIN:copy_to(fp))
    fp:shutdown(socket.STREAM_SHUT_WR)
  else
    for chunk in socket.STDIN:chunks(1400) do check(fp:write(chunk)) end
  end
end)
local receiving = task.spawn(function() check(fp:copy_to(socket.STDOUT)) end)

local patience = 1 -- seconds for what is still under way when one direction has ended
if scheme == "udp" and not listen then
  sending:join() -- UDP itself has no end
  receiving:join(patience)
  receiving:cancel()
else
  receiving:join()
  sending:join(patience) -- the peer sends no more, whatever is typed
  sending:cancel()
end
