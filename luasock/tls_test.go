package luasock

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sockscript/luasock/sock"
)

// tlsPrelude has what the scripts share. dir is where the certificates are.
const tlsPrelude = `
	function cert(name, more)
	  local t = {local_cert = dir .. name .. ".pem", local_pk = dir .. name .. ".key"}
	  for k, v in pairs(more or {}) do t[k] = v end
	  return t
	end
	function trust(more)
	  local t = {cafile = dir .. "ca.pem"}
	  for k, v in pairs(more or {}) do t[k] = v end
	  return t
	end
	-- a server with these options, whose handler runs in a task for each connection
	function serve(ssl, handler, scheme)
	  local server = assert(socket.stream_server((scheme or "tls") .. "://127.0.0.1:0", nil, {ssl = ssl}))
	  handler = handler or function(fp) for line in fp:lines() do fp:write(line .. "\n") end end
	  task.spawn(function()
	    local handlers = {}
	    for fp in function() return server:accept(-1) end do
	      handlers[#handlers + 1] = task.spawn(function() pcall(handler, fp) pcall(fp.close, fp) end)
	    end
	    for _, t in ipairs(handlers) do t:cancel() end
	  end)
	  return server:get_name(false), server
	end
	function dial(name, ssl, scheme) return socket.stream_client((scheme or "tls") .. "://" .. name, 10, nil, {ssl = ssl}) end
	function ask(fp, text) assert(fp:write(text .. "\n")) return (fp:gets():sub(1, -2)) end
`

// runTLS runs scripts that know where the certificates are, each in a VM of its
// own.
func runTLS(t *testing.T, scripts []script) {
	t.Helper()
	runScripts(t, fmt.Sprintf("dir = %q\n", certificates(t)+"/")+tlsPrelude, scripts)
}

func TestTLS(t *testing.T) {
	runTLS(t, []script{
		{name: "an echo, and what the ends tell of it", code: `
			local name, server = serve(cert "server")
			out((tostring(server):gsub("%d+", "N"))) --> =stream: tcp N.N.N.N:N listening
			local fp = dial(name, trust())
			out(ask(fp, "hello")) --> =hello
			out((tostring(fp):gsub("%d+", "N"))) --> =stream: tcp N.N.N.N:N -> N.N.N.N:N connected, TLSvN.N
			local m = fp:get_meta_data()
			out(m.stream_type, m.uri == "tls://" .. name, m.eof, m.timed_out) --> =tcp_socket/ssl true false false
			local c = m.crypto
			out(c.protocol, c.cipher_version, c.cipher_bits >= 128, c.cipher_name:sub(1, 4)) --> =TLSv1.3 TLSv1.3 true TLS_
			out(c.alpn_protocol, c.resumed, c.peer_certificate) --> =nil false nil
			out(fp:close()) --> =true
			out(pcall(fp.read, fp, 1)) --> ~false .*stream is closed
			server:close()`},
		{name: "every scheme", code: `
			local name, server = serve(cert "server")
			for _, scheme in ipairs{"ssl", "tls", "tlsv1.2", "tlsv1.3"} do
			  local fp = dial(name, trust(), scheme)
			  out(scheme, fp:get_meta_data().crypto.protocol)
			end
			--> =ssl TLSv1.3
			--> =tls TLSv1.3
			--> =tlsv1.2 TLSv1.2
			--> =tlsv1.3 TLSv1.3
			server:close()
			name, server = serve(cert "server", nil, "tlsv1.2")
			out(dial(name, trust()):get_meta_data().crypto.protocol) --> =TLSv1.2
			out(dial(name, trust(), "tlsv1.3")) --> ~nil the peer has broken TLS off: it does not speak the TLS that is offered \(crypto_method\) \(alert: protocol version not supported\) 0
			out(dial(name, trust{crypto_method = socket.STREAM_CRYPTO_METHOD_TLSv1_3_CLIENT})) --> ~nil the peer has broken TLS off.*protocol version
			out(socket.fsockopen("tlsv1.4://" .. name)) --> ~nil Unable to find the socket transport "tlsv1.4".* 0
			server:close()`},
		{name: "fsockopen trusts the system's authorities only", code: `
			local name, server = serve(cert "server")
			local host, port = name:match("(.*):(.*)")
			out(socket.fsockopen("tls://" .. host, tonumber(port), 10)) --> ~^nil certificate for localhost, 127.0.0.1 is signed by an unknown authority \(CN=Test CA\): name that in cafile, or set verify_peer = false to trust anybody 0$
			server:close()`},
		{name: "names", code: `
			local function try(server_cert, ssl)
			  local name, server = serve(cert(server_cert))
			  local fp, err = dial(name, trust(ssl))
			  server:close()
			  out(fp and "fine" or err)
			end
			try("server") --> =fine
			try("server", {peer_name = "localhost"}) --> =fine
			try("server", {peer_name = "LOCALHOST."}) --> =fine
			try("other") --> =certificate is for example.org, not 127.0.0.1
			try("other", {peer_name = "example.org"}) --> =fine
			try("other", {verify_peer_name = false}) --> =fine
			try("other", {verify_peer = false}) --> =certificate is for example.org, not 127.0.0.1
			try("server", {peer_name = "127.0.0.2"}) --> =certificate is for localhost, 127.0.0.1, not 127.0.0.2
			try("wild", {peer_name = "www.example.net"}) --> =fine
			try("wild", {peer_name = "example.net"}) --> =certificate is for *.example.net, not example.net
			try("common", {peer_name = "localhost"}) --> =fine
			try("common") --> =certificate is for localhost, not 127.0.0.1`},
		{name: "authorities and dates", code: `
			local function try(server_cert, ssl)
			  local name, server = serve(cert(server_cert))
			  local fp, err = dial(name, ssl)
			  server:close()
			  out(fp and "fine" or err)
			end
			try("server", {capath = dir .. "authorities"}) --> =fine
			try("self", trust()) --> ~^certificate for localhost, 127.0.0.1 is self-signed: name it in cafile, or set allow_self_signed, or verify_peer = false to trust anybody$
			try("self", {cafile = dir .. "self.pem"}) --> =fine
			try("self", trust{allow_self_signed = true}) --> =fine
			try("self", {allow_self_signed = true, peer_name = "example.org"}) --> =certificate is for localhost, 127.0.0.1, not example.org
			try("server", {allow_self_signed = true}) --> ~signed by an unknown authority
			try("server", {verify_peer = false}) --> =fine
			try("expired", trust()) --> ~^certificate for localhost, 127.0.0.1 has expired on 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC$
			try("future", trust()) --> ~^certificate for localhost, 127.0.0.1 is not valid before 20.*clock right\?$
			try("oldself", {allow_self_signed = true}) --> ~has expired on
			try("client", trust{verify_peer_name = false}) --> ~^certificate for a client cannot be accepted: .*usage`},
		{name: "keys, in every form", code: `
			local function try(ssl)
			  local name, server = serve(ssl)
			  local fp, err = dial(name, trust())
			  server:close()
			  out(fp and "fine" or err)
			end
			try{local_cert = dir .. "both.pem"} --> =fine
			try{local_cert = dir .. "server.pem", local_pk = dir .. "sec1.key"} --> =fine
			try{local_cert = dir .. "server.pem", local_pk = dir .. "legacy.key", passphrase = "secret"} --> =fine
			try{local_cert = dir .. "server.pem", local_pk = dir .. "pkcs8.key", passphrase = "secret"} --> =fine`},
		{name: "client certificates", code: `
			local seen
			local name, server = serve(cert("server", {verify_peer = true, cafile = dir .. "ca.pem", capture_peer_cert = true}), function(fp)
			  seen = {fp:gets()}
			  local c = fp:get_meta_data().crypto
			  if c then fp:write(c.peer_certificate.common_name .. "\n") end
			end)
			out(ask(dial(name, trust(cert "client")), "x")) --> =a client
			local fp = dial(name, trust()) -- TLS 1.3: it hears of it when it reads
			out(fp:gets()) --> ~nil the peer has broken TLS off: it wants a client's certificate \(local_cert\) \(alert: certificate required\) 0
			out(unpack(seen, 1, 3)) --> =nil the client has shown no certificate, and verify_peer wants one 0
			fp = dial(name, trust(cert "self"))
			out(fp:gets()) --> ~nil the peer has broken TLS off: it does not accept our certificate
			out(unpack(seen, 1, 3)) --> ~nil certificate for localhost, 127.0.0.1 is self-signed: .* 0
			server:close()`},
		{name: "fingerprints", code: `
			local name, server = serve(cert "server")
			local fp = dial(name, trust{capture_peer_cert = true})
			local prints = fp:get_meta_data().crypto.peer_certificate.fingerprints
			local function try(p)
			  local fp, err = dial(name, trust{peer_fingerprint = p})
			  out(fp and "fine" or err)
			end
			try(prints.md5) --> =fine
			try(prints.sha1:upper()) --> =fine
			try(prints.sha256:gsub("..", "%0:"):sub(1, -2)) --> =fine
			try{sha256 = prints.sha256, sha1 = prints.sha1} --> =fine
			try(("0"):rep(40)) --> ~^certificate has the sha1 fingerprint [0-9a-f]{40}, not 0{40} \(peer_fingerprint\)$
			try{sha1 = prints.sha1, sha512 = ("0"):rep(128)} --> ~^certificate has the sha512 fingerprint
			out(dial(name, {verify_peer = false, verify_peer_name = false, peer_fingerprint = ("0"):rep(40)})) --> ~^nil certificate has the sha1 fingerprint
			server:close()`},
		{name: "what is captured", code: `
			local name, server = serve(cert "server")
			local ctx = socket.stream_context{ssl = trust{capture_peer_cert = true}}
			out(ctx.peer_certificate) --> =nil
			local fp = socket.stream_client("tls://" .. name, 10, nil, ctx)
			local c = ctx.peer_certificate
			out(c.issuer, c.names, c.subject, c.key, c.is_ca, c.self_signed) --> =CN=Test CA {localhost 127.0.0.1} "" ECDSA P-256 false false
			out(c.not_before < os.time() and os.time() < c.not_after, c.serial:match("^%x+$") == c.serial) --> =true true
			out(c.pem == io.open(dir .. "server.pem"):read("*a")) --> =true
			out(fp:get_meta_data().crypto.peer_certificate.pem == c.pem) --> =true
			out(pcall(function() ctx.peer_certificate = 1 end)) --> ~cannot set field
			server:close()`},
		{name: "protocols (ALPN)", code: `
			local name, server = serve(cert("server", {alpn_protocols = {"h2", "http/1.1"}}), function(fp)
			  fp:gets()
			  fp:write(tostring(fp:get_meta_data().crypto.alpn_protocol) .. "\n")
			end)
			local function try(alpn)
			  local fp, err = dial(name, trust{alpn_protocols = alpn})
			  if not fp then return out(err) end
			  out(fp:get_meta_data().crypto.alpn_protocol, ask(fp, "x"))
			end
			try("http/1.1") --> =http/1.1 http/1.1
			try("x, h2") --> =h2 h2
			try{"http/1.1", "h2"} --> =h2 h2
			try(nil) --> =nil nil
			try("x") --> ~it speaks none of alpn_protocols \(alert: no application protocol\)
			server:close()`},
		{name: "cipher suites", code: `
			local function try(ciphers, method)
			  local name, server = serve(cert "server")
			  local fp, err = dial(name, trust{ciphers = ciphers, crypto_method = method})
			  server:close()
			  if not fp then return out(err) end
			  local c = fp:get_meta_data().crypto
			  out(c.cipher_name, c.cipher_bits, c.cipher_version)
			end
			local v12 = socket.STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT
			try("ECDHE-ECDSA-AES256-GCM-SHA384", v12) --> =ECDHE-ECDSA-AES256-GCM-SHA384 256 TLSv1.2
			try("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", v12) --> =ECDHE-ECDSA-CHACHA20-POLY1305 256 TLSv1.2
			try("ECDHE-ECDSA-AES128-SHA", v12) --> =ECDHE-ECDSA-AES128-SHA 128 TLSv1.0
			try("DEFAULT:!aNULL:!MD5:!ECDHE-ECDSA-AES128-GCM-SHA256:!ECDHE-ECDSA-CHACHA20-POLY1305", v12) --> ~AES256-GCM
			try("ECDHE-RSA-AES128-GCM-SHA256", v12) --> ~no cipher suite or version in common`},
		{name: "several names on one server (SNI)", code: `
			local name, server = serve(cert("server", {SNI_server_certs = {
			  ["Example.org"] = {local_cert = dir .. "other.pem", local_pk = dir .. "other.key"},
			  ["*.example.net"] = {local_cert = dir .. "wild.pem", local_pk = dir .. "wild.key"},
			  ["both.test"] = dir .. "both.pem",
			}}), function(fp) fp:gets() fp:write(tostring(fp:get_meta_data().crypto.server_name) .. "\n") end)
			local function try(ssl)
			  ssl.capture_peer_cert, ssl.verify_peer_name = true, false
			  local fp = dial(name, trust(ssl))
			  out(fp:get_meta_data().crypto.peer_certificate.names[1], ask(fp, "x"))
			end
			try{peer_name = "example.org"} --> =example.org example.org
			try{peer_name = "EXAMPLE.ORG"} --> ~^example.org
			try{peer_name = "www.example.net"} --> =*.example.net www.example.net
			try{peer_name = "both.test"} --> =localhost both.test
			try{peer_name = "nobody.test"} --> =localhost nobody.test
			try{} --> =localhost nil
			try{peer_name = "example.org", SNI_enabled = false} --> =localhost nil
			server:close()
			name, server = serve{SNI_server_certs = {["both.test"] = dir .. "both.pem"}}
			out(dial(name, trust{peer_name = "nobody.test"})) --> ~nil the peer has broken TLS off: it is no server of that name \(peer_name\) \(alert: unrecognized name\) 0
			server:close()`},
		{name: "sessions are resumed within a context", code: `
			local name, server = serve(cert "server")
			local function resumed(ssl)
			  local fp = assert(socket.stream_client("tls://" .. name, 10, nil, ssl))
			  ask(fp, "x")
			  local r = fp:get_meta_data().crypto.resumed
			  fp:close()
			  return r
			end
			for _, method in ipairs{"TLSv1_2", "TLSv1_3"} do
			  local ctx = socket.stream_context{ssl = trust{crypto_method = socket["STREAM_CRYPTO_METHOD_" .. method .. "_CLIENT"]}}
			  out(resumed(ctx), resumed(ctx), resumed(ctx)) --> =false true true
			end
			--> =false true true
			out(resumed{ssl = trust()}, resumed{ssl = trust()}) --> =false false
			server:close()`},
		{name: "a resumed session is judged again", code: `
			local name, server = serve(cert "server")
			local ctx = socket.stream_context{ssl = trust{capture_peer_cert = true}}
			for i = 1, 2 do
			  local fp = socket.stream_client("tls://" .. name, 10, nil, ctx)
			  ask(fp, "x")
			  local c = fp:get_meta_data().crypto
			  out(c.resumed, c.peer_certificate.names[1])
			end
			--> =false localhost
			--> =true localhost
			server:close()`},
	})
}

// The options are checked where they are given, by name.
func TestTLSOptions(t *testing.T) {
	runTLS(t, []script{{name: "bad ones raise", code: `
		local function try(ssl)
		  local ok, err = pcall(socket.stream_context, {ssl = ssl})
		  out(ok or (err:gsub("^.-options%.", ""):gsub(dir, "")))
		end
		try{} --> =true
		try{verify = true} --> ~ssl has an unknown key "verify"; valid are SNI_enabled,
		try{verify_peer = 1} --> =ssl.verify_peer must be a boolean, got 1)
		try{verify_peer_name = "yes"} --> =ssl.verify_peer_name must be a boolean, got "yes")
		try{allow_self_signed = 0} --> =ssl.allow_self_signed must be a boolean, got 0)
		try{SNI_enabled = 1} --> =ssl.SNI_enabled must be a boolean, got 1)
		try{capture_peer_cert = 1} --> =ssl.capture_peer_cert must be a boolean, got 1)
		try{peer_name = 1} --> =ssl.peer_name must be a string, got 1)
		try{peer_name = ""} --> =ssl.peer_name must be a text without NUL bytes, got "")
		try{cafile = 1} --> =ssl.cafile must be a string, got 1)
		try{cafile = "/nope.crt"} --> =ssl.cafile cannot be read: open /nope.crt: no such file or directory)
		try{cafile = dir .. "server.key"} --> =ssl.cafile (server.key) must hold a certificate in PEM format)
		try{cafile = dir .. "broken.pem"} --> ~ssl.cafile \(broken.pem\) holds a certificate that cannot be read: x509:
		try{cafile = "/dev/zero"} --> =ssl.cafile (/dev/zero) has more than 16 MB: it is no file in PEM format)
		try{cafile = dir .. "fifo"} --> =ssl.cafile (fifo) must hold a certificate in PEM format)
		try{capath = dir .. "pipes"} --> =ssl.capath (pipes) must hold files with certificates in PEM format)
		try{local_cert = dir .. "server.pem", local_pk = "/dev/zero"} --> ~ssl.local_pk \(/dev/zero\) has more than
		try{capath = dir .. "none"} --> =ssl.capath (none) must hold files with certificates in PEM format)
		try{capath = dir .. "ca.pem"} --> ~ssl.capath cannot be read: .*ca.pem: not a directory
		try{local_cert = dir .. "nope.pem"} --> ~ssl.local_cert cannot be read: open nope.pem: no such file
		try{local_cert = dir .. "empty.pem"} --> =ssl.local_cert (empty.pem) must hold a certificate in PEM format)
		try{local_cert = dir .. "broken.pem"} --> ~ssl.local_cert \(broken.pem\) holds no certificate that can be read
		try{local_cert = dir .. "server.pem"} --> =ssl.local_cert (server.pem) must hold a private key in PEM format)
		try{local_cert = dir .. "server.pem", local_pk = dir .. "nope.key"} --> ~ssl.local_pk cannot be read: open nope.key
		try{local_cert = dir .. "server.pem", local_pk = dir .. "server.pem"} --> =ssl.local_pk (server.pem) must hold a private key in PEM format)
		try{local_cert = dir .. "server.pem", local_pk = dir .. "other.key"} --> =ssl.local_pk (other.key) holds a key that does not match the certificate in server.pem)
		try{local_cert = dir .. "server.pem", local_pk = dir .. "pkcs8.key"} --> =ssl.local_pk (pkcs8.key) holds an encrypted key: passphrase is missing)
		try{local_cert = dir .. "server.pem", local_pk = dir .. "legacy.key", passphrase = "wrong"} --> ~ssl.local_pk \(legacy.key\) holds an encrypted key that passphrase does not open
		try{local_cert = dir .. "server.pem", local_pk = dir .. "pkcs8.key", passphrase = "wrong"} --> ~ssl.local_pk \(pkcs8.key\) holds an encrypted key that passphrase does not open
		try{passphrase = true} --> =ssl.passphrase must be a string, got true)
		try{local_pk = dir .. "server.key"} --> =ssl.local_pk is a key without a certificate: local_cert is missing)
		try{alpn_protocols = true} --> =ssl.alpn_protocols must be a string or a table, got true)
		try{alpn_protocols = "h2,,x"} --> =ssl.alpn_protocols must be names of 1 to 255 bytes)
		try{alpn_protocols = {1}} --> ~ssl.alpn_protocols must be a string or a table of strings
		try{alpn_protocols = {a = "h2"}} --> ~ssl.alpn_protocols must be a list, got a table with the key "a"
		try{ciphers = "FOO"} --> ~ssl.ciphers has no cipher suite "FOO" here; known are ECDHE-ECDSA-AES128-GCM-SHA256,
		try{ciphers = "TLS_AES_128_GCM_SHA256"} --> ~ssl.ciphers cannot choose TLS_AES_128_GCM_SHA256: the suites of TLS 1.3 are all on
		try{ciphers = "AES128-SHA:!AES128-SHA"} --> =ssl.ciphers leaves no cipher suite)
		try{peer_fingerprint = "xyz"} --> =ssl.peer_fingerprint must be hexadecimal digits)
		try{peer_fingerprint = "abcd"} --> =ssl.peer_fingerprint must be a hash by md5, sha1, sha224, sha256, sha384, sha512)
		try{peer_fingerprint = {sha1 = "abcd"}} --> =ssl.peer_fingerprint.sha1 must have 40 digits, got 4)
		try{peer_fingerprint = {crc = "abcd"}} --> =ssl.peer_fingerprint.crc must be a hash by md5, sha1, sha224, sha256, sha384, sha512)
		try{peer_fingerprint = 1} --> =ssl.peer_fingerprint must be a string or a table, got 1)
		try{SNI_server_certs = dir} --> ~ssl.SNI_server_certs must be a table
		try{SNI_server_certs = {"x"}} --> ~ssl.SNI_server_certs must be a table \{name = path\}
		try{SNI_server_certs = {x = 1}} --> =ssl.SNI_server_certs.x must be a path, or a table with local_cert and local_pk, got 1)
		try{SNI_server_certs = {x = "/nope"}} --> ~ssl.SNI_server_certs.x cannot be read: open /nope
		try{SNI_server_certs = {x = {local_pk = "/nope"}}} --> =ssl.SNI_server_certs.x must have key "local_cert" (a path))
		try{SNI_server_certs = {x = {cert = "/nope"}}} --> ~ssl.SNI_server_certs.x has an unknown key "cert"
		try{SNI_server_certs = {x = {local_cert = dir .. "server.pem", local_pk = dir .. "other.key"}}} --> ~ssl.SNI_server_certs.x.local_pk \(other.key\) holds a key that does not match
		try{crypto_method = 0} --> ~ssl.crypto_method must be one of STREAM_CRYPTO_METHOD_TLS_CLIENT.*got 0
		try{crypto_method = socket.STREAM_CRYPTO_METHOD_SSLv3_CLIENT} --> ~ssl.crypto_method must be one of .*SSLv2 and SSLv3 are gone
		try{crypto_method = "tls"} --> =ssl.crypto_method must be an integer, got "tls")
		out(pcall(socket.stream_server, "tls://127.0.0.1:0")) --> ~bad argument #3 to 'stream_server' \(context.ssl must have key "local_cert" \(a path\)\)
		out(socket.STREAM_CRYPTO_METHOD_ANY_CLIENT, socket.STREAM_CRYPTO_METHOD_TLS_CLIENT, socket.STREAM_CRYPTO_METHOD_SSLv23_CLIENT, socket.STREAM_CRYPTO_METHOD_TLSv1_3_SERVER) --> =127 121 57 64
	`}})
}

// A silent client, one that is slow and one that speaks no TLS hold up nobody.
func TestTLSServerAndBadClients(t *testing.T) {
	runTLS(t, []script{
		{name: "a silent client holds up nobody", code: `
			local said = task.channel(10)
			local name, server = serve(cert "server", function(fp)
			  fp:set_timeout(0.5)
			  local line, err, errno = fp:gets()
			  if not line then return said:send(err .. " " .. errno) end
			  fp:write(line)
			end)
			local silent = socket.stream_client("tcp://" .. name)
			out(ask(dial(name, trust()), "hello")) --> =hello
			out(said:recv()) --> =timeout 110
			server:close()`},
		{name: "garbage", code: `
			local said = task.channel(10)
			local name, server = serve(cert "server", function(fp)
			  local _, err, errno = fp:gets()
			  said:send(err .. " " .. errno)
			  out(fp:eof(), (select(2, fp:write("x")))) --> ~^true the peer speaks no TLS
			end)
			local fp = socket.stream_client("tcp://" .. name)
			fp:write("GET / HTTP/1.0\r\n\r\n")
			out(said:recv()) --> =the peer speaks no TLS: it has sent "GET / HTTP/1.0\r\n\r\n" 0
			server:close()`},
		{name: "a server that speaks no TLS", code: `
			local plain = socket.stream_server("tcp://127.0.0.1:0")
			local name = plain:get_name(false)
			task.spawn(function()
			  plain:accept():write("220 mail.example.org ESMTP\r\n")
			  local fp = plain:accept()
			  fp:read(1)
			  fp:close()
			  silent = {plain:accept(), plain:accept(), plain:accept()}
			end)
			out(dial(name)) --> =nil the peer speaks no TLS: it has sent "220 mail.example.org ESMTP\r\n" 0
			out(dial(name)) --> =nil closed 0
			out(socket.stream_client("tls://" .. name, 0.02)) --> =nil timeout 110
			out(task.timeout(0.02, socket.stream_client, "tls://" .. name)) --> =nil timeout 110
			local t = task.spawn(socket.stream_client, "tls://" .. name)
			task.sleep(0.01)
			t:cancel("enough")
			out(t:join()) --> =nil enough
			out(socket.fsockopen("tls://127.0.0.1:1")) --> =nil Connection refused 111
			for _, s in ipairs(socket.list()) do if name == "127.0.0.1:" .. tostring(s.remote_port) then out("left open") end end
			plain:close()`},
		{name: "select tells of plain bytes only", code: `
			local server = socket.stream_server("tls://127.0.0.1:0", nil, {ssl = cert "server"})
			local name = server:get_name(false)
			local done = task.channel()
			task.spawn(function()
			  local fp = dial(name, trust())
			  fp:write("one\ntwo\n")
			  done:recv()
			  fp:close()
			end)
			local fp = server:accept()
			out(#socket.select({fp}, nil, nil, 5)) --> =1
			fp:set_blocking(false)
			out(fp:gets(), #socket.select({fp}, nil, nil, 0), fp:gets()) --> ="one\n" 1 "two\n"
			out(#socket.select({fp}, nil, nil, 0.01), select(2, fp:gets())) --> =0 Resource temporarily unavailable 11
			done:send(1)
			out(#socket.select({fp}, nil, nil, 5), fp:eof(), fp:gets()) --> =1 true nil closed 0
			server:close()`},
		{name: "select sees what lies decrypted inside TLS", code: `
			local name, server = serve(cert "server", function(fp)
			  fp:gets()
			  fp:write(("x"):rep(16384))
			  fp:gets()
			end)
			local fp = dial(name, trust())
			fp:write("go\n")
			local got = 0
			while got < 16384 do
			  if #socket.select({fp}, nil, nil, 5) == 0 then out("select does not see the rest", got) break end
			  got = got + #fp:read(4096)
			end
			out(got, #socket.select({fp}, nil, nil, 0)) --> =16384 0
			server:close()`},
		{name: "a non-blocking server serves by select alone", code: `
			local server = socket.stream_server("tls://127.0.0.1:0", nil, {ssl = cert "server"})
			local name, silent = server:get_name(false), nil
			local all = task.spawn(function()
			  silent = socket.stream_client("tcp://" .. name)
			  local answers = task.all{}
			  for i = 1, 5 do out(ask(dial(name, trust()), "n" .. i)) end
			end)
			--> =n1
			--> =n2
			--> =n3
			--> =n4
			--> =n5
			local open = {server}
			while all:status() ~= "done" do
			  for _, fp in ipairs((socket.select(open, nil, nil, 0.01))) do
			    if fp == server then
			      local c = server:accept()
			      c:set_blocking(false)
			      open[#open + 1] = c
			    else
			      local line = fp:gets()
			      if line then fp:write(line) end
			    end
			  end
			end
			server:close()`},
	})
}

// STARTTLS, in both roles.
func TestEnableCrypto(t *testing.T) {
	runTLS(t, []script{
		{name: "on, off and on again", code: `
			local server = socket.stream_server("tcp://127.0.0.1:0", nil, {ssl = cert "server"})
			task.spawn(function()
			  local fp = server:accept()
			  for line in fp:lines() do
			    if line == "START" then
			      fp:write("ready\n")
			      assert(fp:enable_crypto(true))
			    elseif line == "STOP" then
			      assert(fp:enable_crypto(false))
			    else
			      fp:write(line .. (fp:get_meta_data().crypto and " in TLS\n" or " in plain text\n"))
			    end
			  end
			end)
			local fp = socket.stream_client("tcp://" .. server:get_name(false), 10, nil, {ssl = trust()})
			for i = 1, 2 do
			  out(ask(fp, "hello"), ask(fp, "START"))
			  out(fp:enable_crypto(true), ask(fp, "hello"))
			  fp:write("STOP\n")
			  out(fp:enable_crypto(false), fp:enable_crypto(false), ask(fp, "hello"))
			end
			--> =hello in plain text ready
			--> =true hello in TLS
			--> =true true hello in plain text
			--> =hello in plain text ready
			--> =true hello in TLS
			--> =true true hello in plain text
			fp:close()
			server:close()`},
		{name: "what is against it", code: `
			local a, b = socket.stream_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			a:write("220 ready\r\nINJECTED")
			b:gets()
			out(b:enable_crypto(true)) --> =nil 8 bytes have come before TLS ("INJECTED"…): they may be an attacker's (command injection) 0
			out(b:read(8)) --> =INJECTED
			out(pcall(b.enable_crypto, b)) --> ~bad argument #2 to 'enable_crypto' \(on must be a boolean, got no value\)
			out(pcall(b.enable_crypto, b, true, 7777)) --> ~bad argument #3 to 'enable_crypto' \(method must be one of STREAM
			out(pcall(b.enable_crypto, b, true, socket.STREAM_CRYPTO_METHOD_TLS_SERVER)) --> ~context.ssl must have key "local_cert" \(a path\) for a server of TLS
			local c, d = socket.stream_pair(socket.AF_UNIX, socket.SOCK_DGRAM, 0)
			out(pcall(c.enable_crypto, c, true)) --> ~bad argument #1 to 'enable_crypto' \(TLS needs a stream of bytes, got datagrams\)
			out(pcall(socket.STDIN.enable_crypto, socket.STDIN, true)) --> ~fp must be a stream on a socket
			local t = task.spawn(b.read, b, 1)
			task.yield()
			out(pcall(b.enable_crypto, b, true)) --> ~another task is reading from the stream
			a:close()
			out(t:join()) --> =true nil closed 0`},
		{name: "over AF_UNIX and on exported sockets, with a context of its own", code: `
			local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			local client, server = socket.export_stream(a), socket.export_stream(b)
			local method = socket.STREAM_CRYPTO_METHOD_TLS_SERVER
			local t = task.spawn(server.enable_crypto, server, true, method, {ssl = cert "server"})
			out(socket.stream_enable_crypto(client, true, nil, {ssl = trust{peer_name = "localhost"}})) --> =true
			out(t:join()) --> =true true
			client:write("hello\n")
			out(server:gets()) --> ="hello\n"
			out(pcall(client.enable_crypto, client, true)) --> ~TLS is on already, on stream: unix connected, TLSv1.3
			out(pcall(socket.import_stream, client)) --> ~fp must be a stream that is a socket and nothing more
			out(pcall(client.recvfrom, client, 1)) --> ~fp must be a stream without TLS
			out(pcall(client.sendto, client, "x")) --> ~fp must be a stream without TLS`},
		{name: "without a name to verify", code: `
			local a, b = socket.stream_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			task.spawn(b.enable_crypto, b, true, socket.STREAM_CRYPTO_METHOD_TLS_SERVER, {ssl = cert "server"})
			out(a:enable_crypto(true, nil, {ssl = trust()})) --> =nil there is no name that the certificate could be for: set peer_name, or verify_peer_name = false 0`},
		{name: "a peer that closes, is silent or refuses", code: `
			local function with(f, timeout)
			  local a, b = socket.stream_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			  f(b)
			  a:set_timeout(timeout or 10)
			  out(a:enable_crypto(true))
			end
			with(function(b) b:close() end) --> ~^nil (closed 0|Broken pipe 32)$
			with(function(b) silent = b end, 0.01) --> =nil timeout 110
			with(function(b) b:write("500 no\r\n") end) --> =nil the peer speaks no TLS: it has sent "500 no\r\n" 0
			local a, b = socket.stream_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			local t = task.spawn(a.enable_crypto, a, true)
			task.sleep(0.01)
			a:close()
			out(t:join()) --> =true nil closed 0`},
		{name: "without waiting", code: `
			local a, b = socket.stream_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			a:set_blocking(false)
			b:set_blocking(false)
			local ca, cb = {ssl = trust{peer_name = "localhost"}}, {ssl = cert "server"}
			out(a:enable_crypto(true, nil, ca)) --> =nil Resource temporarily unavailable 11
			local ra, rb, calls
			for i = 1, 20 do
			  rb = rb or b:enable_crypto(true, socket.STREAM_CRYPTO_METHOD_TLS_SERVER, cb)
			  ra = ra or a:enable_crypto(true)
			end
			out(ra, rb) --> =true true`},
	})
}

// A time-out, a cancel and a close under reads and writes in TLS.
func TestTLSWaits(t *testing.T) {
	runTLS(t, []script{
		{name: "a time-out loses no byte", code: `
			local go = task.channel()
			local name, server = serve(cert "server", function(fp)
			  fp:write("half")
			  go:recv()
			  fp:write(" and half\n")
			end)
			local fp = dial(name, trust())
			fp:set_timeout(0.01)
			out(fp:gets()) --> =nil timeout 110
			out(fp:get_meta_data().timed_out, fp:get_meta_data().unread_bytes) --> =true 4
			out(task.timeout(0.01, fp.gets, fp)) --> =nil timeout 110
			local t = task.spawn(fp.gets, fp)
			task.yield()
			t:cancel()
			out(t:join()) --> =nil cancelled
			go:send(1)
			fp:set_timeout(10)
			out(fp:gets()) --> ="half and half\n"
			out(fp:gets()) --> =nil closed 0
			server:close()`},
		{name: "two tasks, and a third that is too many", code: `
			local name, server = serve(cert "server")
			local fp = dial(name, trust())
			local t = task.spawn(fp.gets, fp)
			task.yield()
			out(pcall(fp.gets, fp)) --> ~another task is reading from the stream
			fp:write("x\n")
			out(t:join()) --> =true "x\n"
			server:close()`},
		{name: "a time-out says how much was written", code: `
		local go, got = task.channel()
		local name, server = serve(cert "server", function(fp) fp:write("hi") go:recv() got = fp:get_contents() go:send(true) end)
		local fp, big = dial(name, trust()), ("0123456789abcdef"):rep(2 * 1024 * 1024)
		fp:read(2)
		fp:set_timeout(0.05)
		local n = select(4, fp:write(big))
		fp:set_timeout(60)
		go:send(true)
		out(fp:write(big:sub(n + 1)) == #big - n) --> =true
		fp:close()
		go:recv()
		out(got == big) --> =true
		server:close()`},
		{name: "close under a read and under a write", code: `
			local name, server = serve(cert "server", function(fp) out(fp:enable_crypto(true)) secure = true task.sleep(60) end)
			--> =true
			local fp = dial(name, trust())
			local r = task.spawn(fp.read, fp, 1)
			local w = task.spawn(fp.write, fp, ("x"):rep(2^25))
			repeat task.sleep(0.001) until secure and w:status() == "waiting"
			fp:close()
			out(r:join()) --> =true nil closed 0
			out(w:join()) --> =true nil closed 0
			server:close()`},
		{name: "shutdown", code: `
			local name, server = serve(cert "server", function(fp) fp:write(#fp:get_contents() .. " bytes\n") end)
			local fp = dial(name, trust())
			fp:write("hello")
			out(fp:shutdown(socket.STREAM_SHUT_WR)) --> =true
			out(fp:gets(), fp:gets()) --> ="5 bytes\n" nil closed 0
			out(fp:write("x")) --> =nil Broken pipe 32
			server:close()`},
	})
}

// Go's own TLS at the other end, which ends without close_notify.
func TestTLSTruncatedStream(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dir := certificates(t)
	go truncate(listener, dir)
	vm := openVM(t, Options{})
	code := `
		local function open() return assert(socket.stream_client("tls://` + listener.Addr().String() + `", 10, nil, {ssl = {cafile = "` + dir + `/ca.pem"}})) end
		local fp = open()
		out(fp:gets()) --> ="one\n"
		out(fp:gets()) --> =tail
		out(fp:eof(), fp:gets()) --> =true nil closed without TLS's close_notify: the data may be cut short 0
		out(fp:gets()) --> =nil closed 0
		fp = open()
		out(fp:get_contents(), fp:eof()) --> ="one\ntail" true
		for line in open():lines() do out(line) end
		--> =one
		--> =tail
		local a, b = socket.stream_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
		out(open():copy_to(a)) --> =8
		out(open():read_all()) --> ="one\ntail"`
	got, err := vm.run(t, "", code)
	if err != nil {
		t.Error(err)
	}
	s := script{code: code}
	s.report(t, s.check(got))
}

// SSLKEYLOGFILE gets the secrets of both roles; one that cannot be written is an
// error that says so.
func TestKeyLog(t *testing.T) {
	dir := certificates(t)
	path := filepath.Join(t.TempDir(), "keys")
	t.Setenv("SSLKEYLOGFILE", path)
	connect := fmt.Sprintf("dir = %q\n", dir+"/") + tlsPrelude + `
		local name, server = serve(cert "server")
		local fp, err = dial(name, trust())
		if fp then out(ask(fp, "x")) fp:close() else out(err) end
		server:close()`
	vm := openVM(t, Options{})
	if got, err := vm.run(t, "", connect); err != nil || got[0] != "x" {
		t.Fatal(got, err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"CLIENT_HANDSHAKE_TRAFFIC_SECRET ", "SERVER_TRAFFIC_SECRET_0 "} {
		if n := bytes.Count(text, []byte(label)); n != 2 {
			t.Errorf("%d lines with %s, want one of each end", n, label)
		}
	}
	if info, _ := os.Stat(path); info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode is %v", info.Mode())
	}
	for path, want := range map[string]string{
		"/nope/keys":  "cannot write what SSLKEYLOGFILE asks for: open /nope/keys: no such file or directory",
		dir + "/fifo": "cannot write what SSLKEYLOGFILE asks for: open " + dir + "/fifo: no such device or address", // nobody reads
	} {
		t.Setenv("SSLKEYLOGFILE", path)
		vm = openVM(t, Options{})
		got, err := vm.run(t, "", connect)
		if err != nil || got[0] != want {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}
}

// An observer is told of the plain bytes beside the sealed ones, by the same ID.
func TestObserveTLS(t *testing.T) {
	var events []string
	id := map[uint64]bool{}
	vm := openVM(t, Options{Observe: func(e sock.Event) {
		if strings.HasPrefix(e.Op, "tls ") {
			events = append(events, fmt.Sprintf("%s %q", e.Op, e.Data))
			id[e.ID] = true
		} else if bytes.Contains(e.Data, []byte("secret")) {
			t.Errorf("%s of plain bytes", e.Op)
		}
	}})
	_, err := vm.run(t, fmt.Sprintf("dir = %q\n", certificates(t)+"/")+tlsPrelude, `
		local name, server = serve(cert "server", function(fp) fp:write(fp:gets()) end)
		local fp = dial(name, trust())
		ask(fp, "secret")
		server:close()`)
	if err != nil {
		t.Error(err)
	}
	count := map[string]int{}
	for _, e := range events {
		count[e]++
	}
	if count[`tls start ""`] != 2 || count[`tls handshake ""`] != 2 || count[`tls write "secret\n"`] != 2 || count[`tls read "secret\n"`] != 2 || len(id) != 2 {
		t.Errorf("told %q of %d sockets", events, len(id))
	}
}

// A VM that is closed with connections in every state leaves no goroutine and no
// descriptor.
func TestTLSLeavesNothing(t *testing.T) {
	dir := certificates(t)
	goroutines, files := runtime.NumGoroutine(), openDescriptors(t)
	for range 5 {
		vm, err := New(Options{})
		if err != nil {
			t.Fatal(err)
		}
		fn, err := vm.Load([]byte(fmt.Sprintf("dir = %q\n", dir+"/")+tlsPrelude+`
			local name, server = serve(cert "server")
			open = {server}
			for i = 1, 5 do
			  open[#open + 1] = assert(dial(name, trust()))
			  open[#open + 1] = assert(socket.stream_client("tcp://" .. name))
			  local c = assert(socket.stream_client("tls://" .. name, 10, socket.STREAM_CLIENT_ASYNC_CONNECT, {ssl = trust()}))
			  c:set_blocking(false)
			  c:read(1)
			end
			local a, b = socket.stream_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			a:set_blocking(false)
			a:enable_crypto(true)
			open[#open + 1] = b
			task.sleep(0.01)
			error "over"`), "=script")
		if err != nil {
			t.Fatal(err)
		}
		if err := vm.Do(fn); err == nil || !strings.Contains(err.Error(), "over") {
			t.Fatal(err)
		}
		vm.Close()
	}
	for deadline := time.Now().Add(10 * time.Second); (runtime.NumGoroutine() > goroutines || openDescriptors(t) > files) && time.Now().Before(deadline); {
		runtime.GC()
	}
	if g, f := runtime.NumGoroutine(), openDescriptors(t); g > goroutines || f > files {
		t.Errorf("%d goroutines and %d descriptors, %d and %d before", g, f, goroutines, files)
	}
}
