function thrower(level, message)
  thrown(message)
  return true
end
set_error_handler("thrower")
s = socket_create(AF_INET, SOCK_STREAM, 0)
t(function() return socket_read(s, 10) end)
p(socket_last_error(s))
