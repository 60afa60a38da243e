-- Sends the mail on standard input to an SMTP server that speaks STARTTLS (RFC 3207).
--   sockscript scripts/starttls_smtp.lua HOST[:PORT=25] FROM TO [cafile] < message

local host, port = (arg[1] or ""):match("^([^:]+):?(%d*)$")
local from, to, cafile = arg[2], arg[3], arg[4]
if not (host and to) then
  io.stderr:write("usage: starttls_smtp.lua HOST[:PORT] FROM TO [cafile] < message\n")
  os.exit(2)
end

local function fail(message)
  io.stderr:write("starttls_smtp.lua: ", message, "\n")
  os.exit(1)
end

local server = ("tcp://%s:%s"):format(host, port ~= "" and port or 25)
local fp, err = socket.stream_client(server, 10, nil, {ssl = {cafile = cafile}})
if not fp then fail("cannot connect to " .. host .. ": " .. err) end

-- An answer is lines "250-text", the last one "250 text".
local function answer(wanted)
  local lines = {}
  repeat
    local line, why = fp:read_line()
    if not line then fail("no answer: " .. why) end
    lines[#lines + 1] = line
  until not line:find "^%d%d%d%-"
  if not lines[#lines]:find("^" .. wanted) then fail("refused: " .. lines[#lines]) end
  return table.concat(lines, "\n")
end

local function say(line, wanted)
  fp:write(line .. "\r\n")
  return answer(wanted)
end

answer "220"
if not say("EHLO localhost", "250"):find "STARTTLS" then fail(host .. " does not offer STARTTLS") end
say("STARTTLS", "220")
local ok, why = fp:enable_crypto(true)
if not ok then fail("no TLS: " .. why) end
print("speaking " .. fp:get_meta_data().crypto.protocol)
say("EHLO localhost", "250") -- anew: what was said in plain text counts no more

say(("MAIL FROM:<%s>"):format(from), "250")
say(("RCPT TO:<%s>"):format(to), "250")
say("DATA", "354")
for line in io.lines() do
  fp:write((line:gsub("^%.", "..")) .. "\r\n")
end
print(say(".", "250"))
say("QUIT", "221")
fp:close()
