-- Which TCP ports of a host accept connections? Asks many at once.
--   sockscript scripts/portscan.lua [host=127.0.0.1] [first=1] [last=1024]

local host, first, last = arg[1] or "127.0.0.1", tonumber(arg[2] or 1), tonumber(arg[3] or 1024)
local at_once, patience = 200, 1 -- connects under way; seconds for each

local addresses, err = socket.gethostbynamel(host)
if not addresses then
  io.stderr:write(("portscan.lua: no IPv4 address of %s: %s\n"):format(host, err))
  os.exit(1)
end
local address = addresses[1]
local open, next_port = {}, first

local function try(port)
  local sock = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM))
  if task.timeout(patience, sock.connect, sock, address, port) then
    open[#open + 1] = port
  end
  sock:close()
end

local function worker()
  while next_port <= last do
    local port = next_port
    next_port = port + 1
    try(port)
  end
end

local workers = {}
for i = 1, math.min(at_once, last - first + 1) do workers[i] = worker end
task.all(workers)

table.sort(open)
for _, port in ipairs(open) do
  print(("%d/tcp open  %s"):format(port, socket.getservbyport(port, "tcp") or ""))
end
print(("%d of %d ports of %s are open"):format(#open, last - first + 1, host))
