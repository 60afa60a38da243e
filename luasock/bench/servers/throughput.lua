-- Moves bytes as fast as it can: read or write in pieces of 64 KB, or copy.
local what, bytes, from, to = arg[1], tonumber(arg[2]), arg[3], arg[4]
local piece = 65536

local function connect(port)
  return assert(socket.fsockopen("127.0.0.1", tonumber(port)))
end

if what == "read" then
  local fp, left = connect(from), bytes
  while left > 0 do left = left - #assert(fp:read(piece)) end
elseif what == "write" then
  local fp, data = connect(to), ("x"):rep(piece)
  for _ = 1, bytes / piece do assert(fp:write(data)) end
elseif what == "relay" then
  local source, sink, left = connect(from), connect(to), bytes
  while left > 0 do left = left - assert(sink:write(assert(source:read(piece)))) end
else
  assert(connect(from):copy_to(connect(to), bytes) == bytes)
end
