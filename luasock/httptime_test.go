package luasock

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/sock"
)

// silentPeers are servers that stop at one point each.
const silentPeers = `
function full() -- accepts no connection
  local l = socket.create(socket.AF_INET, socket.SOCK_STREAM)
  l:bind("127.0.0.1", 0) l:listen(0)
  local address, port = l:getsockname()
  held = {l}
  for i = 1, 3 do
    held[i + 1] = socket.create(socket.AF_INET, socket.SOCK_STREAM)
    held[i + 1]:set_nonblock() held[i + 1]:connect(address, port)
  end
  return address .. ":" .. port
end
function deaf() -- accepts, and reads nothing
  local l = assert(socket.stream_server("tcp://127.0.0.1:0"))
  held = {l}
  return l:get_name(false)
end
function timed(...)
  local r, err, errno = ...
  return r, (err:gsub("127.0.0.1:%d+", "HOST")), errno == socket.ETIMEDOUT
end
`

// Each phase ends at its own limit, and says what it was.
func TestHTTPTimeouts(t *testing.T) {
	server := newHTTPServer(t)
	prelude := fmt.Sprintf("%s url = %q", httpPrelude+silentPeers, server.URL)
	runScripts(t, prelude, []script{
		{name: "connect", code: `
			local peer = full()
			local before = #socket.list()
			out(timed(http.get("http://" .. peer, {timeout = {connect = 0.03}}))) --> =nil timeout while connecting to HOST true
			out(timed(http.get("http://" .. peer, {timeout = 0.03}))) --> ~^nil timeout while .* true$
			while #socket.list() > before do task.sleep(0.001) end`},
		{name: "tls", code: `
			local peer = deaf()
			out(timed(http.get("https://" .. peer, {timeout = {tls = 0.03}}))) --> =nil timeout while waiting for the TLS handshake true
			out(timed(http.get("https://" .. peer, {timeout = 0.03}))) --> ~^nil timeout while .* true$`},
		{name: "first byte", code: `
			out(timed(http.get(url .. "/silent", {timeout = {first_byte = 0.03}}))) --> =nil timeout while waiting for the first byte true
			out(timed(http.get(url .. "/silent", {timeout = 0.03}))) --> ~^nil timeout while .* true$
			out(timed(http.get(url .. "/silent", {timeout = {total = 0.03}}))) --> ~^nil timeout while .* true$`},
		{name: "body", code: `
			out(timed(http.get(url .. "/stall", {timeout = {idle = 0.3}}))) --> =nil timeout while waiting for the rest of the body true
			out(timed(http.get(url .. "/stall", {timeout = 0.1}))) --> ~^nil timeout while .* true$`},
		{name: "sending", code: `
			local peer = deaf()
			local body = ("x"):rep(20000000)
			out(timed(http.post("http://" .. peer, body, {timeout = {idle = 0.05}}))) --> =nil timeout while sending the request true`},
		{name: "a phase that is not reached does not count", code: `
			local r = http.get(url .. "/echo", {timeout = {dns = 10, connect = 10, tls = 0.000001, first_byte = 10, idle = 10, total = 10}})
			out(r.status) --> =200
			out(http.get(url .. "/echo", {timeout = false}).status, http.get(url .. "/echo", {timeout = math.huge}).status) --> =200 200
			out(http.get(url .. "/echo", {timeout = {first_byte = false}}).status) --> =200`},
		{name: "of the whole, over redirects", code: `
			out((select(2, http.get(url .. "/to?code=302&url=/silent", {timeout = {total = 0.05}})))) --> ~^timeout while `},
		{name: "in a session leave the others alone", code: `
			local s = http.session()
			local t = task.spawn(function() return s:get(url .. "/silent", {timeout = {first_byte = 0.03}}) end)
			out(s:get(url .. "/echo").status) --> =200
			out((select(3, t:join()))) --> =timeout while waiting for the first byte
			out(s:get(url .. "/echo").status) --> =200
			s:close()`},
	})
}

// A clock that has stopped starts no timer: net/http may tell it late.
func TestHTTPClockStops(t *testing.T) {
	k := newHTTPClock(httpTimeouts{httpDNS: time.Hour}, func(error) {})
	k.wants("example.org:80")
	k.stop()
	k.enter(httpDNS, "late")
	if k.timer != nil {
		t.Error("a clock that has stopped goes on")
	}
}

// What a request is blocked in is undone when its task ends, wherever that is.
func TestHTTPCancel(t *testing.T) {
	server := newHTTPServer(t)
	prelude := fmt.Sprintf("%s url = %q", httpPrelude+silentPeers, server.URL)
	for _, at := range []struct{ name, url, body string }{
		{"connect", `"http://" .. full()`, `nil`},
		{"tls", `"https://" .. deaf()`, `nil`},
		{"sending", `"http://" .. deaf()`, `("x"):rep(20000000)`},
		{"first byte", `url .. "/silent"`, `nil`},
		{"body", `url .. "/stall"`, `nil`},
	} {
		runScripts(t, prelude, []script{{name: at.name, code: `
			local to, body = ` + at.url + `, ` + at.body + `
			local before = #socket.list()
			local function begin()
			  local t = task.spawn(http.post, to, body)
			  while #socket.list() == before do task.sleep(0.001) end
			  for i = 1, 20 do task.yield() end
			  return t
			end
			local t = begin()
			t:cancel("enough")
			out(t:join()) --> =nil enough
			out(#socket.list() - before) --> =0
			out((select(2, task.timeout(0.03, http.post, to, body)))) --> =timeout
			while #socket.list() > before do task.sleep(0.001) end
			local s = http.session()
			t = task.spawn(s.post, s, to, body)
			while #socket.list() == before do task.sleep(0.001) end
			t:cancel()
			out(t:join()) --> =nil cancelled
			while #socket.list() > before do task.sleep(0.001) end
			out(http.get(url .. "/empty").status) --> =200`}})
	}
}

// The end of a VM ends what net/http keeps: no goroutine and no descriptor is
// left, whatever it was doing.
func TestHTTPEndsWithTheVM(t *testing.T) {
	t.Chdir(t.TempDir())
	server := newHTTPServer(t)
	prelude := fmt.Sprintf("%s url = %q", httpPrelude+silentPeers, server.URL)
	for _, code := range []string{
		`s = http.session() s:get(url .. "/empty")`,
		`s = http.session() for i = 1, 10 do task.spawn(s.get, s, url .. "/silent") end`,
		`task.spawn(http.get, url .. "/silent") task.spawn(http.get, url .. "/stall")`,
		`task.spawn(http.get, "http://" .. full()) task.spawn(http.post, "http://" .. deaf(), ("x"):rep(20000000))`,
		`task.spawn(http.get, "https://" .. deaf())`,
		`task.spawn(http.get, "http://nowhere.invalid")`,
		`task.spawn(http.download, url .. "/stall", "file")`,
	} {
		before := descriptors(t)
		vm := openVM(t, Options{})
		if err := vm.Do(vm.load(t, "prelude", prelude)); err != nil {
			t.Fatal(err)
		}
		task := `local ok = pcall(function() ` + code + ` for i = 1, 20 do task.sleep(0.001) end end) assert(ok)`
		if err := vm.L.DoString(task); err != nil {
			t.Fatal(err)
		}
		vm.Close()
		eventually(t, code, func() string {
			return leftGoroutines() + leftDescriptors(before, descriptors(t))
		})
	}
}

// An observer is told of a request as of any other call on a socket.
func TestHTTPIsObserved(t *testing.T) {
	server := newHTTPServer(t)
	var ops []string
	var sent, received bytes.Buffer
	var vm *VM
	at := map[string]bool{}
	vm, err := New(Options{Observe: func(e sock.Event) {
		ops = append(ops, e.Op)
		if e.Op != "close" && vm.loop.Current().Group != "a group" {
			t.Errorf("%s is of the group %v", e.Op, vm.loop.Current().Group)
		}
		switch _, line := vm.Position(); e.Op {
		case "create":
			at[fmt.Sprintf("line %d", line)] = true
		case "send":
			sent.Write(e.Data)
		case "recv":
			received.Write(e.Data)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	vm.L.SetGlobal("url", lua.LString(server.URL))
	vm.loop.Main().Group = "a group"
	fn, err := vm.Load([]byte("task.spawn(function() for i = 1, 1000 do task.yield() end end)\nassert(http.get(url .. '/echo').status == 200)"), "@here.lua")
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Do(fn); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(ops, " ")
	if !strings.HasPrefix(text, "create ") || !strings.Contains(text, " connect send recv close") || !at["line 2"] {
		t.Errorf("observed %s, at %v", text, at)
	}
	if !strings.HasPrefix(sent.String(), "GET /echo HTTP/1.1\r\n") || !strings.HasPrefix(received.String(), "HTTP/1.1 200 OK\r\n") {
		t.Errorf("observed %q and %q", sent.String(), received.String())
	}
}

// eventually waits until problem finds none.
func eventually(t *testing.T, what string, problem func() string) {
	t.Helper()
	var last string
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if last = problem(); last == "" {
			return
		}
		runtime.Gosched()
	}
	t.Fatalf("%s: %s", what, last)
}

// leftGoroutines are those of a client.
func leftGoroutines() string {
	var dump bytes.Buffer
	pprof.Lookup("goroutine").WriteTo(&dump, 2)
	var left []string
	for g := range strings.SplitSeq(dump.String(), "\n\n") {
		for _, of := range []string{"net/http.(*persistConn)", "net/http.(*Transport)", "http2ClientConn", "loop.Await", "sock.(*conn)"} {
			if strings.Contains(g, of) {
				left = append(left, g)
				break
			}
		}
	}
	return strings.Join(left, "\n\n")
}

// descriptors are the process's open ones, with what each is.
func descriptors(t *testing.T) map[string]string {
	t.Helper()
	open := map[string]string{}
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("the open descriptors cannot be listed here")
	}
	for _, f := range files {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil {
			open[to] = f.Name()
		}
	}
	return open
}

// leftDescriptors are the sockets and files that were not there before. The
// server's ends of connections go when the clients' are gone.
func leftDescriptors(before, after map[string]string) string {
	left := ""
	for to := range after {
		if _, there := before[to]; !there && (strings.HasPrefix(to, "socket:") || strings.HasPrefix(to, "/tmp")) {
			left += to + " "
		}
	}
	return left
}
