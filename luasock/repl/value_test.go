package repl

import (
	"strings"
	"testing"

	"sockscript/luasock"
)

func newVM(t *testing.T, o luasock.Options) *luasock.VM {
	t.Helper()
	vm, err := luasock.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { vm.Close() })
	return vm
}

func TestValues(t *testing.T) {
	vm := newVM(t, luasock.Options{})
	c := NewConsole(Options{})
	c.vm, c.names = vm, names{vm.L, vm.Env(), vm.Topics()}
	for _, k := range []struct{ expr, want string }{
		{"1, 1.5, 1e100, 0/0 ~= 0/0", "1\t1.5\t1e+100\ttrue"},
		{`"\0\1\255é日\27"`, `"\x00\x01\xffé日\x1b"`},
		{"('x'):rep(2001)", `"` + strings.Repeat("x", 2000) + `"… (2001 bytes)`},
		{"('é'):rep(1001)", `"` + strings.Repeat("é", 1000) + `"… (2002 bytes)`},
		{"('x' .. ('é'):rep(1001))", `"x` + strings.Repeat("é", 999) + `"… (2003 bytes)`},
		{`"one\r\ntwo\r\n", 1`, "\"one\\r\\ntwo\\r\\n\"\t1"},
		{"('one line\\r\\n'):rep(9)", strings.Repeat("\"one line\\r\\n\" ..\n", 8) + "\"one line\\r\\n\""},
		{"('l\\n'):rep(1001)", strings.Repeat("\"l\\n\" ..\n", 999) + "\"l\\n\"… (2002 bytes)"},
		{"{}", "{}"},
		{"{b = 1, a = 2, [2] = 'two', [1] = 'one', [-1] = 0, [true] = false}", `{"one", "two", [-1] = 0, a = 2, b = 1, [true] = false}`},
		{"{['end'] = 1, ['a b'] = 2, _x1 = 3}", `{_x1 = 3, ["a b"] = 2, ["end"] = 1}`},
		{"(function() local t = {} t.self = t t.list = {t} return t end)()", "{list = {<cycle: 2 up>}, self = <cycle: 1 up>}"},
		{"(function() local t = {1} return {t, t} end)()", "{{1}, {1}}"},
		{"(function() local t = {} for _ = 1, 9 do t = {t} end return t end)()", "{{{{{{{{{…}}}}}}}}}"},
		{"(function() local t = {} for i = 1, 202 do t[i] = 0 end return t end)()", "{\n" + strings.Repeat("  0,\n", 200) + "  … 2 more,\n}"},
		{"{name = ('n'):rep(40), deep = {('d'):rep(40), {('e'):rep(40)}}}",
			"{\n  deep = {\n    \"" + strings.Repeat("d", 40) + "\",\n    {\"" + strings.Repeat("e", 40) + "\"},\n  },\n  name = \"" + strings.Repeat("n", 40) + "\",\n}"},
		{"setmetatable({}, {__tostring = function() return 'my\\27[31m own' end})", "my\ufffd[31m own"},
		{"setmetatable({1}, {__tostring = function() error('x') end})", "{1}"},
		{"print, function() end", "function print(...)\tfunction <stdin:1>"},
		{"coroutine.create(print)", "coroutine"},
		{"socket.create(socket.AF_INET, socket.SOCK_STREAM)", "socket: tcp new"},
		{"('\\0\\n'):rep(300)", `"` + strings.Repeat(`\x00\n`, 256) + `"… (600 bytes)`},
		{"nil, 'closed', 0", "nil\tclosed\t0"},
		{"nil, 'timeout', socket.ETIMEDOUT", "nil\ttimeout\t110 (ETIMEDOUT)"},
		{"nil, 'bad\\27', socket.EAGAIN", "nil\tbad\ufffd\t11 (EAGAIN)"},
		{"nil, 'message'", "nil\t\"message\""},
	} {
		fn, err := vm.Load([]byte("return "+k.expr), chunkName)
		if err != nil {
			t.Fatal(err)
		}
		values, err := vm.Call(vm.L, fn)
		if err != nil {
			t.Fatal(k.expr, err)
		}
		if got := c.printer().results(values); got != k.want {
			t.Errorf("%s\nprints %s\nwant   %s", k.expr, got, k.want)
		}
	}
}

func TestSignatures(t *testing.T) {
	vm := newVM(t, luasock.Options{})
	n := names{vm.L, vm.Env(), vm.Topics()}
	fn, err := vm.Load([]byte("s = socket.create(1, 1, 0) t = task.current() str = 'x'"), chunkName)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vm.Call(vm.L, fn); err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct{ call, want string }{
		{"socket.close", "socket.close(s)"},
		{"s:close", "s:close()"},
		{"s:bind", "s:bind(address [, port=0])"},
		{"s:last_error", "s:last_error()"},
		{"t:join", "t:join([timeout])"},
		{"str:rep", "s:rep(n"},
		{"string.rep", "string.rep(s, n"},
		{"socket.STDIN:gets", "fp:gets([length])"},
		{"task.spawn", "task.spawn(fn, ...)"},
		{"print", "print(...)"},
		{"help", "help([what])"},
		{"nothing.here", ""},
		{"socket.AF_INET", ""},
	} {
		if got := n.signature(k.call); !strings.HasPrefix(got, k.want) || (got == "") != (k.want == "") {
			t.Errorf("%s: %q, want %q", k.call, got, k.want)
		}
	}
}

func TestInQuotes(t *testing.T) {
	for _, k := range []struct{ text, want string }{
		{`HELLO\r\n`, `"HELLO\r\n"`},
		{`say "x"`, `"say \"x\""`},
		{`say \"x\"`, `"say \"x\""`},
		{`\\`, `"\\"`},
		{`end\`, `"end\\"`},
	} {
		if got := inQuotes(k.text); got != k.want {
			t.Errorf("%s: %s, want %s", k.text, got, k.want)
		}
	}
}

func TestReadTarget(t *testing.T) {
	for _, k := range []struct{ text, url, context, wrong string }{
		{"tcp://example.org:80", "tcp://example.org:80", "", ""},
		{"example.org:80", "tcp://example.org:80", "", ""},
		{"example.org 80", "tcp://example.org:80", "", ""},
		{"tls://[::1] 443 {ssl = {}}", "tls://[::1]:443", "{ssl = {}}", ""},
		{"tls://example.org:443  context", "tls://example.org:443", "context", ""},
		{"tcp://:80", "tcp://0.0.0.0:80", "", ""},
		{":80", "tcp://0.0.0.0:80", "", ""},
		{"80", "tcp://0.0.0.0:80", "", ""},
		{"unix:///tmp/x", "unix:///tmp/x", "", ""},
		{"udp://:53", "udp://0.0.0.0:53", "", ""},
		{"example.org", "", "", "tcp://example.org has no port, as tcp://example.org:80 has"},
		{"udp://example.org {}", "", "", "udp://example.org has no port, as udp://example.org:80 has"},
	} {
		got, err := readTarget(k.text, "0.0.0.0")
		if k.wrong != "" {
			if err == nil || err.Error() != k.wrong {
				t.Errorf("%s: %v, want %s", k.text, err, k.wrong)
			}
			continue
		}
		if got.url != k.url || got.context != k.context || err != nil {
			t.Errorf("%s: %v, %v", k.text, got, err)
		}
	}
}
