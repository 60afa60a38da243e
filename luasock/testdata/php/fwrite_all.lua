c, s = table.unpack(streams())
n = 0
stream_set_blocking(c, false)
while n < 5000000 do
  w = fwrite(c, str_repeat("x", 100000))
  n = n + w
  got = fread(s, 100000)
end
p(n >= 5000000)
