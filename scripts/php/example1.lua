-- The tutorial's example #1 of fsockopen(), line by line as it stands there in
-- PHP. The host and the port may be given as arguments.
require "socket.php" ()

fp, errno, errstr = fsockopen(arg[1] or "www.example.com", arg[2] or 80, 30)
if not fp then
  echo(errstr .. " (" .. errno .. ")<br />\n")
else
  out = "GET / HTTP/1.1\r\n"
  out = out .. "Host: www.example.com\r\n"
  out = out .. "Connection: Close\r\n\r\n"
  fwrite(fp, out)
  while not feof(fp) do
    echo(fgets(fp, 128))
  end
  fclose(fp)
end
