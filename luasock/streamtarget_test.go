package luasock

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// targets is what URLs of streams, with the port that fsockopen may be given
// beside them, are taken for; "" for what is refused.
var targets = []struct {
	url  string
	port int
	want string
}{
	{"127.0.0.1", 80, "tcp://127.0.0.1:80"},
	{"127.0.0.1:81", 80, "tcp://127.0.0.1:81"},
	{"tcp://example.org:0", -1, "tcp://example.org:0"},
	{"tcp://example.org:80/path:9", -1, "tcp://example.org:80"},
	{"udp://[::1]:13", -1, "udp://[::1]:13"},
	{"::1", 80, "tcp://[::1]:80"},
	{"[::1]", 80, "tcp://[::1]:80"},
	{"[fe80::1%lo]:80", -1, "tcp://[fe80::1%lo]:80"},
	{"tls://example.org", 443, "tls://example.org:443"},
	{"tlsv1.3://example.org:443", -1, "tlsv1.3://example.org:443"},
	{"unix:///run/x.sock", -1, "unix:///run/x.sock"},
	{"udg://relative", -1, "udg://relative"},
	{"unix://\x00abstract\x00", -1, "unix://\x00abstract\x00"},
	{"a://b", 80, ""},
	{"TCP://127.0.0.1", 80, ""},
	{"a b://c", 80, ""},
	{"127.0.0.1", -1, ""},
	{"127.0.0.1:", 80, ""},
	{"127.0.0.1:80x", -1, ""},
	{"127.0.0.1:70000", -1, ""},
	{"[::1", 80, ""},
	{"[]:80", -1, ""},
	{"a\x00b", 80, ""},
	{"unix://" + strings.Repeat("x", 200), -1, ""},
	{"", 80, "tcp://:80"},
}

func TestTargets(t *testing.T) {
	for _, c := range targets {
		got, err := parseTarget(c.url, c.port)
		if text := got.uri(); err == nil && text != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q, %d is taken for %q, %v, want %q", c.url, c.port, text, err, c.want)
		}
	}
}

// FuzzTarget: what is taken for a URL can be written as one that means the same;
// what is not is said to be wrong, with errno 0 or as the script's mistake.
func FuzzTarget(f *testing.F) {
	for _, c := range targets {
		f.Add(c.url, c.port)
	}
	f.Fuzz(func(t *testing.T, url string, port int) {
		port = min(port, 65535) // which fsockopen has looked at
		got, err := parseTarget(url, port)
		if err != nil {
			_, refused := err.(dialError)
			_, mistaken := err.(*addr.Error)
			if !refused && !mistaken || err.Error() == "" {
				t.Errorf("%q: %T %v", url, err, err)
			}
			return
		}
		if got.port < 0 || got.port > 65535 || strings.ContainsAny(got.host, "\x00/[]") {
			t.Errorf("%q is taken for host %q, port %d", url, got.host, got.port)
		}
		if again, err := parseTarget(got.uri(), -1); err != nil || again != got {
			t.Errorf("%q is %q, which is %q, %v", url, got.uri(), again.uri(), err)
		}
	})
}

// FuzzBindto: a local address is the one that its text says.
func FuzzBindto(f *testing.F) {
	for _, text := range []string{"127.0.0.1:0", "0:7000", ":7000", "[::1]:0", "[::]:65535", "127.0.0.1", "::1", "x", "1.2.3.4:70000", ":", "", "0:0x1", "[fe80::1%1]:1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseBindto(text)
		if err != nil {
			return
		}
		again, err := parseBindto(a.String())
		if err != nil || again != a || a.Family != unix.AF_INET && a.Family != unix.AF_INET6 {
			t.Errorf("%q is %v, which is %v, %v", text, a, again, err)
		}
	})
}

// FuzzStreamContext: a table of options makes a context, or the message names
// the option.
func FuzzStreamContext(f *testing.F) {
	for _, seed := range [][3]string{
		{"socket", "bindto", `"127.0.0.1:0"`}, {"socket", "bindto", `""`}, {"socket", "backlog", "-1"}, {"socket", "backlog", "1e308"},
		{"socket", "so_reuseport", "true"}, {"socket", "tcp_nodelay", "1"}, {"socket", "nodelay", "true"}, {"tcp", "x", "{}"},
		{"ssl", "verify_peer", "0/0"}, {"ssl", "peer_name", `"\0"`}, {"ssl", "cafile", `"/nowhere"`}, {"ssl", "local_cert", `"/dev/null"`},
		{"ssl", "alpn_protocols", `{"h2", ("x"):rep(300)}`}, {"ssl", "alpn_protocols", `","`}, {"ssl", "ciphers", `"ALL:!X"`},
		{"ssl", "peer_fingerprint", `{sha256 = "zz"}`}, {"ssl", "SNI_server_certs", `{a = {}}`}, {"ssl", "crypto_method", "2^53"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	vm := openVM(f, Options{})
	f.Fuzz(func(t *testing.T, group, key, value string) {
		if strings.ContainsAny(value, "(=") && !strings.Contains(value, ":rep(") || len(value) > 200 {
			return // no calls: the value is data
		}
		if _, err := vm.L.LoadString("return " + value); err != nil {
			return
		}
		vm.lines = nil
		lines, err := vm.run(t, "", fmt.Sprintf(`
			local made, v = pcall(function() return %s end)
			if not made then return end
			local ok, message = pcall(socket.stream_context, {[%s] = {[%s] = v}})
			if ok or message:find("bad argument #1 to 'stream_context' (options", 1, true) then return end
			out(message)`, value, luaLiteral(group), luaLiteral(key)))
		if err != nil || len(lines) > 0 {
			t.Errorf("{%q = {%q = %s}}: %q, %v", group, key, value, lines, err)
		}
	})
}
