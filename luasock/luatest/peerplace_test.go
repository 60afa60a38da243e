package luatest

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"testing"
	"time"
)

func TestPlaces(t *testing.T) {
	runPeers(t, []script{
		{name: "a free port can be bound, for TCP and UDP", code: `
			local port = test.free_port()
			local s = socket.create(socket.AF_INET, socket.SOCK_STREAM)
			equal(true, s:bind("127.0.0.1", port)) equal(true, s:listen())
			local u = socket.create(socket.AF_INET, socket.SOCK_DGRAM)
			equal(true, u:bind("127.0.0.1", port))
			equal(2, #socket.list())`},
		{name: "wait for a port that somebody listens on", code: `
			local s = test.server(function(fp) fp:read(1) end)
			equal(true, test.wait_for_port(s.port))`},
		{name: "wait for a port on which somebody listens later", code: `
			local port = test.free_port()
			local t = task.spawn(test.wait_for_port, port, 10)
			task.sleep(0.03)
			assert(socket.create_listen(port))
			local _, ok = t:join()
			equal(true, ok)`},
		{name: "wait for a port in vain, and cancelled", code: `
			local port = test.free_port()
			local ok, why, errno = test.wait_for_port(port, 0.03)
			equal(nil, ok) equal("timeout", why) equal(socket.ETIMEDOUT, errno)
			local t = task.spawn(test.wait_for_port, port, 1e9)
			task.sleep(0.02)
			t:cancel()
			local ok, err = t:join()
			equal("cancelled", err)
			equal(0, #socket.list())
			local ok, err = pcall(test.wait_for_port, 0)
			assert(err:find("port must be 1 to 65535, got 0", 1, true))`},
		{name: "a folder of one's own", code: `
			local a, b = test.tempdir(), test.tempdir()
			assert(a ~= b)
			assert(io.open(a .. "/x", "w")):close()`},
		{name: "names of a certificate that are wrong raise", code: `
			for names, want in pairs{[5] = "names must be a name or a list of names, got 5", [{}] = "names must not be empty", [{1}] = "names must be a list of names, got 1 at [1]"} do
				local ok, err = pcall(test.certificate, names)
				assert(err:find(want, 1, true), err)
			end`},
	})
}

// What is closed early leaves no socket and no task behind, while the VM goes on.
func TestPeersCloseEarly(t *testing.T) {
	runPeers(t, []script{{name: "all", code: `
		local function all(use)
			local s = test.server(function(fp) fp:write(fp:read(100)) fp:read(1) end)
			local u = test.server(function(fp) fp:write(fp:read(100)) fp:read(1) end, {udp = true})
			local p, q = test.proxy(s), test.proxy(u)
			local r = test.process{"cat"}
			local clients = {client(p), client(q), client(test.proxy(s, {reset_after = 1})), client(test.proxy(s, {close_after = 1}))}
			for _, c in ipairs(clients) do c:write("x") end
			for i = 1, 2 do equal("x", clients[i]:read(1)) end
			for i = 3, 4 do clients[i]:drain(0.01) end
			for _, c in ipairs(clients) do c:close() end
			r:close() p:close() q:close() s:close() u:close()
			r.output:close()
		end
		local before = #socket.list()
		local ok, err = pcall(all)
		assert(err:find("stream is closed"), err) -- r.output was closed with r
		-- the two proxies without a name live on, with nothing but their listeners
		for i = 1, 100 do
			if #socket.list() == before + 2 then break end
			task.sleep(0.01)
		end
		equal(before + 2, #socket.list())
		equal(0, #task.list())`}})
}

// A certificate is good for its names, by its authority, and for no others.
func TestCertificate(t *testing.T) {
	p, err := writeCertificate(t.TempDir(), []string{"a.example", "*.b.example", "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(p.cert, p.key)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := os.ReadFile(p.ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		t.Fatal("no certificate in ", p.ca)
	}
	for name, good := range map[string]bool{"a.example": true, "x.b.example": true, "127.0.0.1": true, "b.example": false, "127.0.0.2": false} {
		for usage, ok := range map[x509.ExtKeyUsage]bool{x509.ExtKeyUsageServerAuth: good, x509.ExtKeyUsageClientAuth: good, x509.ExtKeyUsageCodeSigning: false} {
			_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, KeyUsages: []x509.ExtKeyUsage{usage}})
			if (err == nil) != ok {
				t.Errorf("%s, usage %d: %v", name, usage, err)
			}
		}
	}
	if pair.Leaf.NotAfter.Before(time.Now().Add(24 * time.Hour)) {
		t.Errorf("it ends at %v", pair.Leaf.NotAfter)
	}
	if info, _ := os.Stat(p.key); info.Mode().Perm() != 0o600 {
		t.Errorf("the key's mode is %v", info.Mode())
	}
}
