function notices(level, message)
  out("handled " .. level .. " " .. message)
  return true
end
set_error_handler("notices", E_NOTICE)
c, s = table.unpack(streams())
stream_socket_shutdown(c, STREAM_SHUT_WR)
p(fwrite(c, "x"))
x = socket_create(AF_INET, SOCK_STREAM, 0)
number = dead()
p(silence(socket_connect, x, "127.0.0.1", number))
p(error_get_last()["type"])
p(E_ERROR, E_WARNING, E_NOTICE, E_DEPRECATED, E_ALL)
t(function() return set_error_handler() end)
