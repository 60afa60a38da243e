-- What a MySQL or MariaDB server says first: its greeting packet, decoded.
--   sockscript scripts/mysql_hello.lua [host=127.0.0.1] [port=3306]
--   sockscript scripts/mysql_hello.lua unix:///run/mysqld/mysqld.sock

local host, port = arg[1] or "127.0.0.1", tonumber(arg[2] or 3306)
if arg[3] or not port or host:sub(1, 1) == "-" then
  io.stderr:write("usage: mysql_hello.lua [host [port] | unix:///path]\n")
  os.exit(2)
end

local function fail(...)
  io.stderr:write("mysql_hello.lua: ", table.concat({...}), "\n")
  os.exit(1)
end

local fp, err = socket.fsockopen(host, host:find("^unix:") and -1 or port, 10)
if not fp then fail("cannot connect to ", host, ": ", err) end
fp:set_timeout(10)

-- A packet: its length in three bytes, a number that counts packets, the payload.
local head, err = fp:read_exactly(4)
if not head then fail("no greeting: ", err) end
local size, sequence = string.unpack("<I3 B", head)
if size < 3 or size > 4096 then fail("this is not MySQL: it begins with ", bytes.hex(head, " ")) end
local packet, err = fp:read_exactly(size)
if not packet then fail("the greeting is cut short: ", err) end
fp:close()

local protocol = packet:byte()
if protocol == 255 then -- an error packet, as "Host … is blocked"
  local code, text = string.unpack("<I2", packet, 2), packet:sub(4)
  fail("the server refuses: ", text:gsub("^#.....", ""), " (", code, ")")
elseif protocol ~= 10 then
  fail("protocol version ", protocol, " is not 10")
end

local collations = {[8] = "latin1_swedish_ci", [33] = "utf8mb3_general_ci", [45] = "utf8mb4_general_ci", [255] = "utf8mb4_0900_ai_ci"}
local capabilities = {
  [0] = "LONG_PASSWORD", "FOUND_ROWS", "LONG_FLAG", "CONNECT_WITH_DB", "NO_SCHEMA", "COMPRESS", "ODBC",
  "LOCAL_FILES", "IGNORE_SPACE", "PROTOCOL_41", "INTERACTIVE", "SSL", "IGNORE_SIGPIPE", "TRANSACTIONS",
  "RESERVED", "SECURE_CONNECTION", "MULTI_STATEMENTS", "MULTI_RESULTS", "PS_MULTI_RESULTS", "PLUGIN_AUTH",
  "CONNECT_ATTRS", "PLUGIN_AUTH_LENENC_CLIENT_DATA", "CAN_HANDLE_EXPIRED_PASSWORDS", "SESSION_TRACK",
  "DEPRECATE_EOF", "OPTIONAL_RESULTSET_METADATA", "ZSTD_COMPRESSION", "QUERY_ATTRIBUTES", "MULTI_FACTOR_AUTHENTICATION",
  "CAPABILITY_EXTENSION", "SSL_VERIFY_SERVER_CERT", "REMEMBER_OPTIONS",
}

local function decode()
  local version, thread, salt, low, collation, status, high, length, at =
    string.unpack("<z I4 c8 x I2 B I2 I2 B", packet, 2)
  at = at + 10 -- reserved
  local rest = math.max(13, length - 8)
  salt = salt .. packet:sub(at, at + rest - 2) -- the last byte is a NUL
  local plugin = packet:match("^%Z*", at + rest)
  return version, thread, salt, low + high * 65536, collation, status, plugin
end

local ok, version, thread, salt, flags, collation, status, plugin = pcall(decode)
if not ok then fail("the greeting is too short: ", bytes.hex(packet, " ")) end

local names = {}
for bit_number = 0, 31 do
  if bit.band(flags, bit.lshift(1, bit_number)) ~= 0 then names[#names + 1] = capabilities[bit_number] end
end
print("protocol      " .. protocol)
print("version       " .. version:gsub("^5%.5%.5%-", "")) -- which MariaDB puts before its own
print("thread        " .. thread)
print("collation     " .. (collations[collation] or collation))
print("status        " .. (bit.band(status, 2) ~= 0 and "autocommit" or status))
print("salt          " .. bytes.hex(salt))
print("plugin        " .. (plugin ~= "" and plugin or "mysql_native_password"))
print("TLS           " .. (bit.band(flags, 0x800) ~= 0 and "yes" or "no"))
print("capabilities  " .. table.concat(names, " "))
