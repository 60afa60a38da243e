-- Lists a folder of an FTP server, or fetches a file: RFC 959, passive mode.
--   sockscript scripts/ftp.lua [user:password@]host[:port] [path]
-- A path that ends with "/", or none, is listed; else the file is saved under its
-- own name in this folder. A '-' behind it writes it to standard output.

local function fail(...)
  io.stderr:write("ftp.lua: ", table.concat({...}), "\n")
  os.exit(1)
end

local login, address = (arg[1] or ""):match("^(.-)@([^@]+)$")
address = address or arg[1] or ""
local user, password = (login or "anonymous:guest@"):match("^([^:]+):?(.*)$")
local path = arg[2] or ""
if address == "" or not user or arg[4] or arg[3] and arg[3] ~= "-" or (login or ""):find("[\r\n]") or path:find("[\r\n]") then
  io.stderr:write("usage: ftp.lua [user:password@]host[:port] [folder/ | file [-]]\n")
  os.exit(2)
end
if not address:find(":%d+$") then address = address .. ":21" end

local ftp, err = socket.fsockopen(address, -1, 10)
if not ftp then fail("cannot connect to ", address, ": ", err) end
ftp:set_timeout(30)

-- A reply is one line, "226 done", or several from "226-" to "226 ".
local function reply()
  local first = ftp:read_until("\n", 4096)
  local code = first and first:match("^(%d%d%d)[ -]")
  if not code then fail("no reply that FTP knows: ", ((first or "the connection is over"):gsub("%s+$", ""))) end
  local last = first
  while last:sub(1, 4) ~= code .. " " do
    last = ftp:read_until("\n", 4096) or fail("the reply is cut short")
  end
  return tonumber(code), (last:gsub("[\r\n]+$", ""))
end

local function command(...)
  local line = table.concat({...}, " ")
  if not ftp:write(line .. "\r\n") then fail("the connection is over") end
  return reply()
end

-- expects a reply of the kind of first, as 2 for 226
local function want(first, code, text)
  if math.floor(code / 100) ~= first then fail("the server says: ", text) end
  return text
end

want(2, reply())
local code, text = command("USER", user)
if code == 331 then code, text = command("PASS", password) end
want(2, code, text)
want(2, command("TYPE I"))

-- The data come on a second connection, to a port that the server names. It may
-- name a host too (PASV), which would be somebody else's: that is not heeded.
code, text = command("EPSV")
local port = text:match("%(|||(%d+)|%)")
if code ~= 229 or not port then
  text = want(2, command("PASV"))
  local high, low = text:match("%d+,%d+,%d+,%d+,(%d+),(%d+)")
  port = high and high * 256 + low or fail("there is no port in ", text)
end
local host = ftp:get_name(true):gsub(":%d+$", "")
local data, err = socket.fsockopen(host, tonumber(port), 10)
if not data then fail("cannot open the data connection: ", err) end

local name = path:match("([^/]+)$") -- none: a folder
want(1, command(name and "RETR" or "LIST", path ~= "" and path or nil))
local size = 0
if name and not arg[3] then
  local file, err = io.open(name, "wb")
  if not file then fail(err) end
  for chunk in data:chunks(65536) do
    assert(file:write(chunk))
    size = size + #chunk
  end
  assert(file:close())
else
  size, err = data:passthru()
  if not size then fail("the data are cut short: ", err) end
end
data:close()
want(2, reply()) -- says whether that was all of it
if name and not arg[3] then print(("%s: %d bytes"):format(name, size)) end
command("QUIT")
