for i = 1, 134 - 1 do
  p(i, socket_strerror(i))
end
