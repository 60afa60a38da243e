s = socket_create(AF_INET, SOCK_STREAM, 0)
restore_error_handler()
p(silence(socket_read, s, 10), silence(socket_write, s, "x"), silence(socket_accept, s))
p(error_get_last()["message"])
function noisy()
  out("called")
  return true
end
set_error_handler("noisy")
p(silence(socket_read, s, 10), error_reporting())
