-- The tutorial's example #2, with a UDP connection, line by line as it stands
-- there in PHP: it asks for the day and time. The host and the port may be given
-- as arguments.
require "socket.php" ()

fp, errno, errstr = fsockopen(arg[1] or "udp://127.0.0.1", arg[2] or 13)
if not fp then
  echo("ERROR: " .. errno .. " - " .. errstr .. "<br />\n")
else
  fwrite(fp, "\n")
  echo(fread(fp, 26))
  fclose(fp)
end
