header("Content-Type: text/plain")
set_time_limit(0)
ob_implicit_flush()
p(error_reporting(E_ALL))
s = socket_create(AF_INET, SOCK_STREAM, SOL_TCP)
number = dead()
result = silence(socket_connect, s, "127.0.0.1", number)
if result == false then
  p(socket_strerror(socket_last_error(s)))
end
p(socket_strerror(socket_last_error()), PHP_EOL)
t(function() return header() end)
t(function() return set_time_limit() end)
t(function() return set_time_limit("x") end)
