function secured(server, client)
  l, no, text = stream_socket_server("tcp://127.0.0.1:0", 12, stream_context_create({ssl = server}))
  c, no, text = stream_socket_client("tcp://" .. stream_socket_get_name(l, false), 5, 4, stream_context_create({ssl = client}))
  s = stream_socket_accept(l)
  stream_set_blocking(c, false)
  stream_set_blocking(s, false)
  a = 0
  b = 0
  while a == 0 or b == 0 do
    if a == 0 then
      a = stream_socket_enable_crypto(c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT)
    end
    if b == 0 then
      b = stream_socket_enable_crypto(s, true, STREAM_CRYPTO_METHOD_TLS_SERVER)
    end
    usleep(1000)
  end
  p(a, b)
  stream_set_blocking(c, true)
  stream_set_blocking(s, true)
  return {c, s}
end
pem = getenv("CERTIFICATE")
c, s = table.unpack(secured({local_cert = pem}, {cafile = pem, peer_name = "localhost"}))
p(fwrite(c, "secret\n"), fgets(s), fwrite(s, "answer"), fread(c, 100))
meta = stream_get_meta_data(c)
p(meta["crypto"]["protocol"], meta["stream_type"], meta["eof"])
t(function() return stream_socket_enable_crypto(c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT) end)
t(function() return socket_import_stream(c) end)
fclose(s)
rest()
p(fread(c, 10), feof(c))
secured({local_cert = pem}, {verify_peer = false, verify_peer_name = false})

-- refused tells what the client says of the server's certificate.
function refused(server, client)
  l, no, text = stream_socket_server("tcp://127.0.0.1:0", 12, stream_context_create({ssl = server}))
  c, no, text = stream_socket_client("tcp://" .. stream_socket_get_name(l, false), 5, 4, stream_context_create({ssl = client}))
  s = stream_socket_accept(l)
  stream_set_blocking(c, false)
  stream_set_blocking(s, false)
  a = 0
  while a == 0 do
    a = silence(stream_socket_enable_crypto, c, true, STREAM_CRYPTO_METHOD_TLS_CLIENT)
    text = error_get_last()
    b = silence(stream_socket_enable_crypto, s, true, STREAM_CRYPTO_METHOD_TLS_SERVER)
    usleep(1000)
  end
  p(a, text["message"])
end
restore_error_handler()
refused({local_cert = pem}, {cafile = pem, peer_name = "example.org"})
refused({local_cert = pem}, {peer_name = "localhost"})
refused({local_cert = pem}, {allow_self_signed = true, peer_name = "example.org"})
