-- ping: ICMP echo requests, each answered or not within a second.
--   sockscript scripts/ping.lua [address=127.0.0.1] [count=3]
--
-- A raw socket needs root; where the system allows it (net.ipv4.ping_group_range)
-- a datagram socket of the protocol icmp does without.

local address, count = arg[1] or "127.0.0.1", tonumber(arg[2] or 3)
local icmp = socket.getprotobyname("icmp")

local raw = true
local sock, err = socket.create(socket.AF_INET, socket.SOCK_RAW, icmp)
if not sock then
  raw = false
  sock, err = socket.create(socket.AF_INET, socket.SOCK_DGRAM, icmp)
end
if not sock then
  io.stderr:write("ping.lua: neither raw nor datagram ICMP sockets are allowed here: ", err, "\n")
  os.exit(1)
end
local ok, why = sock:connect(address, 0) -- ICMP has no ports
if not ok then
  io.stderr:write(("ping.lua: cannot reach %s: %s\n"):format(address, why))
  os.exit(1)
end

local function word(n) return string.char(math.floor(n / 256), n % 256) end

-- The Internet checksum (RFC 1071): the ones' complement of the sum of words.
local function checksum(s)
  local sum = 0
  for i = 1, #s, 2 do sum = sum + s:byte(i) * 256 + (s:byte(i + 1) or 0) end
  while sum > 65535 do sum = math.floor(sum / 65536) + sum % 65536 end
  return 65535 - sum
end

local id = math.random(65535)
local function request(seq)
  local head, tail = "\8\0", word(id) .. word(seq) .. ("sockscript"):rep(4)
  return head .. word(checksum(head .. "\0\0" .. tail)) .. tail
end

-- The answer to request seq, among whatever else a raw socket hears.
local function answer(seq)
  while true do
    local packet = assert(sock:recv(2048))
    if raw then packet = packet:sub((packet:byte() % 16) * 4 + 1) end -- the IP header
    if packet:byte(1) == 0 and packet:sub(7, 8) == word(seq) and (not raw or packet:sub(5, 6) == word(id)) then
      return #packet
    end
  end
end

local got = 0
for seq = 1, count do
  local start = socket.gettime()
  assert(sock:send(request(seq)))
  local bytes = task.timeout(1, answer, seq)
  if bytes then
    got = got + 1
    print(("%d bytes from %s: seq=%d time=%.3f ms"):format(bytes, address, seq, (socket.gettime() - start) * 1000))
  else
    print(("no answer from %s: seq=%d"):format(address, seq))
  end
end
print(("%d sent, %d received"):format(count, got))
os.exit(got > 0 and 0 or 1)
