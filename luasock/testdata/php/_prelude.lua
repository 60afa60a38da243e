-- Runs before each program of the suite: reports and values as short lines that
-- are the same in PHP and in Lua.
require "socket.php" ()

local hidden = {}

-- hide has a port or path that differs from run to run printed by a name.
function hide(text, name)
  hidden[#hidden + 1] = {tostring(text), name}
  return text
end

function out(line)
  for _, pair in ipairs(hidden) do
    local from = 1
    while true do
      local a, b = line:find(pair[1], from, true)
      if not a then break end
      line = line:sub(1, a - 1) .. pair[2] .. line:sub(b + 1)
      from = a + #pair[2]
    end
  end
  io.write(line, "\n")
end

set_error_handler(function(level, message)
  out("[" .. level .. "] " .. message)
  return true
end)

local function escape(c) return string.format("\\x%02x", c:byte()) end

function show(v)
  if v == nil then return "null" end
  if type(v) == "string" then
    local s = (#v > 100 and v:sub(1, 20) or v):gsub('[%c"\\\128-\255]', escape)
    if #v > 100 then return '"' .. s .. '..." of ' .. #v .. " with " .. bytes.crc32(v) end
    return '"' .. s .. '"'
  end
  if type(v) == "table" then
    if getmetatable(v) and v.class then return v.class end
    local parts, keys, n = {}, {}, 0
    for k in pairs(v) do keys[#keys + 1], n = tostring(k), n + 1 end
    if n == #v then
      for i, element in ipairs(v) do parts[i] = show(element) end
      return "[" .. table.concat(parts, ", ") .. "]"
    end
    table.sort(keys)
    for i, k in ipairs(keys) do
      local element = v[k]
      if element == nil then element = v[tonumber(k)] end
      parts[i] = k .. ": " .. show(element)
    end
    return "{" .. table.concat(parts, ", ") .. "}"
  end
  if type(v) == "userdata" then
    local class = getmetatable(v)
    if class == "Socket" or class == "AddressInfo" then return class end
    return get_resource_type(v)
  end
  return tostring(v)
end

function p(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = show((select(i, ...))) end
  out(table.concat(parts, " "))
end

-- t prints the value of a call, or what it throws.
function t(f)
  local ok, v = pcall(f)
  if ok then p(v) else out(tostring(v)) end
end

-- rest lets the kernel deliver what was sent over loopback.
function rest() task.sleep(0.01) end

function temp(name) return hide(os.getenv("SCRATCH"), "SCRATCH") .. "/" .. name end

-- sockets gives two connected TCP Sockets.
function sockets(family, host)
  family, host = family or AF_INET, host or "127.0.0.1"
  local l = socket_create(family, SOCK_STREAM, SOL_TCP)
  socket_bind(l, host)
  socket_listen(l, 1)
  local _, _, port = socket_getsockname(l)
  local c = socket_create(family, SOCK_STREAM, SOL_TCP)
  socket_connect(c, host, port)
  return {c, (socket_accept(l))}
end

-- datagrams gives two UDP Sockets and the port of the second, to which the first is not connected.
function datagrams(family, host)
  family, host = family or AF_INET, host or "127.0.0.1"
  local a = socket_create(family, SOCK_DGRAM, SOL_UDP)
  socket_bind(a, host)
  local b = socket_create(family, SOCK_DGRAM, SOL_UDP)
  socket_bind(b, host)
  local _, _, port = socket_getsockname(b)
  return {a, b, hide(port, "PORT")}
end

-- streams gives two connected TCP streams.
function streams()
  local l = stream_socket_server("tcp://127.0.0.1:0")
  local c = stream_socket_client("tcp://" .. stream_socket_get_name(l, false))
  return {c, (stream_socket_accept(l))}
end

-- dead gives a port of TCP at which nobody listens.
function dead()
  local l = socket_create(AF_INET, SOCK_STREAM, SOL_TCP)
  socket_bind(l, "127.0.0.1")
  local _, _, port = socket_getsockname(l)
  socket_close(l)
  return hide(port, "DEAD")
end

-- port gives the port of a Socket.
function port(s)
  local _, _, number = socket_getsockname(s)
  return hide(number, "PORT")
end

-- reset_by ends a connection with RST.
function reset_by(s)
  socket_set_option(s, SOL_SOCKET, SO_LINGER, {l_onoff = 1, l_linger = 0})
  socket_close(s)
end

-- serve answers HTTP requests on a port of its own, beside the program: the n-th
-- connection gets the n-th answer, and in the place of "@" the request, its
-- header lines sorted but for those that each client has of its own.
function serve(answers)
  local l = stream_socket_server("tcp://127.0.0.1:0")
  local own = {accept = true, ["accept-encoding"] = true, host = true, connection = true, expect = true}
  task.spawn(function()
    for _, answer in ipairs(answers) do
      local c = stream_socket_accept(l)
      local first, lines, length = rtrim(fgets(c)), {}, 0
      while true do
        local line = rtrim(fgets(c))
        if line == "" then break end
        length = tonumber(line:lower():match("^content%-length: (.*)")) or length
        if not own[line:lower():match("^[%w-]+")] then lines[#lines + 1] = line end
      end
      table.sort(lines)
      table.insert(lines, 1, first)
      lines[#lines + 1] = length > 0 and stream_get_contents(c, length) or ""
      local seen = table.concat(lines, "|")
      fwrite(c, (str_replace("@", seen, (str_replace("LEN", tostring(#seen), answer)))))
      fclose(c)
    end
    fclose(l)
  end)
  return hide(stream_socket_get_name(l, false), "SERVER")
end

strlen = strlen or function(s) return #s end
str_repeat = str_repeat or string.rep
unlink = unlink or function(path) return os.remove(path) and true or false end
usleep = usleep or function(us) task.sleep(us / 1e6) end
strval = strval or tostring
count = count or function(t) return #t end
substr = substr or function(s, from, n) return s:sub(from + 1, from + n) end
in_array = in_array or function(v, list)
  for _, element in ipairs(list) do
    if element == v then return true end
  end
  return false
end
getenv = getenv or os.getenv

-- thrown throws.
function thrown(message)
  error(setmetatable({class = "ValueError", message = message}, {__tostring = function(e) return e.class .. ": " .. e.message end}))
end
