package luasock

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// raises is a prelude: what a call raises, without the position.
const raises = `function raises(f, ...)
	local ok, text = pcall(f, ...)
	out(ok and "no error" or (tostring(text):gsub("^prelude:%d+: ", "")))
end
`

var nameScripts = []script{
	{name: "gethostbyname of a number", code: `
		out(socket.gethostbyname("127.0.0.1")) --> =127.0.0.1
		out(socket.gethostbyname("127.1")) --> =127.0.0.1
		out(socket.gethostbyname("01.2.3.4")) --> =1.2.3.4`},
	{name: "gethostbyname of a name", code: `
		out(socket.gethostbyname("localhost")) --> =127.0.0.1
		out(socket.gethostbyname("LOCALHOST")) --> =127.0.0.1`},
	{name: "gethostbyname of an unknown name is the name, and no error is kept", code: `
		local held = socket.create(socket.AF_INET, socket.SOCK_STREAM)
		held:bind("127.0.0.1") -- and nobody listens
		local s = socket.create(socket.AF_INET, socket.SOCK_STREAM)
		assert(not s:connect("127.0.0.1", select(2, held:getsockname())))
		local before = socket.last_error()
		for _, name in ipairs{"nope.invalid", "", "0x7f.1", "08.1.1.1", "1.2.3.256", "::1", " 127.0.0.1", ("a"):rep(255), ("a"):rep(256)} do
			if socket.gethostbyname(name) ~= name then out(name) end
		end
		out(before ~= 0 and socket.last_error() == before) --> =true`},
	{name: "gethostbynamel", code: `
		out(socket.gethostbynamel("127.1")) --> ={127.0.0.1}
		out(socket.gethostbynamel("localhost")) --> ~^\{127\.0\.0\.1.*\}$
		out(socket.gethostbynamel("::1")) --> =nil No address associated with name -10004
		out(socket.gethostbynamel("")) --> =nil Unknown host -10001
		out(socket.last_error()) --> =-10001
		out(socket.gethostbynamel("nope.invalid")) --> =nil Unknown host -10001
		out(socket.gethostbynamel(("a"):rep(256))) --> =nil Unknown host -10001`},
	{name: "gethostbyaddr", code: `
		out(type(socket.gethostbyaddr("127.0.0.1"))) --> =string
		out(socket.gethostbyaddr("127.1")) --> =nil address must be an IPv4 or IPv6 address, got "127.1" 0
		out(socket.gethostbyaddr("x")) --> =nil address must be an IPv4 or IPv6 address, got "x" 0
		out(socket.gethostbyaddr("")) --> =nil address must be an IPv4 or IPv6 address, got "" 0
		out(socket.gethostbyaddr("fe80::1%lo")) --> =nil address must be an IPv4 or IPv6 address, got "fe80::1%lo" 0
		out(socket.gethostbyaddr("::2")) --> =::2`},
	{name: "what a name server says", code: `
		out(socket.gethostbyname("four.test")) --> =192.0.2.4
		out(socket.gethostbynamel("four.test")) --> ={192.0.2.4 192.0.2.5}
		out(socket.gethostbyname("alias.test")) --> =192.0.2.7
		out(socket.gethostbyname("six.test")) --> =six.test
		out(socket.gethostbyname("down.test")) --> =down.test
		out(socket.gethostbynamel("down.test")) --> =nil Host name lookup failure -10002
		out(socket.gethostbyaddr("192.0.2.4")) --> =four.test
		out(socket.gethostbyaddr("2001:db8::7")) --> =both.test
		out(socket.gethostbyaddr("192.0.2.9")) --> =192.0.2.9
		out(socket.gethostbyaddr("192.0.2.66")) --> =192.0.2.66`},
	{name: "look-ups let others run", code: `
		task.spawn(function() out("beside") end)
		out(socket.gethostbyname("nope.invalid"))`, want: "beside\nnope.invalid"},
	{name: "a time-out ends a look-up", code: `
		out(task.timeout(0, socket.gethostbyname, "nope.invalid")) --> ~^nil timeout
		out(task.timeout(0, socket.gethostbyaddr, "192.0.2.1")) --> ~^nil timeout
		out(task.timeout(0, socket.addrinfo_lookup, "nope.invalid")) --> ~^nil timeout`},
	{name: "getprotobyname", code: `
		out(socket.getprotobyname("tcp"), socket.getprotobyname("TCP"), socket.getprotobyname("icmp")) --> =6 6 1
		out(socket.getprotobyname("ipv6-icmp"), socket.getprotobyname("ip")) --> =58 0
		out(socket.getprotobyname("Tcp")) --> =nil unknown protocol "Tcp" 0
		out(socket.getprotobyname("6")) --> =nil unknown protocol "6" 0
		out(socket.getprotobyname("")) --> =nil unknown protocol "" 0
		out(socket.getprotobyname("nope")) --> =nil unknown protocol "nope" 0`},
	{name: "getprotobynumber", code: `
		out(socket.getprotobynumber(0), socket.getprotobynumber(6), socket.getprotobynumber(132)) --> =ip tcp sctp
		out(socket.getprotobynumber(999)) --> =nil unknown protocol 999 0
		out(socket.getprotobynumber(-1)) --> =nil unknown protocol -1 0`},
	{name: "getservbyname", code: `
		out(socket.getservbyname("http", "tcp"), socket.getservbyname("www", "tcp"), socket.getservbyname("domain", "udp")) --> =80 80 53
		out(socket.getservbyname("HTTP", "tcp")) --> =nil unknown service "HTTP" of protocol "tcp" 0
		out(socket.getservbyname("80", "tcp")) --> =nil unknown service "80" of protocol "tcp" 0
		out(socket.getservbyname("http", "bogus")) --> =nil unknown service "http" of protocol "bogus" 0
		out(socket.getservbyname("http", "TCP")) --> =nil unknown service "http" of protocol "TCP" 0
		out(socket.getservbyname("", "")) --> =nil unknown service "" of protocol "" 0`},
	{name: "getservbyport", code: `
		out(socket.getservbyport(80, "tcp"), socket.getservbyport(53, "udp")) --> =http domain
		out(socket.getservbyport(65535, "tcp")) --> =nil unknown service 65535 of protocol "tcp" 0
		out(socket.getservbyport(80, "bogus")) --> =nil unknown service 80 of protocol "bogus" 0
		raises(socket.getservbyport, 65616, "tcp") --> =bad argument #1 to 'getservbyport' (port must be 0 to 65535, got 65616)
		raises(socket.getservbyport, -1, "tcp") --> =bad argument #1 to 'getservbyport' (port must be 0 to 65535, got -1)`},
	{name: "inet_pton", code: `
		out(socket.inet_pton("127.0.0.1") == "\127\0\0\1") --> =true
		out(socket.inet_pton("::1") == ("\0"):rep(15) .. "\1") --> =true
		for _, bad in ipairs{"127.1", "01.2.3.4", "1.2.3.256", "x", "", "fe80::1%lo", "[::1]", "::01.2.3.4", "1.2.3.4 "} do
			local ok, text, code = socket.inet_pton(bad)
			if ok ~= nil or text ~= ('address must be an IPv4 or IPv6 address, got "%s"'):format(bad) or code ~= 0 then out(bad) end
		end
		out(#socket.inet_pton("::ffff:1.2.3.4")) --> =16`},
	{name: "inet_ntop", code: `
		out(socket.inet_ntop("\127\0\0\1"), socket.inet_ntop("\0\0\0\0")) --> =127.0.0.1 0.0.0.0
		out(socket.inet_ntop(("\0"):rep(16)), socket.inet_ntop(("\0"):rep(12) .. "\1\2\3\4")) --> =:: ::1.2.3.4
		out(socket.inet_ntop("")) --> =nil address must be 4 or 16 bytes, got 0 0
		out(socket.inet_ntop("abc")) --> =nil address must be 4 or 16 bytes, got 3 0
		out(socket.inet_ntop(("a"):rep(17))) --> =nil address must be 4 or 16 bytes, got 17 0`},
	{name: "ip2long", code: `
		out(socket.ip2long("127.0.0.1"), socket.ip2long("0.0.0.0"), socket.ip2long("255.255.255.255")) --> =2130706433 0 4294967295
		out(socket.ip2long("127.1")) --> =nil address must be an IPv4 address, got "127.1" 0
		out(socket.ip2long("01.2.3.4")) --> =nil address must be an IPv4 address, got "01.2.3.4" 0
		out(socket.ip2long("1.2.3.256")) --> =nil address must be an IPv4 address, got "1.2.3.256" 0
		out(socket.ip2long("::1")) --> =nil address must be an IPv4 address, got "::1" 0`},
	{name: "long2ip", code: `
		out(socket.long2ip(0), socket.long2ip(2130706433), socket.long2ip(4294967295)) --> =0.0.0.0 127.0.0.1 255.255.255.255
		out(socket.long2ip(-1), socket.long2ip(4294967296)) --> =255.255.255.255 0.0.0.0
		raises(socket.long2ip, 1.5) --> =bad argument #1 to 'long2ip' (number must be an integer, got 1.5)`},
	{name: "a NUL raises everywhere", code: `
		for _, f in ipairs{"gethostbyname", "gethostbynamel", "gethostbyaddr", "getprotobyname", "getservbyname", "inet_pton", "ip2long"} do
			local ok, text = pcall(socket[f], "a\0b", "tcp")
			if ok or not text:find("must be without NUL bytes, got", 1, true) then out(f, text) end
		end
		raises(socket.getservbyname, "http", "t\0") --> ~bad argument #2 to 'getservbyname' \(protocol must be without NUL bytes, got`},
	{name: "wrong types raise", code: `
		raises(socket.gethostbyname) --> =bad argument #1 to 'gethostbyname' (name must be a string, got no value)
		raises(socket.getprotobynumber, "6") --> =bad argument #1 to 'getprotobynumber' (number must be an integer, got "6")
		raises(socket.getservbyname, "http") --> =bad argument #2 to 'getservbyname' (protocol must be a string, got no value)
		raises(socket.inet_ntop, {}) --> =bad argument #1 to 'inet_ntop' (bytes must be a string, got a table)
		raises(socket.long2ip, "1") --> =bad argument #1 to 'long2ip' (number must be an integer, got "1")`},
}

func TestNames(t *testing.T) { runScripts(t, raises, nameScripts) }

// nameCalls are calls whose results are PHP's; where PHP has false, nil.
var nameCalls = []struct {
	fn   string
	args [][]any
}{
	{"gethostbyname", ones("127.0.0.1", "127.1", "0x7f.1", "1", "01.2.3.4", "08.1.1.1", "1.2.3.4.5", "256.1.1.1", "", "::1", " 127.0.0.1", "127.0.0.1 ", "[::1]")},
	{"gethostbyaddr", ones("127.1", "x", "", "fe80::1%lo", "1.2.3.4 ")},
	{"getprotobyname", ones("tcp", "TCP", "Tcp", "ip", "IP", "icmp", "ipv6-icmp", "nope", "6", "", " tcp")},
	{"getprotobynumber", ones(0, 1, 2, 6, 17, 58, 132, 255, 256, -1, 999)},
	{"getservbyname", [][]any{{"http", "tcp"}, {"HTTP", "tcp"}, {"www", "tcp"}, {"http", "udp"}, {"domain", "udp"}, {"80", "tcp"}, {"nope", "tcp"}, {"http", "bogus"}, {"", "tcp"}, {"http", ""}}},
	{"getservbyport", [][]any{{80, "tcp"}, {80, "udp"}, {53, "udp"}, {0, "tcp"}, {1, "tcp"}, {65535, "tcp"}, {80, "bogus"}, {80, "TCP"}, {80, ""}}},
	{"inet_pton", ones("127.0.0.1", "::1", "::ffff:1.2.3.4", "127.1", "01.2.3.4", "001.2.3.4", "1.2.3.256", "x", "", "fe80::1%lo", "1.2.3.4 ", "[::1]", "1::2::3", "::1.2.3.4", "00001::", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8", "::01.2.3.4", "1:2:3:4:5:6:7:8:9", ":::", ":1::", "::g", "1.2.3", "1.2.3.4.5", "::1.2.3", "ABCD::", "1::2:3:4:5:6:7:8")},
	{"inet_ntop", ones("\x7f\x00\x00\x01", "", "abc", packed(""), packed("\x01"), packed("\x01\x02"), packed("\x01\x00\x01"), packed("\x01\x02\x03\x04"), packed("\xff\xff\x01\x02\x03\x04"), packed("\xff\xfe\x01\x02\x03\x04"), packed("\x01\x00\x00\x01\x02\x03\x04"),
		" \x01\r\xb8\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01", " \x01\x00\x00\x00\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x01", "\x00\x01\x00\x01\x00\x01\x00\x01\x00\x01\x00\x01\x00\x01\x00\x00", "\x00\x01\x00\x00\x00\x01\x00\x01\x00\x01\x00\x01\x00\x01\x00\x01")},
	{"ip2long", ones("127.0.0.1", "255.255.255.255", "0.0.0.0", "127.1", "01.2.3.4", "1.2.3.256", "::1", "", " 1.2.3.4")},
	{"long2ip", ones(0, 1, -1, int64(4294967295), int64(4294967296), 2130706433, -2147483648)},
}

func TestNamesAsPHP(t *testing.T) {
	for _, path := range []string{"/etc/protocols", "/etc/services"} {
		if _, err := os.Stat(path); err != nil {
			t.Skipf("PHP knows no names without %s", path)
		}
	}
	var php, code strings.Builder
	for _, call := range nameCalls {
		for _, args := range call.args {
			fmt.Fprintf(&php, "$r = @%s(%s); echo $r === false ? 'none' : '=' . bin2hex((string)$r), \"\\n\";\n", call.fn, literals(args, phpLiteral))
			fmt.Fprintf(&code, "hex(socket.%s(%s))\n", call.fn, literals(args, luaLiteral))
		}
	}
	const prelude = `function hex(v)
		out(v == nil and "none" or "=" .. (tostring(v):gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
	end`
	got, err := openVM(t, Options{}).run(t, prelude, code.String())
	if err != nil {
		t.Fatal(err)
	}
	compareWithPHP(t, php.String(), got, strings.Split(code.String(), "\n"))
}

// compareWithPHP compares lines with those that PHP prints, which the names
// stand beside, and skips the test where PHP is not installed.
func compareWithPHP(t *testing.T, code string, got, names []string) {
	t.Helper()
	const check = `if (!extension_loaded("sockets")) exit(77);` + "\n"
	printed, err := exec.Command("php", "-r", check+code).Output()
	if exit, ok := err.(*exec.ExitError); ok && exit.ExitCode() != 77 {
		t.Fatalf("php: %v\n%s%s", err, printed, exit.Stderr)
	}
	if err != nil {
		skipWithout(t, "php with its sockets")
	}
	want := strings.Split(strings.TrimSuffix(string(printed), "\n"), "\n")
	if len(got) != len(want) {
		t.Fatalf("%d lines, PHP has %d", len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s:\n got %s\nPHP %s", names[i], got[i], want[i])
		}
	}
}

// ones makes each value the only argument of a call.
func ones(values ...any) (args [][]any) {
	for _, v := range values {
		args = append(args, []any{v})
	}
	return args
}

// packed is an IPv6 address of zeros with an end.
func packed(end string) string { return strings.Repeat("\x00", 16-len(end)) + end }

func literals(args []any, literal func(string) string) string {
	var list []string
	for _, arg := range args {
		switch arg := arg.(type) {
		case string:
			list = append(list, literal(arg))
		case int, int64:
			list = append(list, fmt.Sprint(arg))
		}
	}
	return strings.Join(list, ", ")
}

func phpLiteral(s string) string { return escaped(s, `\x%02x`) }

func luaLiteral(s string) string { return escaped(s, `\%03d`) }

func escaped(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return `"` + b.String() + `"`
}

// records is what the tests' name server knows; SERVFAIL of a name makes it
// fail.
var records = map[string][]string{
	"four.test.":               {"192.0.2.4", "192.0.2.5"},
	"six.test.":                {"2001:db8::6"},
	"both.test.":               {"192.0.2.7", "2001:db8::7"},
	"alias.test.":              {"both.test."},
	"loopback.test.":           {"127.0.0.1", "::1"},
	"down.test.":               {"SERVFAIL"},
	"4.2.0.192.in-addr.arpa.":  {"four.test."},
	"66.2.0.192.in-addr.arpa.": {"SERVFAIL"},
	"7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.": {"both.test."},
}

// The tests of this package ask a name server of their own, on loopback. It is
// set before any test runs because a look-up that was abandoned may still ask.
func init() {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	go serveNames(server)
}

func serveNames(server net.PacketConn) {
	query := make([]byte, 4096)
	for {
		n, from, err := server.ReadFrom(query)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(query[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		reply := func() {
			answer(&m)
			if reply, err := m.Pack(); err == nil {
				server.WriteTo(reply, from)
			}
		}
		if name := m.Questions[0].Name.String(); strings.HasSuffix(name, ".silent.test.") {
			unanswered.add(name, reply)
			continue
		}
		reply()
	}
}

// unanswered is what the name server was asked about the domain silent.test,
// where it answers nothing until it is told.
var unanswered = questions{replies: map[string][]func(){}}

type questions struct {
	mu      sync.Mutex
	replies map[string][]func()
}

func (q *questions) add(name string, reply func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.replies[name] = append(q.replies[name], reply)
}

// of are the replies to what was asked of a name.
func (q *questions) of(name string) []func() {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.replies[name]
}

func (q *questions) forget() {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.replies)
}

// answer makes a question its answer.
func answer(m *dnsmessage.Message) {
	q := m.Questions[0]
	name := q.Name.String()
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	if records[name] == nil {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, value := range records[name] {
		header := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET}
		ip, err := netip.ParseAddr(value)
		switch {
		case value == "SERVFAIL":
			m.RCode = dnsmessage.RCodeServerFailure
		case err != nil && q.Type == dnsmessage.TypePTR:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(value)}})
		case err != nil:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName(value)}})
			m.Questions[0].Name = dnsmessage.MustNewName(value)
			answer(m)
			m.Questions[0] = q
		case ip.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: ip.As4()}})
		case ip.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
}
