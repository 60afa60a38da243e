l = stream_socket_server("tcp://127.0.0.1:0")
name = stream_socket_get_name(l, false)
c = stream_socket_client("tcp://" .. name)
fwrite(c, "GET / HTTP/1.0\r\nHost: example\r\n\r\n")
s = stream_socket_accept(l)
line = fgets(s)
while line ~= "\r\n" do
  p(line)
  line = fgets(s)
end
fwrite(s, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello")
fclose(s)
while not feof(c) do
  p(fgets(c, 128))
end
fclose(c)
