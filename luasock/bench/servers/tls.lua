-- Echo over TLS, a task for each client. Certificate and key lie beside the script.
local dir = arg[0]:match("^(.*)/") or "."
local server = assert(socket.stream_server("tls://127.0.0.1:0", nil, {
  ssl = {local_cert = dir .. "/cert.pem", local_pk = dir .. "/key.pem"},
  socket = {backlog = 4096, tcp_nodelay = true},
}))
print(server:get_name(false):match("%d+$"))
io.stdout:flush()

local function serve(fp)
  local data = fp:read(8192)
  while data and fp:write(data) do
    data = fp:read(8192)
  end
  fp:close()
end

while true do
  task.spawn(serve, (assert(server:accept(-1))))
end
