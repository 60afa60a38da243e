package luatest

import (
	"os"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
)

// script is a row of a table of tests in Lua: its code raises when something is
// wrong, with what err says when it shall.
type script struct {
	name string
	code string
	err  string // part of the error; "" for none
	fail string // part of what fails the test beside its flow; "" for none
}

// peerPrelude is what the scripts have beside the modules.
const peerPrelude = `
	function equal(want, got)
		if want ~= got then error(("want %s, got %s"):format(tostring(want), tostring(got)), 2) end
	end
	function client(peer)
		local fp = assert(socket.stream_client(peer.url, 10))
		fp:set_timeout(10)
		return fp
	end
`

// runPeers runs each script in a VM of its own with the module test.
func runPeers(t *testing.T, scripts []script) {
	t.Helper()
	for _, s := range scripts {
		t.Run(s.name, func(t *testing.T) {
			got, failures := runPeer(t, s.code)
			check(t, "the error", s.err, got)
			check(t, "what fails the test", s.fail, failures)
		})
	}
}

func check(t *testing.T, what, want, got string) {
	t.Helper()
	if want == "" && got != "" || !strings.Contains(got, want) {
		t.Errorf("%s:\n got %s\nwant %q", what, got, want)
	}
}

// runPeer runs code and closes the VM. It returns the error, and what was told
// to fail the test.
func runPeer(t *testing.T, code string) (failure, failures string) {
	t.Helper()
	vm, err := luasock.New(luasock.Options{Stderr: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	Open(vm)
	var told []string
	vm.Loop().Main().Group.(*scope).tell = func(message string) { told = append(told, message) }
	overdue := time.AfterFunc(time.Minute, func() { vm.Interrupt("the test took too long") })
	defer overdue.Stop()
	for name, source := range map[string]string{"prelude": peerPrelude} {
		doText(t, vm, source, name)
	}
	if err := doText(nil, vm, strings.TrimPrefix(code, "\n"), "script"); err != nil {
		failure = err.Error()
	}
	vm.Close()
	return failure, strings.Join(told, "\n")
}

func doText(t *testing.T, vm *luasock.VM, source, name string) error {
	fn, err := vm.Load([]byte(source), "="+name)
	if err == nil {
		err = vm.Do(fn)
	}
	if err != nil && t != nil {
		t.Fatal(err)
	}
	return err
}

var _ lua.LValue

func TestServer(t *testing.T) {
	runPeers(t, []script{
		{name: "a handler talks to each connection, in a task of its own", code: `
			local s = test.server(function(fp, peer)
				fp:write(fp:gets():upper() .. peer)
			end)
			equal("127.0.0.1", s.host)
			equal("tcp://127.0.0.1:" .. s.port, s.url)
			local a, b = client(s), client(s)
			b:write("second\n")
			equal("SECOND\n" .. b:get_name(false), b:get_contents())
			a:write("first\n")
			equal("FIRST\n" .. a:get_name(false), a:get_contents())
			equal(2, s.connections)
			equal(0, #s.errors)`},
		{name: "connections count as soon as they stand", code: `
			local s = test.server(function(fp) fp:read(1) end)
			local list = {}
			for i = 1, 5 do list[i] = client(s) equal(i, s.connections) end`},
		{name: "an error in a handler fails the test and is listed", fail: "script:2: boo", code: `
			local s = test.server(function(fp)
				error("boo")
			end)
			equal("", client(s):get_contents())
			equal("script:2: boo", s.errors[1])`},
		{name: "an error in a handler counts when the test has ended", fail: `got "bad\n"`, code: `
			local s = test.server(function(fp)
				local line = fp:gets()
				if line ~= "good\n" then error(("got %q"):format(line):gsub("\\\n", "\\n"), 0) end
			end)
			client(s):write("bad\n")`},
		{name: "close ends connections and handlers", code: `
			local s = test.server(function(fp) fp:write("x") fp:read(1) error("goes on") end)
			local c = client(s)
			equal("x", c:read(1))
			equal(true, s:close())
			local data, why = c:read(1)
			equal("closed", why)
			local again, _, errno = socket.stream_client(s.url)
			equal(socket.ECONNREFUSED, errno)
			equal(true, s.close())
			equal("server: closed", tostring(s))`},
		{name: "on UDP each peer is a connection", code: `
			local s = test.server(function(fp, peer)
				while true do
					local data, from = fp:recvfrom(100)
					equal(peer, from)
					fp:write(data:upper())
				end
			end, {udp = true})
			equal("udp://127.0.0.1:" .. s.port, s.url)
			local a, b = client(s), client(s)
			a:write("a1") b:write("b1") a:write("a2") b:write("b2")
			equal("A1", a:read(100)) equal("A2", a:read(100))
			equal("B1", b:read(100)) equal("B2", b:read(100))
			for i = 1, 20 do a:write("x" .. i) equal("X" .. i, a:read(100)) end
			equal(2, s.connections)`},
		{name: "on UDP datagrams keep their bounds, and may be empty", code: `
			local s = test.server(function(fp) for i = 1, 3 do fp:sendto(#fp:read(100) .. "") end end, {udp = true})
			local c = client(s)
			c:write("abc") c:sendto("") c:write("de")
			equal("3", c:read(9)) equal("0", c:read(9)) equal("2", c:read(9))`},
		{name: "on UDP a peer that has gone is no error", code: `
			local s = test.server(function(fp) while true do fp:write(fp:read(100)) end end, {udp = true})
			local k = socket.create(socket.AF_INET, socket.SOCK_DGRAM)
			k:bind("127.0.0.1", 0)
			local _, port = k:getsockname()
			for i = 1, 3 do
				k:sendto("x", 1, 0, s.host, s.port)
				k:close()
				task.sleep(0.01)
				k = socket.create(socket.AF_INET, socket.SOCK_DGRAM)
				k:bind("127.0.0.1", port)
			end
			k:sendto("y", 1, 0, s.host, s.port)
			equal("y", k:recv(10, 0))
			equal(0, #s.errors)
			equal(1, s.connections)`},
		{name: "on a path", code: `
			local s = test.server(function(fp) fp:write("hi") end, {unix = true})
			equal("unix://" .. s.host, s.url)
			equal("hi", client(s):get_contents())
			local own = test.tempdir() .. "/own"
			local o = test.server(function(fp) fp:write("own") end, {unix = own})
			equal(own, o.host)
			equal("own", client(o):get_contents())`},
		{name: "on IPv6", code: `
			local s = test.server(function(fp, peer) fp:write(peer) end, {host = "::1"})
			local c = client(s)
			equal(c:get_name(false), c:get_contents())`},
		{name: "with TLS", code: `
			local mine = test.certificate("localhost")
			for _, tls in ipairs{true, mine, {local_cert = mine.cert, local_pk = mine.key}} do
				local s = test.server(function(fp) fp:write(fp:gets():upper()) end, {tls = tls})
				equal("tls://127.0.0.1:" .. s.port, s.url)
				local function dial(options)
					return assert(socket.stream_client(s.url, 10, nil, {ssl = options}))
				end
				local ca = s.ca or mine.ca
				local c = dial{cafile = ca, peer_name = "localhost"}
				c:write("hello\n")
				equal("HELLO\n", c:gets())
				assert(c:get_meta_data().crypto.protocol:find("TLS"))
			end
			local s = test.server(function(fp) fp:gets() end, {tls = true})
			local c, why = socket.stream_client(s.url, 10)
			equal(nil, c) assert(why:find("certificate"), why)`},
		{name: "a silent client of TLS holds up nobody, and through a proxy", code: `
			local s = test.server(function(fp) fp:write(fp:gets() or "") end, {tls = true})
			local silent = assert(socket.fsockopen("127.0.0.1", s.port))
			local p = test.proxy(s, {slice = 10})
			equal("tls://127.0.0.1:" .. p.port, p.url)
			local c = assert(socket.stream_client(p.url, 10, nil, {ssl = {cafile = s.ca}}))
			c:write("x\n")
			equal("x\n", c:gets())`},
		{name: "options that are wrong raise", code: `
			local function why(options)
				local ok, err = pcall(test.server, print, options)
				return (err:gsub("^.*bad argument", "bad argument"))
			end
			equal('bad argument #2 to \'server\' (options has an unknown key "tsl"; did you mean "tls"? valid are host, udp, unix, tls)', why{tsl = true})
			equal("bad argument #2 to 'server' (options.udp must be a boolean, got 1)", why{udp = 1})
			equal('bad argument #2 to \'server\' (options.host must be an address of this machine, got "nowhere")', why{host = "nowhere"})
			equal("bad argument #2 to 'server' (options.tls must be true, a test.certificate, or options of TLS, got 1)", why{tls = 1})
			equal('bad argument #2 to \'server\' (options.ssl must have key "local_cert" (a path))', why{tls = {}})
			equal("bad argument #2 to 'server' (options.udp goes with neither unix nor tls)", why{udp = true, unix = true})
			local ok, err = pcall(test.server)
			equal(true, err:find("handler must be a function, got no value", 1, true) ~= nil)`},
	})
}

func TestScript(t *testing.T) {
	const greeter = `
		local s = test.server(function(fp)
			fp:write("220 hello\r\n")
			local line = fp:gets()
			if line then fp:write("250 " .. line) end
			fp:read(1)
		end)
		local c = client(s)
	`
	runPeers(t, []script{
		{name: "a conversation, and what came in it", code: greeter + `
			local got = test.script(c, {{expect = "\r\n"}, {send = "EHLO x\r\n"}, {wait = 0.001}, {expect = {pattern = "^250 .-\n"}}, {close = true}})
			equal("220 hello\r\n", got[1])
			equal("250 EHLO x\r\n", got[2])
			equal(2, #got)`},
		{name: "the peer's end", code: `
			local s = test.server(function(fp) fp:write("bye") end)
			test.script(client(s), {{expect = "bye"}, {eof = true}})`},
		{name: "an error names the step, what was awaited and what came", code: greeter + `
			test.script(c, {{expect = "220"}, {expect = "250", timeout = 0.05}})`,
			err: `test.script: step 2 of 2 (expect "250"): "250" did not come: timeout after`},
		{name: "the end that does not come, because the peer sends", code: greeter + `
			test.script(c, {{eof = true}})`, err: `script:9: test.script: step 1 of 1 (eof): the peer has sent "220 hello\r\n" instead`},
		{name: "the end that does not come", code: greeter + `
			test.script(c, {{expect = "\n"}, {eof = true, timeout = 0.05}})`, err: `step 2 of 2 (eof): the peer has not closed within 50ms`},
		{name: "a Socket", code: greeter + `
			local k = socket.create(socket.AF_INET, socket.SOCK_STREAM)
			k:connect("127.0.0.1", s.port)
			equal("220 hello\r\n", test.script(k, {{expect = "\n"}, {send = "x\n"}, {expect = "250 x\n"}, {close = true}})[1])`},
		{name: "a cancel goes through", code: greeter + `
			local t = task.spawn(function() test.script(c, {{expect = "never"}}) end)
			task.sleep(0.01)
			t:cancel()
			local ok, err = t:join()
			equal(true, err:find("cancelled$") ~= nil)
			equal("cancelled", t:status())`},
		{name: "steps that are wrong raise before anything is sent", code: greeter + `
			local function why(...)
				local ok, err = pcall(test.script, c, {{send = "x"}, ...})
				return (err:gsub("^.*bad argument", "bad argument"))
			end
			equal("bad argument #2 to 'script' (steps[2] must have one of send, expect, wait, eof, close)", why{})
			equal('bad argument #2 to \'script\' (steps[2] has an unknown key "expct"; did you mean "expect"? valid are send, expect, wait, eof, close, timeout)', why{expct = "x"})
			equal('bad argument #2 to \'script\' (steps[2] has an unknown key 1; valid are send, expect, wait, eof, close, timeout)', why{"x"})
			equal("bad argument #2 to 'script' (steps[2] has both expect and send: one a step)", why{send = "x", expect = "y"})
			equal("bad argument #2 to 'script' (steps[2] must be a table, got 5)", why(5))
			equal("bad argument #2 to 'script' (steps[2].send must be a string, got 5)", why{send = 5})
			equal("bad argument #2 to 'script' (steps[2].wait must be 0 seconds or more, got -1)", why{wait = -1})
			equal("bad argument #2 to 'script' (steps[2].close must be true, got false)", why{close = false})
			equal("bad argument #2 to 'script' (steps[2].timeout must be 0 seconds or more, got \"x\")", why{expect = "x", timeout = "x"})
			local ok, err = pcall(test.script, 5, {})
			equal(true, err:find("stream must be a Stream or a Socket, got 5", 1, true) ~= nil)`},
	})
}
