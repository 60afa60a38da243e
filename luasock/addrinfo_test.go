package luasock

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// addrinfoPrelude has look, which shows what a look-up finds as
// family/socktype/protocol address port, and flags.
const addrinfoPrelude = raises + `
AI = setmetatable({}, {__index = function(_, name) return socket["AI_" .. name] end})
function look(...)
	local list, text, code = socket.addrinfo_lookup(...)
	if not list then return out(nil, text, code) end
	local words = {}
	for i, ai in ipairs(list) do
		local e = socket.addrinfo_explain(ai)
		local six = e.ai_family == socket.AF_INET6
		words[i] = ("%d/%d/%d %s %d"):format(six and 6 or e.ai_family == socket.AF_INET and 4 or -1, e.ai_socktype, e.ai_protocol,
			e.ai_addr[six and "sin6_addr" or "sin_addr"], e.ai_addr[six and "sin6_port" or "sin_port"])
		if e.ai_canonname then words[i] = words[i] .. " " .. e.ai_canonname end
		if e.ai_flags ~= 0 then words[i] = words[i] .. " flags " .. e.ai_flags end
	end
	out(table.concat(words, ", "))
end
`

var addrinfoScripts = []script{
	{name: "a number without hints", code: `
		look("127.0.0.1") --> =4/1/6 127.0.0.1 0, 4/2/17 127.0.0.1 0, 4/3/0 127.0.0.1 0
		look("127.0.0.1", "") --> =4/1/6 127.0.0.1 0, 4/2/17 127.0.0.1 0, 4/3/0 127.0.0.1 0
		look("127.0.0.1", 80) --> =4/1/6 127.0.0.1 80, 4/2/17 127.0.0.1 80, 4/3/0 127.0.0.1 80
		look("::1", "65535") --> =6/1/6 ::1 65535, 6/2/17 ::1 65535, 6/3/0 ::1 65535
		look("0x7f.1", "080", {ai_socktype = 1}) --> =4/1/6 127.0.0.1 80`},
	{name: "a name", code: `
		look("localhost", "80", {ai_family = socket.AF_INET, ai_socktype = 1}) --> =4/1/6 127.0.0.1 80
		look("localhost", "80", {ai_family = socket.AF_INET, ai_socktype = 1, ai_flags = AI.CANONNAME}) --> ~^4/1/6 127\.0\.0\.1 80 \S+ flags 2$`},
	{name: "names of services", code: `
		look("127.0.0.1", "http") --> =4/1/6 127.0.0.1 80
		look("127.0.0.1", "www") --> =4/1/6 127.0.0.1 80
		look("127.0.0.1", "domain") --> =4/1/6 127.0.0.1 53, 4/2/17 127.0.0.1 53
		look("127.0.0.1", "domain", {ai_protocol = 17}) --> =4/2/17 127.0.0.1 53
		look("127.0.0.1", "HTTP") --> =nil Servname not supported for ai_socktype -8
		look("127.0.0.1", "nope") --> =nil Servname not supported for ai_socktype -8
		look("127.0.0.1", "80x") --> =nil Servname not supported for ai_socktype -8
		look("127.0.0.1", "http", {ai_socktype = socket.SOCK_DGRAM}) --> =nil Servname not supported for ai_socktype -8
		look("127.0.0.1", "80", {ai_socktype = 3}) --> =nil Servname not supported for ai_socktype -8
		look("127.0.0.1", "http", {ai_flags = AI.NUMERICSERV}) --> =nil Name or service not known -2
		look("127.0.0.1", "80", {ai_flags = AI.NUMERICSERV, ai_socktype = 1}) --> =4/1/6 127.0.0.1 80 flags 1024`},
	{name: "types and protocols", code: `
		look("127.0.0.1", "80", {ai_protocol = 17}) --> =4/2/17 127.0.0.1 80
		look("127.0.0.1", nil, {ai_protocol = 1}) --> =4/3/1 127.0.0.1 0
		look("127.0.0.1", nil, {ai_protocol = 132}) --> =4/1/132 127.0.0.1 0
		look("127.0.0.1", "80", {ai_socktype = 5}) --> =4/5/132 127.0.0.1 80
		look("127.0.0.1", nil, {ai_socktype = 3, ai_protocol = 6}) --> =4/3/6 127.0.0.1 0
		look("127.0.0.1", "80", {ai_protocol = 1}) --> =nil Servname not supported for ai_socktype -8
		look("127.0.0.1", "80", {ai_socktype = 99}) --> =nil ai_socktype not supported -7
		look("127.0.0.1", "80", {ai_socktype = 1, ai_protocol = 17}) --> =nil ai_socktype not supported -7`},
	{name: "families", code: `
		look("127.0.0.1", "80", {ai_family = socket.AF_INET6}) --> =nil Address family for hostname not supported -9
		look("::1", "80", {ai_family = socket.AF_INET}) --> =nil Address family for hostname not supported -9
		look("127.0.0.1", "80", {ai_family = 99}) --> =nil ai_family not supported -6
		look("127.0.0.1", "80", {ai_family = socket.AF_UNIX}) --> =nil ai_family not supported -6
		look("::ffff:1.2.3.4", nil, {ai_socktype = 1}) --> =6/1/6 ::ffff:1.2.3.4 0
		look("::ffff:1.2.3.4", nil, {ai_socktype = 1, ai_family = socket.AF_INET}) --> =4/1/6 1.2.3.4 0
		look("127.0.0.1", "80", {ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED, ai_socktype = 1}) --> =6/1/6 ::ffff:127.0.0.1 80 flags 8`},
	{name: "what a name server says", code: `
		look("four.test", "80", {ai_socktype = 1}) --> =4/1/6 192.0.2.4 80, 4/1/6 192.0.2.5 80
		look("alias.test", "80", {ai_socktype = 1, ai_flags = AI.CANONNAME, ai_family = socket.AF_INET}) --> =4/1/6 192.0.2.7 80 both.test flags 2
		look("both.test", nil, {ai_socktype = 2, ai_family = socket.AF_INET6}) --> =6/2/17 2001:db8::7 0
		look("both.test", nil, {ai_socktype = 2, ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED}) --> =6/2/17 2001:db8::7 0 flags 8
		look("both.test", nil, {ai_socktype = 2, ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED + AI.ALL}) --> =6/2/17 2001:db8::7 0 flags 24, 6/2/17 ::ffff:192.0.2.7 0 flags 24
		look("four.test", nil, {ai_socktype = 2, ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED}) --> =6/2/17 ::ffff:192.0.2.4 0 flags 8, 6/2/17 ::ffff:192.0.2.5 0 flags 8
		look("six.test", nil, {ai_socktype = 2, ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED + AI.ALL}) --> =6/2/17 2001:db8::6 0 flags 24
		look("down.test") --> =nil Temporary failure in name resolution -3
		look("down.test", nil, {ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED}) --> =nil Temporary failure in name resolution -3`},
	{name: "AI_V4MAPPED and AI_ALL of a name", code: `
		look("localhost", "80", {ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED, ai_socktype = 1}) --> ~^6/1/6 ::(ffff:127\.0\.0\.)?1 80 flags 8
		look("localhost", "80", {ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED + AI.ALL, ai_socktype = 1}) --> ~6/1/6 ::ffff:127\.0\.0\.1 80 flags 24$
		look("nope.invalid", "80", {ai_family = socket.AF_INET6, ai_flags = AI.V4MAPPED + AI.ALL}) --> =nil Name or service not known -2`},
	{name: "other flags", code: `
		look("127.0.0.1", nil, {ai_flags = 0x7000000}) --> =nil Bad value for ai_flags -1
		look("127.0.0.1", nil, {ai_flags = -1}) --> =nil Bad value for ai_flags -1
		look("localhost", nil, {ai_flags = AI.NUMERICHOST}) --> =nil Name or service not known -2
		look("", nil, {ai_flags = AI.PASSIVE}) --> =nil Name or service not known -2
		look("127.0.0.1", nil, {ai_flags = AI.PASSIVE, ai_socktype = 1}) --> =4/1/6 127.0.0.1 0 flags 1
		look("127.1", "80", {ai_flags = AI.CANONNAME, ai_socktype = 2}) --> =4/2/17 127.0.0.1 80 127.1 flags 2
		look("b\195\188cher.invalid", nil, {ai_flags = AI.IDN}) --> =nil Parameter string not correctly encoded -105`},
	{name: "AI_ADDRCONFIG", code: `
		local four, six = socket.addrinfo_lookup("127.0.0.1", "80", {ai_flags = AI.ADDRCONFIG}), socket.addrinfo_lookup("::1", "80", {ai_flags = AI.ADDRCONFIG})
		out(four ~= nil or six ~= nil) --> =true`},
	{name: "names that fail", code: `
		look("") --> =nil Name or service not known -2
		look("[::1]") --> =nil Name or service not known -2
		look("1.2.3.256") --> =nil Name or service not known -2
		look("nope.invalid", "http") --> =nil Name or service not known -2`},
	{name: "zones", code: `
		look("fe80::1%7", "80", {ai_socktype = 1}) --> =6/1/6 fe80::1 80
		look("fe80::1%nosuchinterface") --> =nil Name or service not known -2
		look("::1%lo") --> =nil Name or service not known -2`},
	{name: "a failure is kept nowhere", code: `
		socket.clear_error()
		look("nope.invalid") --> ~^nil
		out(socket.last_error()) --> =0`},
	{name: "what raises", code: `
		raises(socket.addrinfo_lookup, "127.0.0.1", "70000") --> =bad argument #2 to 'addrinfo_lookup' (port must be 0 to 65535, got 70000)
		raises(socket.addrinfo_lookup, "127.0.0.1", -1) --> =bad argument #2 to 'addrinfo_lookup' (port must be 0 to 65535, got -1)
		raises(socket.addrinfo_lookup, "127.0.0.1", "99999999999") --> =bad argument #2 to 'addrinfo_lookup' (port must be 0 to 65535, got 99999999999)
		raises(socket.addrinfo_lookup, "127.0.0.1", nil, {ai_addr = 1}) --> =bad argument #3 to 'addrinfo_lookup' (hints has an unknown key "ai_addr"; valid are ai_flags, ai_family, ai_socktype, ai_protocol)
		raises(socket.addrinfo_lookup, "127.0.0.1", nil, {1}) --> =bad argument #3 to 'addrinfo_lookup' (hints has an unknown key 1; valid are ai_flags, ai_family, ai_socktype, ai_protocol)
		raises(socket.addrinfo_lookup, "127.0.0.1", nil, {ai_family = "2"}) --> =bad argument #3 to 'addrinfo_lookup' (hints.ai_family must be an integer, got "2")
		raises(socket.addrinfo_lookup, "127.0.0.1", nil, 1) --> =bad argument #3 to 'addrinfo_lookup' (hints must be a table, got 1)
		raises(socket.addrinfo_lookup, "127.0.0.1\0") --> ~bad argument #1 to 'addrinfo_lookup' \(host must be without NUL bytes, got
		raises(socket.addrinfo_lookup, "127.0.0.1", "80\0") --> ~bad argument #2 to 'addrinfo_lookup' \(service must be without NUL bytes, got
		raises(socket.addrinfo_lookup, nil, "80") --> =bad argument #1 to 'addrinfo_lookup' (host must be a string, got nil)
		raises(socket.addrinfo_explain, {}) --> ~bad argument #1 to 'addrinfo_explain' \(ai must be an? AddressInfo, got a table\)
		raises(socket.addrinfo_connect) --> ~bad argument #1 to 'addrinfo_connect' \(ai must be an? AddressInfo, got no value\)`},
	{name: "tostring", code: `
		local list = socket.addrinfo_lookup("127.0.0.1", "80")
		out(list[1]) --> =addrinfo: tcp 127.0.0.1:80
		out(list[2]) --> =addrinfo: udp 127.0.0.1:80
		out(list[3]) --> =addrinfo: raw 127.0.0.1:80`},
	{name: "bind and connect", code: `
		local server = assert(socket.addrinfo_bind(socket.addrinfo_lookup("127.0.0.1", nil, {ai_socktype = 1})[1]))
		local address, port = server:getsockname()
		out(address, port > 0, server:listen()) --> =127.0.0.1 true true
		local ai = socket.addrinfo_lookup(address, port, {ai_socktype = 1})[1]
		local client = assert(socket.addrinfo_connect(ai))
		out(select(2, client:getpeername()) == port) --> =true
		fails(EADDRINUSE, socket.addrinfo_bind(ai)) --> =true
		server:close()
		fails(ECONNREFUSED, socket.addrinfo_connect(ai)) --> =true
		out(#socket.list()) --> =1`},
	{name: "bind to an address of another machine", code: `
		fails(EADDRNOTAVAIL, socket.addrinfo_bind(socket.addrinfo_lookup("192.0.2.1", nil, {ai_socktype = 1})[1])) --> =true
		out(#socket.list()) --> =0`},
}

// errnos gives Lua the numbers of errors, and fails, which shows whether a call
// failed with one and kept it.
func errnos() string {
	return fmt.Sprintf("EADDRINUSE, EADDRNOTAVAIL, ECONNREFUSED = %d, %d, %d\n", unix.EADDRINUSE, unix.EADDRNOTAVAIL, unix.ECONNREFUSED) + `
	function fails(want, ok, text, code)
		out(ok == nil and code == want and text == socket.strerror(want) and socket.last_error() == want or text)
	end`
}

func TestAddrinfo(t *testing.T) { runScripts(t, addrinfoPrelude+errnos(), addrinfoScripts) }

// addrinfoCalls are look-ups whose results are PHP's. Hosts are numbers: what a
// name gives depends on the machine.
var addrinfoCalls = []struct {
	host, service                   string
	flags, family, socktype, protoc int
}{
	{host: "127.0.0.1"},
	{host: "::1", service: "80"},
	{host: "127.1", service: "0"},
	{host: "0x7f.1"},
	{host: ""},
	{host: "fe80::1%7"},
	{host: "::1%lo"},
	{host: "::ffff:1.2.3.4"},
	{host: "::ffff:1.2.3.4", family: unix.AF_INET},
	{host: "::1.2.3.4"},
	{host: "127.0.0.1", service: "http"},
	{host: "127.0.0.1", service: "www"},
	{host: "127.0.0.1", service: "domain"},
	{host: "127.0.0.1", service: "nope"},
	{host: "127.0.0.1", service: "80x"},
	{host: "127.0.0.1", service: "http", socktype: 2},
	{host: "127.0.0.1", service: "http", socktype: 3},
	{host: "127.0.0.1", service: "80", socktype: 3},
	{host: "127.0.0.1", service: "80", socktype: 4},
	{host: "127.0.0.1", service: "80", socktype: 5},
	{host: "127.0.0.1", service: "80", socktype: 6},
	{host: "127.0.0.1", service: "80", socktype: 2, protoc: 136},
	{host: "127.0.0.1", service: "80", socktype: 1, protoc: 17},
	{host: "127.0.0.1", service: "80", socktype: 1, protoc: 132},
	{host: "127.0.0.1", service: "80", protoc: 1},
	{host: "127.0.0.1", protoc: 1},
	{host: "127.0.0.1", protoc: 2},
	{host: "127.0.0.1", socktype: 3, protoc: 6},
	{host: "127.0.0.1", service: "80", family: unix.AF_INET6},
	{host: "127.0.0.1", service: "80", family: 99},
	{host: "::1", service: "80", family: unix.AF_INET},
	{host: "127.0.0.1", service: "80", family: unix.AF_INET6, flags: 8},
	{host: "127.0.0.1", service: "80", flags: 2},
	{host: "127.0.0.1", service: "80", flags: 1},
	{host: "127.0.0.1", service: "http", flags: 1024},
	{host: "127.0.0.1", service: "80", flags: 0x7000000},
	{host: "localhost", flags: 4},
}

func TestAddrinfoAsPHP(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the numbers of the flags are Linux's")
	}
	const show = `function look(...$args) {
		$list = @socket_addrinfo_lookup(...$args);
		if ($list === false) { echo "failed\n"; return; }
		$words = [];
		foreach ($list as $ai) {
			$e = socket_addrinfo_explain($ai);
			$six = $e["ai_family"] === AF_INET6;
			$word = sprintf("%d/%d/%d %s %d", $six ? 6 : 4, $e["ai_socktype"], $e["ai_protocol"], $e["ai_addr"][$six ? "sin6_addr" : "sin_addr"], $e["ai_addr"][$six ? "sin6_port" : "sin_port"]);
			if (isset($e["ai_canonname"])) $word .= " " . $e["ai_canonname"];
			if ($e["ai_flags"] !== 0) $word .= " flags " . $e["ai_flags"];
			$words[] = $word;
		}
		echo implode(", ", $words), "\n";
	}
	`
	var php, code strings.Builder
	php.WriteString(show)
	for _, a := range addrinfoCalls {
		fmt.Fprintf(&php, "look(%q, %q, ['ai_flags' => %d, 'ai_family' => %d, 'ai_socktype' => %d, 'ai_protocol' => %d]);\n", a.host, a.service, a.flags, a.family, a.socktype, a.protoc)
		fmt.Fprintf(&code, "look(%q, %q, {ai_flags = %d, ai_family = %d, ai_socktype = %d, ai_protocol = %d})\n", a.host, a.service, a.flags, a.family, a.socktype, a.protoc)
	}
	got, err := openVM(t, Options{}).run(t, addrinfoPrelude, code.String())
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if strings.HasPrefix(got[i], "nil ") {
			got[i] = "failed"
		}
	}
	compareWithPHP(t, php.String(), got, strings.Split(code.String(), "\n"))
}
