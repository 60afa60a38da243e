package luasock

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// runOpenSSL runs scripts that start openssl with openssl(…), say(text) to it,
// and await(pattern) in what it says.
func runOpenSSL(t *testing.T, scripts []script) {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		skipWithout(t, "openssl")
	}
	dir := certificates(t)
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			vm := openVM(t, Options{})
			p := &openssl{}
			vm.L.SetGlobal("openssl", vm.L.NewFunction(func(L *lua.LState) int {
				var args []string
				for i := 1; i <= L.GetTop(); i++ {
					args = append(args, L.CheckString(i))
				}
				p.start(t, dir, args)
				return 0
			}))
			vm.L.SetGlobal("say", vm.L.NewFunction(func(L *lua.LState) int {
				io.WriteString(p.in, L.CheckString(1))
				return 0
			}))
			vm.L.SetGlobal("said", vm.L.NewFunction(func(L *lua.LState) int {
				L.Push(lua.LString(p.said()))
				return 1
			}))
			got, err := vm.run(t, fmt.Sprintf("dir = %q\n", dir+"/")+tlsPrelude+`
				function await(pattern)
				  while true do
				    local found = said():match(pattern)
				    if found then return found end
				    task.sleep(0.002)
				  end
				end
				function s_server(...)
				  openssl("s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server.key", ...)
				  return "127.0.0.1:" .. await("ACCEPT 127%.0%.0%.1:(%d+)")
				end`, s.code)
			if err != nil {
				t.Error(err)
			}
			s.report(t, s.check(got))
			if t.Failed() {
				t.Logf("openssl said: %s", p.said())
			}
		})
	}
}

// openssl is the program at the other end.
type openssl struct {
	in io.Writer
	mu sync.Mutex
	b  bytes.Buffer // guarded by mu
}

func (p *openssl) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(text)
}

func (p *openssl) said() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

func (p *openssl) start(t *testing.T, dir string, args []string) {
	t.Helper()
	cmd := exec.Command("openssl", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, p, p
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	p.in = in
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
}

// openssl's client at our server.
func TestOpenSSLClient(t *testing.T) {
	runOpenSSL(t, []script{
		{name: "one that negotiates anew", code: `
			local got = task.channel(1)
			local name, server = serve(cert "server", function(fp)
			  fp:gets()
			  fp:write("answer\n")
			  got:send(select(2, fp:gets()))
			end)
			openssl("s_client", "-connect", name, "-tls1_2")
			say("hello\n")
			await("answer\n")
			say("R\n")
			out(got:recv()) --> =the peer has sent what does not fit the handshake, or wants to negotiate anew
			server:close()`},
		{name: "clients that refuse, or offer nothing that fits", code: `
			local got = task.channel(1)
			local function try(ssl, ...)
			  local name, server = serve(cert("server", ssl), function(fp) got:send(select(2, fp:gets())) end)
			  openssl("s_client", "-connect", name, ...)
			  local message = got:recv()
			  server:close()
			  return message
			end
			out(try({}, "-CAfile", "other.pem", "-verify_return_error", "-tls1_3")) --> =the peer has broken TLS off: it does not know who has signed our certificate (alert: unknown certificate authority)
			out(try({}, "-CAfile", "other.pem", "-verify_return_error", "-tls1_2")) --> =the peer has broken TLS off: it does not know who has signed our certificate (alert: unknown certificate authority)
			out(try({crypto_method = socket.STREAM_CRYPTO_METHOD_TLSv1_3_SERVER}, "-tls1_2")) --> ~^the client speaks no version of TLS that is allowed here, only TLS 1.2.* \(crypto_method\)$
			out(try({}, "-tls1_2", "-cipher", "DHE-RSA-AES128-SHA:AES128-SHA256")) --> =the client has no cipher suite that is allowed here, only AES128-SHA256 (ciphers)
			out(try({}, "-tls1_2", "-cipher", "DHE-RSA-AES128-SHA")) --> =the client has no cipher suite that is allowed here, only such as are not known (ciphers)
			out(try({alpn_protocols = "h2"}, "-alpn", "x,y")) --> =the client speaks none of alpn_protocols, but "x" "y"`},
		{name: "versions, names, protocols", code: `
			for _, version in ipairs{"-tls1_2", "-tls1_3"} do
			  local got = task.channel(1)
			  local name, server = serve(cert("server", {alpn_protocols = "h2,http/1.1", SNI_server_certs = {["example.org"] = {local_cert = dir .. "other.pem", local_pk = dir .. "other.key"}}}), function(fp)
			    local line = fp:gets()
			    local c = fp:get_meta_data().crypto
			    fp:write("answer\n")
			    got:send{line, c.protocol, c.alpn_protocol, c.server_name}
			  end)
			  openssl("s_client", "-connect", name, "-CAfile", "ca.pem", "-verify_return_error", "-verify_hostname", "example.org", "-servername", "example.org", "-alpn", "x,http/1.1", version)
			  say("hello\n")
			  out(got:recv()) 
			  await("answer\n")
			  await("Verify return code: 0 %(ok%)")
			  server:close()
			end
			--> ={"hello\n" TLSv1.2 http/1.1 example.org}
			--> ={"hello\n" TLSv1.3 http/1.1 example.org}`},
		{name: "new keys in the middle, and an orderly end", code: `
			local got = task.channel(1)
			local name, server = serve(cert "server", function(fp)
			  for line in fp:lines() do fp:write("got " .. line .. "\n") end
			  got:send{fp:gets()}
			end)
			openssl("s_client", "-connect", name, "-CAfile", "ca.pem", "-tls1_3")
			say("one\n")
			await("got one\n")
			say("K\n")
			await("KEYUPDATE")
			say("two\n")
			await("got two\n")
			say("Q\n")
			out(unpack(got:recv(), 1, 3)) --> =nil closed 0
			server:close()`},
		{name: "a client's certificate, wanted and not wanted", code: `
			local got = task.channel(1)
			local name, server = serve(cert("server", {verify_peer = true, cafile = dir .. "ca.pem", capture_peer_cert = true}), function(fp)
			  local line, err = fp:gets()
			  got:send(line and fp:get_meta_data().crypto.peer_certificate.common_name or err)
			end)
			openssl("s_client", "-connect", name, "-cert", "client.pem", "-key", "client.key")
			say("hello\n")
			out(got:recv()) --> =a client
			openssl("s_client", "-connect", name)
			out(got:recv()) --> =the client has shown no certificate, and verify_peer wants one
			server:close()`},
		{name: "sessions", code: `
			local name, server = serve(cert "server")
			openssl("s_client", "-connect", name, "-sess_out", "session", "-tls1_2")
			await("Master%-Key")
			say("Q\n")
			repeat task.sleep(0.002) until io.open(dir .. "session")
			task.sleep(0.01)
			openssl("s_client", "-connect", name, "-sess_in", "session", "-tls1_2")
			await("Reused, TLSv1.2")
			server:close()`},
	})
}

// openssl's server at our client.
func TestOpenSSLServer(t *testing.T) {
	runOpenSSL(t, []script{
		{name: "lines, in every version", code: `
			local name = s_server("-rev")
			for _, scheme in ipairs{"tlsv1.2", "tlsv1.3"} do
			  local fp = assert(dial(name, trust(), scheme))
			  out(ask(fp, "hello"), fp:get_meta_data().crypto.protocol)
			  fp:close()
			end
			--> =olleh TLSv1.2
			--> =olleh TLSv1.3`},
		{name: "new keys in the middle", code: `
			local name = s_server("-tls1_3")
			local fp = assert(dial(name, trust()))
			fp:write("one\n")
			await("one\n")
			local function came()
			  for _, s in ipairs(socket.list()) do if s.bytes_in > 0 then return s.bytes_in end end
			end
			say("hello\n")
			out(fp:gets()) --> ="hello\n"
			local before = came() -- with the tickets, which come before the hello
			say("K\n")
			fp:set_timeout(0.002)
			repeat fp:gets() until came() > before
			say("answer\n")
			fp:set_timeout(10)
			out(fp:gets()) --> ="answer\n"
			fp:write("two\n")
			await("two\n")
			say("Q\n")
			out(fp:gets()) --> ~^nil closed .*0$`},
		{name: "names and protocols", code: `
			local name = s_server("-servername", "example.org", "-cert2", "other.pem", "-key2", "other.key", "-alpn", "http/1.1", "-rev")
			local fp = assert(dial(name, trust{peer_name = "example.org"}))
			out(ask(fp, "hello")) --> =olleh
			fp:close()
			fp = assert(dial(name, trust{alpn_protocols = "h2,http/1.1"}))
			out(fp:get_meta_data().crypto.alpn_protocol) --> =http/1.1
			fp:close()
			out(dial(name, trust{peer_name = "example.net"})) --> =nil certificate is for localhost, 127.0.0.1, not example.net 0`},
		{name: "a client's certificate", code: `
			local name = s_server("-Verify", "1", "-CAfile", "ca.pem", "-verify_return_error", "-rev")
			local fp = assert(dial(name, trust(cert "client")))
			out(ask(fp, "hello")) --> =olleh
			fp:close()
			fp = dial(name, trust())
			out(fp:gets()) --> ~nil the peer has broken TLS off: it wants a client's certificate \(local_cert\)
			fp:close()
			fp = dial(name, trust(cert "self"))
			out(fp:gets()) --> ~nil the peer has broken TLS off: it (does not know who has signed|does not accept) our certificate
			fp:close()
			out(dial(name, trust(), "tlsv1.2")) --> ~nil the peer has broken TLS off: no cipher suite or version in common, or it wants a client's certificate`},
		{name: "sessions", code: `
			for _, version in ipairs{"-tls1_2", "-tls1_3"} do
			  local name = s_server("-rev", version)
			  local ctx = socket.stream_context{ssl = trust()}
			  for i = 1, 2 do
			    local fp = assert(socket.stream_client("tls://" .. name, 10, nil, ctx))
			    ask(fp, "x")
			    out(fp:get_meta_data().crypto.resumed)
			    fp:close()
			  end
			end
			--> =false
			--> =true
			--> =false
			--> =true`},
		{name: "a page", code: `
			local name = s_server("-www")
			local fp = assert(dial(name, trust()))
			fp:write("GET / HTTP/1.0\r\n\r\n")
			out(fp:read_line()) --> =HTTP/1.0 200 ok
			out(fp:get_contents():find("TLSv1.3", 1, true) ~= nil) --> =true`},
	})
}

// tshark decrypts what was captured, by the key log; here openssl's own log of
// the same connection has the same lines.
func TestKeyLogAgreesWithOpenSSL(t *testing.T) {
	ours, theirs := filepath.Join(t.TempDir(), "ours"), filepath.Join(t.TempDir(), "theirs")
	t.Setenv("SSLKEYLOGFILE", ours)
	runOpenSSL(t, []script{{name: "one connection", code: fmt.Sprintf(`
		local name, server = serve(cert "server")
		openssl("s_client", "-connect", name, "-keylogfile", %q)
		say("hello\n")
		await("\nhello\n")
		server:close()`, theirs)}})
	a, err := os.ReadFile(ours)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(theirs)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range bytes.Lines(a) {
		if bytes.Contains(b, line) {
			found++
		}
	}
	if found < 4 {
		t.Errorf("%d lines of ours are in openssl's log\nours:\n%s\ntheirs:\n%s", found, a, b)
	}
}

// PHP at the other end, in both roles.
func TestPHPTLS(t *testing.T) {
	dir := certificates(t) + "/"
	client := `
		$ctx = stream_context_create(["ssl" => ["cafile" => $argv[1] . "ca.pem", "peer_name" => "localhost", "alpn_protocols" => "x"]]);
		$fp = stream_socket_client("tcp://" . $argv[2], $errno, $errstr, 5, STREAM_CLIENT_CONNECT, $ctx) or die($errstr);
		fwrite($fp, "START\n");
		fgets($fp);
		stream_socket_enable_crypto($fp, true, STREAM_CRYPTO_METHOD_TLS_CLIENT) or die("no TLS");
		$crypto = stream_get_meta_data($fp)["crypto"];
		fwrite($fp, json_encode($crypto) . "\n");
		echo fgets($fp);
		fclose($fp);`
	converse(t, fmt.Sprintf("dir = %q\n", dir)+tlsPrelude+`
		local server = socket.stream_server("tcp://127.0.0.1:0", nil, {ssl = cert("server", {alpn_protocols = "x"})})
		start(server:get_name(false))
		local fp = server:accept(10)
		out(fp:gets()) --> ="START\n"
		fp:write("ready\n")
		out(fp:enable_crypto(true)) --> =true
		local theirs, ours = json and json.decode(fp:gets()) or fp:gets(), fp:get_meta_data().crypto
		if type(theirs) == "table" then
		  for k, v in pairs(theirs) do if ours[k] ~= v then out(k, v, ours[k]) end end
		end
		fp:write("done\n")
		out(fp:gets()) --> =nil closed 0`,
		func(name string) { foreign(t, "php", "-r", client, dir, name) })
}
