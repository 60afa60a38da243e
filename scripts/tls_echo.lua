-- An echo server over TLS, and a client that asks it.
--   sockscript scripts/tls_echo.lua server CERT KEY [port=7443]
--   sockscript scripts/tls_echo.lua client TEXT [port=7443 [cafile]]
-- A certificate to try it with:
--   openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 9 \
--     -subj /CN=localhost -addext subjectAltName=DNS:localhost

local function fail(message)
  io.stderr:write("tls_echo.lua: ", message, "\n")
  os.exit(1)
end

local function serve(fp, peer)
  for line in fp:lines() do
    fp:write(line .. "\n")
  end
  print(peer .. " is gone")
  fp:close()
end

local function server(cert, key, port)
  local listener, err = socket.stream_server("tls://localhost:" .. port, nil, {ssl = {local_cert = cert, local_pk = key}})
  if not listener then fail("cannot listen on port " .. port .. ": " .. err) end
  print("TLS on " .. listener:get_name(false))
  while true do
    -- The handshake is made in the task's first read: a silent client holds up nobody.
    local fp, peer = assert(listener:accept(-1))
    task.spawn(function()
      local ok, why = pcall(serve, fp, peer)
      if not ok then print(why) end
    end)
  end
end

local function client(text, port, cafile)
  local fp, err = socket.stream_client("tls://localhost:" .. port, 10, nil, {ssl = {cafile = cafile}})
  if not fp then fail(err) end
  local crypto = fp:get_meta_data().crypto
  fp:write(text .. "\n")
  print(("%s (%s, %s)"):format(assert(fp:read_line()), crypto.protocol, crypto.cipher_name))
  fp:close()
end

if arg[1] == "server" and arg[3] then
  server(arg[2], arg[3], arg[4] or "7443")
elseif arg[1] == "client" and arg[2] then
  client(arg[2], arg[3] or "7443", arg[4])
else
  io.stderr:write("usage: tls_echo.lua server CERT KEY [port] | client TEXT [port [cafile]]\n")
  os.exit(2)
end
