package luasock

import (
	"fmt"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// A name server that never answers holds up the one who asks as long as he lets
// it. Nobody else is blamed, and nothing is left: neither of the VM's nor of the
// look-up. Each script asks of names of its own, because look-ups of one name that
// are under way at once are one.
func TestSilentNameServer(t *testing.T) {
	server := newHTTPServer(t)
	prelude := fmt.Sprintf("%s url = %q", httpPrelude, server.URL) + `
	port = url:match("%d+$")
	-- a task that waits for the name server
	function asking(name, fn, ...)
	  local t = task.spawn(fn, ...)
	  while not asked(name) do task.sleep(0.001) end
	  assert(t:status() == "waiting", t:status())
	  return t
	end
	-- hands results to out when nothing is open and nobody else runs
	function alone(...)
	  while #socket.list() > 0 or #task.list() > 1 do task.sleep(0.001) end
	  out(...)
	end
	`
	for _, s := range []script{
		{name: "http: the limit for dns ends it", code: `
			alone(http.get("http://a.silent.test", {timeout = {dns = 0.03}})) --> =nil timeout while looking up a.silent.test 110 timeout
			alone(http.get("https://b.silent.test:8443/x", {timeout = {dns = 0.03, total = 60}})) --> =nil timeout while looking up b.silent.test 110 timeout
			alone(http.download("http://c.silent.test", os.tmpname(), {timeout = {dns = 0.03}})) --> =nil timeout while looking up c.silent.test 110 timeout`},
		{name: "http: the limit for the whole ends it", code: `
			alone(http.get("http://d.silent.test", {timeout = 0.5})) --> =nil timeout while looking up d.silent.test 110 timeout
			alone(http.get("http://e.silent.test", {timeout = {total = 0.5}})) --> =nil timeout while looking up e.silent.test 110 timeout
			alone(http.post("http://f.silent.test", "x", {timeout = {dns = false, total = 0.5}})) --> =nil timeout while looking up f.silent.test 110 timeout`},
		{name: "http: the limits of other parts do not", code: `
			local others = {dns = 1.2, connect = 0.6, tls = 0.6, first_byte = 0.6, idle = 0.6}
			alone(http.get("https://g.silent.test", {timeout = others})) --> =nil timeout while looking up g.silent.test 110 timeout
			local t = asking("h.silent.test", http.get, "http://h.silent.test", {timeout = {dns = false}})
			out(t:join(0.05)) --> =nil timeout 110
			t:cancel()
			alone(t:join()) --> =nil cancelled`},
		{name: "http: of a name that is answered it is not reached", code: `
			local r = http.get("http://loopback.test:" .. port .. "/echo", {timeout = {dns = 30}})
			out(r.status, r.timings.dns > 0) --> =200 true`},
		{name: "http: after a redirect, through a proxy, in a session", code: `
			alone(http.get(url .. "/to?code=302&url=http://i.silent.test/", {timeout = {dns = 0.03}})) --> =nil timeout while looking up i.silent.test 110 timeout
			alone(http.get(url .. "/echo", {proxy = "http://j.silent.test:3128", timeout = {dns = 0.03}})) --> =nil timeout while looking up j.silent.test 110 timeout
			alone(http.get("https://example.org", {proxy = "http://k.silent.test:3128", timeout = {dns = 0.03}})) --> =nil timeout while looking up k.silent.test 110 timeout
			alone(http.get("http://example.org", {proxy = "socks5://l.silent.test:1080", timeout = {dns = 0.03}})) --> =nil timeout while looking up l.silent.test 110 timeout`},
		{name: "http: one that ends early leaves another that asks of the same name", code: `
			local s = http.session()
			local patient = asking("m.silent.test", s.get, s, "http://m.silent.test", {timeout = {dns = 30}})
			out(s:get("http://m.silent.test", {timeout = {dns = 0.03}})) --> =nil timeout while looking up m.silent.test 110 timeout
			out(patient:status(), s:get(url .. "/echo").status) --> =waiting 200
			while patient:status() == "waiting" do
			  answer("m.silent.test") -- of IPv4 and IPv6; that there is none
			  task.sleep(0.001)
			end
			s:close()
			alone(patient:join()) --> =true nil could not resolve host m.silent.test: Name or service not known 0 resolve`},
		{name: "http: the session's end ends it", code: `
			local s = http.session()
			local t = asking("ae.silent.test", s.get, s, "http://ae.silent.test")
			s:close()
			alone(t:join()) --> =true nil session is closed 0 closed`},
		{name: "http: a cancel or a task's time limit ends it", code: `
			local t = asking("n.silent.test", http.get, "http://n.silent.test")
			t:cancel("enough")
			alone(t:join()) --> =nil enough
			alone(task.timeout(0.03, http.get, "http://o.silent.test")) --> =nil timeout 110`},
		{name: "streams: the time-out of the connection ends it", code: `
			for i, fn in ipairs{socket.fsockopen, socket.pfsockopen} do
			  for j, scheme in ipairs{"", "tcp://", "udp://", "tls://"} do
			    local words = {fn(("%sp%d%d.silent.test"):format(scheme, i, j), 80, 0.03)}
			    if words[1] ~= nil or words[2] ~= "timeout" or words[3] ~= socket.ETIMEDOUT then out(scheme, unpack(words, 1, 3)) end
			  end
			end
			alone(socket.fsockopen("q.silent.test", 80, 0)) --> =nil timeout 110
			alone(socket.stream_client("tcp://r.silent.test:80", 0.03)) --> =nil timeout 110
			alone(socket.stream_client("tls://s.silent.test:443", 0.03, socket.STREAM_CLIENT_ASYNC_CONNECT)) --> =nil timeout 110`},
		{name: "streams: a cancel or a task's time limit ends it", code: `
			local t = asking("t.silent.test", socket.fsockopen, "t.silent.test", 80)
			t:cancel("enough")
			alone(t:join()) --> =nil enough
			t = asking("u.silent.test", socket.stream_client, "tls://u.silent.test:443")
			t:cancel()
			alone(t:join()) --> =nil cancelled
			alone(task.timeout(0.03, socket.fsockopen, "v.silent.test", 80)) --> =nil timeout 110
			alone(task.timeout(0.03, socket.stream_server, "tcp://w.silent.test:0")) --> =nil timeout 110`},
		{name: "sockets: a cancel or a task's time limit ends it", code: `
			local s = socket.create(socket.AF_INET, socket.SOCK_STREAM)
			local t = asking("x.silent.test", s.connect, s, "x.silent.test", 80)
			t:cancel()
			out(t:join()) --> =nil cancelled
			out(task.timeout(0.03, s.connect, s, "x.silent.test", 80)) --> =nil timeout 110
			s:close()
			alone(task.timeout(0.03, socket.gethostbyname, "y.silent.test")) --> =nil timeout 110
			alone(task.timeout(0.03, socket.addrinfo_lookup, "z.silent.test")) --> =nil timeout 110`},
		{name: "the others go on meanwhile", code: `
			local t = asking("aa.silent.test", socket.fsockopen, "aa.silent.test", 80)
			local u = asking("ab.silent.test", http.get, "http://ab.silent.test")
			out(http.get(url .. "/echo").status) --> =200
			local fp = socket.fsockopen("loopback.test", tonumber(port), 30)
			fp:write("GET /echo HTTP/1.0\r\n\r\n")
			out(fp:gets()) --> ="HTTP/1.0 200 OK\r\n"
			fp:close()
			t:cancel() u:cancel()
			t:join() u:join()
			alone("done") --> =done`},
		{name: "the end of the VM", code: `
			asking("ac.silent.test", socket.fsockopen, "ac.silent.test", 80)
			asking("ad.silent.test", http.get, "http://ad.silent.test")
			error("the end")`, err: "the end"},
	} {
		t.Run(s.name, func(t *testing.T) {
			unanswered.forget()
			before := descriptors(t)
			vm := openVM(t, Options{})
			vm.L.SetGlobal("asked", vm.L.NewFunction(func(L *lua.LState) int {
				L.Push(lua.LBool(len(unanswered.of(L.CheckString(1)+".")) > 0))
				return 1
			}))
			vm.L.SetGlobal("answer", vm.L.NewFunction(func(L *lua.LState) int {
				for _, reply := range unanswered.of(L.CheckString(1) + ".") {
					reply()
				}
				return 0
			}))
			got, err := vm.run(t, prelude, s.code)
			s.report(t, append(s.check(got), compareText("the error", s.err, errorString(err))...))
			vm.Close()
			eventually(t, "what is left", func() string {
				return leftGoroutines() + leftDescriptors(before, descriptors(t))
			})
		})
	}
}
