c, s = table.unpack(streams())
stream_set_blocking(c, false)
n = fwrite(c, str_repeat("x", 32000000))
p(n > 0, n < 32000000, fwrite(c, "x"))
