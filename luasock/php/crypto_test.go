package php

import (
	"fmt"
	"strings"
	"testing"
)

// URLs of TLS: the server's task makes the handshake in accept, the client's in
// the call that connects, each with PHP's texts when it fails.
func TestURLsOfTLS(t *testing.T) {
	pem := certificate
	for _, test := range []struct{ name, code, want string }{
		{"both sides", `
			local c = client("ssl", {cafile = pem, peer_name = "localhost", capture_peer_cert = true})
			local s, peer = served()
			echo(fwrite(c, "hello\n"), fgets(s), peer == stream_socket_get_name(c, false) and "" or peer)
			local m = stream_get_meta_data(s)
			echo(m.stream_type, " ", m.crypto.protocol, "\n", stream_context_get_options(c).ssl.peer_certificate.common_name)`,
			"6hello\ntcp_socket/ssl TLSv1.3\nlocalhost"},
		{"a version", `
			local c = client("tlsv1.2", {cafile = pem, peer_name = "localhost"})
			echo(stream_get_meta_data(c).crypto.protocol)`,
			"TLSv1.2"},
		{"an unknown authority", `
			local c, errno, errstr = client("tls", {peer_name = "localhost"})
			echo(tostring(c), " ", errno, " '", errstr, "'\n") served()`,
			"stream_socket_client(): SSL operation failed with code 1. OpenSSL Error messages:\nerror:0A000086:SSL routines::certificate verify failed\n" +
				"stream_socket_client(): Failed to enable crypto\nstream_socket_client(): Unable to connect to tls://ADDRESS (Unknown error)\nfalse 0 ''\n" +
				"stream_socket_accept(): SSL operation failed with code 1. OpenSSL Error messages:\nerror:0A000412:SSL routines::sslv3 alert bad certificate\n" +
				"stream_socket_accept(): Failed to enable crypto\nstream_socket_accept(): Accept failed: SSL operation failed with code 1. OpenSSL Error messages:\nerror:0A000412:SSL routines::sslv3 alert bad certificate"},
		{"another name", `
			echo(tostring(client("ssl", {cafile = pem, peer_name = "example.org"})))
			set_error_handler(function() end) served()`,
			"stream_socket_client(): Peer certificate subjectAltName did not match expected name `example.org'\n" +
				"stream_socket_client(): Failed to enable crypto\nstream_socket_client(): Unable to connect to ssl://ADDRESS (Unknown error)\nfalse"},
		{"a client without TLS", `
			local c = client("tcp", {})
			fwrite(c, "what is this?\n")
			echo(tostring(served()))`,
			"stream_socket_accept(): SSL operation failed with code 1. OpenSSL Error messages:\nerror:0A00010B:SSL routines::wrong version number\n" +
				"stream_socket_accept(): Failed to enable crypto\nstream_socket_accept(): Accept failed: SSL operation failed with code 1. OpenSSL Error messages:\nerror:0A00010B:SSL routines::wrong version number\nfalse"},
		{"a server that says nothing", `
			local l = stream_socket_server("tcp://127.0.0.1:0")
			local url = stream_socket_get_name(l, false)
			echo(tostring(stream_socket_client("ssl://" .. url, 0.05)))`,
			"stream_socket_client(): SSL: Handshake timed out\nstream_socket_client(): Failed to enable crypto\nstream_socket_client(): Unable to connect to ssl://ADDRESS (Unknown error)\nfalse"},
		{"no certificate", `
			options.local_cert = nil
			local c = task.spawn(client, "ssl", {peer_name = "localhost"})
			echo(tostring(served()))
			set_error_handler(function() end)`,
			"stream_socket_accept(): SSL_R_NO_SHARED_CIPHER: no suitable shared cipher could be used.  This could be because the server is missing an SSL certificate (local_cert context option)\n" +
				"stream_socket_accept(): Failed to enable crypto\nstream_socket_accept(): Accept failed: SSL_R_NO_SHARED_CIPHER: no suitable shared cipher could be used.  This could be because the server is missing an SSL certificate (local_cert context option)\nfalse"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := runHere(t, fmt.Sprintf(`require "socket.php" ()
				local address = ""
				set_error_handler(function(level, message)
					echo((message:gsub("127%%.0%%.0%%.1:%%d+", "ADDRESS")), "\n")
				end)
				pem, options = %q, {local_cert = %q}
				local waiting
				function serve()
					local l = stream_socket_server("ssl://127.0.0.1:0", STREAM_SERVER_BIND + STREAM_SERVER_LISTEN, stream_context_create({ssl = options}))
					address = stream_socket_get_name(l, false)
					waiting = task.spawn(stream_socket_accept, l, 10)
				end
				function client(scheme, ssl)
					if not waiting then serve() end
					return stream_socket_client(scheme .. "://" .. address, 10, STREAM_CLIENT_CONNECT, stream_context_create({ssl = ssl}))
				end
				function served()
					if not waiting then serve() end
					return select(2, waiting:join())
				end
				%s`, pem, pem, test.code))
			if got = strings.TrimSuffix(got, "\n"); got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}
