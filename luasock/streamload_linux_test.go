package luasock

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
)

// A gigabyte goes through streams in constant memory, whether the kernel moves
// it, a script does in pieces, or line by line. The race detector would take a
// minute: with it 32 MB have to do.
func TestGigabyteInConstantMemory(t *testing.T) {
	size := 1 << 30
	if testing.Short() || underRace() {
		size = 32 << 20
	}
	for _, test := range []struct{ name, move string }{
		{"copy_to", `out(from:copy_to(to) == size)`},
		{"pieces", `
			local n = 0
			repeat
			  local piece = from:read(65536)
			  n = n + (piece and to:write(piece) or 0)
			until not piece
			out(n == size)`},
		{"lines", `
			local n = 0
			for line in from:lines() do n = n + to:write(line .. "\n") end
			out(n == size)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			code := fmt.Sprintf("local size = %d", size) + `
				local line = ("x"):rep(4095) .. "\n"
				local piece = line:rep(16)
				local feed, from = pair()
				local to, drain = pair()
				task.spawn(function()
				  for i = 1, size / #piece do feed:write(piece) end
				  feed:close()
				end)
				local drained = task.spawn(function()
				  local n = 0
				  for piece in drain:chunks(65536) do n = n + #piece end
				  return n
				end)
			` + test.move + `
				to:close()
				local ok, n = drained:join()
				out(ok and n == size)`
			vm := openVM(t, Options{})
			before := forgetPeak(t)
			lines, err := vm.run(t, streamPrelude, code)
			if err != nil || len(lines) != 2 || lines[0] != "true" || lines[1] != "true" {
				t.Fatalf("got %q, %v", lines, err)
			}
			const most = 400 // what a collector that gets no CPU lets lie about; else 40
			if took := residentMB(t, "VmHWM") - before; took > most {
				t.Errorf("%d MB took %d MB of memory", size>>20, took)
			}
		})
	}
}

// forgetPeak has the process's peak of memory begin anew, and returns how many MB
// it has now.
func forgetPeak(t *testing.T) int {
	t.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Skipf("the peak of memory cannot be measured: %v", err)
	}
	return residentMB(t, "VmRSS")
}

// residentMB is a number of MB in proc_pid_status(5).
func residentMB(t *testing.T, key string) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), "\n"+key+":")
	var kB int
	if _, err := fmt.Sscan(after, &kB); err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	return kB >> 10
}

// Peers that are slow, deaf or gone cost themselves, and what they were served
// with is closed.
func TestStreamsWithBadPeers(t *testing.T) {
	runScripts(t, streamPrelude, []script{
		{name: "a byte at a time", code: `
			local l = socket.stream_server("tcp://127.0.0.1:0")
			local address, results, served = l:get_name(false), {}, 0
			task.spawn(function()
			  while true do
			    local s = l:accept(-1)
			    if not s then return end
			    task.spawn(function()
			      -- set_timeout is for each wait, and a byte comes in each: the whole gets a limit.
			      s:set_timeout(5)
			      local line, err = task.timeout(0.2, s.gets, s, 1000)
			      if line then s:write("hello " .. line) else results[#results + 1] = err .. " " .. tostring(s:buffered() > 0) end
			      s:close()
			      served = served + 1
			    end)
			  end
			end)
			local slow = {}
			for i = 1, 20 do
			  slow[i] = task.spawn(function()
			    local c = socket.stream_client("tcp://" .. address)
			    repeat task.sleep(0.005) until not c:write("x")
			    c:close()
			  end)
			end
			for i = 1, 20 do
			  local c = socket.stream_client("tcp://" .. address)
			  c:write("you\n")
			  assert(c:gets() == "hello you\n")
			  c:close()
			end
			for i = 1, 20 do slow[i]:join() end
			while served < 40 do task.sleep(0.001) end
			out(#results, results[1], results[20]) --> =20 timeout true timeout true
			l:close()
			out(#socket.list()) --> =0`},
		{name: "a line that never ends", code: `
			local c, s = tcp()
			local flood = task.spawn(function()
			  local piece = ("x"):rep(65536)
			  repeat until not s:write(piece)
			end)
			out(#c:gets(100001), #c:get_line(70000, "\n")) --> =100000 70000
			out(c:read_until("\n", 200000)) --> =nil no match in as many bytes as were allowed 90
			out(c:read_until({pattern = "\n"})) --> =nil no match in as many bytes as were allowed 90
			out(c:read_until(function() end)) --> =nil no match in as many bytes as were allowed 90
			out((failure(c.expect, c, {pattern = "y"}):gsub(" after.*", ""))) --> =expect: the pattern "y" did not come: no match in as many bytes as were allowed
			c:close()
			out(flood:join()) --> =true`},
		{name: "one that never reads", code: `
			local c, s, l = tcp()
			c:set_timeout(0.05)
			local big, n = ("x"):rep(1000000), nil
			repeat n = {c:write(big)} until not n[1]
			out(n[2], n[3], c:get_meta_data().timed_out) --> =timeout 110 true
			c:set_blocking(false)
			repeat until not c:write("x")
			c:set_blocking(true)
			local from, feed = pair()
			feed:write("not lost")
			out(from:copy_to(c, 8)) --> =nil timeout 110 0
			out(from:read(100)) --> =not lost
			c:close() s:close() l:close() from:close() feed:close()
			out(#socket.list()) --> =0`},
	})
}

// Whatever a stream is doing, it can be closed, once, and is no more.
func TestCloseInEveryState(t *testing.T) {
	var names []string
	for _, row := range streamMethods {
		names = append(names, row.Name)
	}
	runScripts(t, streamPrelude+`
	local names = "`+strings.Join(names, " ")+`"
	-- closes fp, and proves that it is gone
	function closed(fp)
	  local ok, message = pcall(fp.close, fp)
	  assert(ok, message)
	  assert(tostring(fp) == "stream: closed")
	  for name in names:gmatch("%S+") do
	    local method = fp[name]
	    local ok, message = pcall(method, fp, 1, 1, 1)
	    local ok2, message2 = pcall(method, fp, "x", "x")
	    if ok or ok2 or not (message:find("stream is closed", 1, true) or message2:find("stream is closed", 1, true)) then
	      out(name, ok, ok2, message, message2)
	    end
	  end
	  return true
	end
	function waiting(fn, ...) -- a task that waits in a call
	  local t = task.spawn(fn, ...)
	  task.yield() task.sleep(0.005)
	  assert(t:status() == "waiting")
	  return t
	end
	`, []script{
		{name: "at rest", code: `
			local c, s, l = tcp()
			out(closed(c)) --> =true
			out(closed(s)) --> =true
			out(closed(l)) --> =true
			local a, b = pair()
			out(closed(a), closed(b)) --> =true true
			local c, l = udp()
			out(closed(c), closed(l)) --> =true true
			out(#socket.list()) --> =0`},
		{name: "with bytes unread, half closed, ended, reset, timed out, non-blocking", code: `
			local function with(fn)
			  local c, s, l = tcp()
			  fn(c, s)
			  assert(closed(c))
			  if tostring(s) ~= "stream: closed" then assert(closed(s)) end
			  l:close()
			  return #socket.list()
			end
			out(with(function(c, s) s:write("one\ntwo\n") c:gets() end)) --> =0
			out(with(function(c, s) c:unread("put back") end)) --> =0
			out(with(function(c, s) c:shutdown(socket.STREAM_SHUT_WR) end)) --> =0
			out(with(function(c, s) c:shutdown(socket.STREAM_SHUT_RDWR) end)) --> =0
			out(with(function(c, s) s:close() c:read(1) end)) --> =0
			out(with(function(c, s) s:close() end)) --> =0
			out(with(function(c, s) reset(s) c:read(1) end)) --> =0
			out(with(function(c, s) reset(s) end)) --> =0
			out(with(function(c, s) c:set_timeout(0) c:read(1) end)) --> =0
			out(with(function(c, s) c:set_blocking(false) c:read(1) end)) --> =0
			out(with(function(c, s) socket.import_stream(c) end)) --> =0`},
		{name: "while it connects", code: `
			local l = socket.stream_server("tcp://127.0.0.1:0")
			local c = socket.stream_client("tcp://" .. l:get_name(false), 5, socket.STREAM_CLIENT_ASYNC_CONNECT)
			out(closed(c), closed(l), #socket.list()) --> =true true 0`},
		{name: "under calls that wait", code: `
			local big = ("x"):rep(16000000)
			local function under(fn)
			  local c, s, l = tcp()
			  local a, b = pair()
			  local t = waiting(fn, c, a, l)
			  assert(closed(c))
			  s:close() l:close() a:close() b:close()
			  local ok, result, message, errno = t:join(5)
			  return ok, result, message, errno, #socket.list()
			end
			out(under(function(c) return c:gets() end)) --> =true nil closed 0 0
			out(under(function(c) return c:read(10) end)) --> =true nil closed 0 0
			out(under(function(c) return c:get_contents() end)) --> =true nil closed 0 0
			out(under(function(c) return c:read_until("x") end)) --> =true nil closed 0 0
			out(under(function(c) return c:peek(1) end)) --> =true nil closed 0 0
			out(under(function(c) return c:drain(60) end)) --> =true nil closed 0 0
			out(under(function(c) return c:recvfrom(1) end)) --> =true nil closed 0 0
			out(under(function(c) return c:write(big) end)) --> =true nil closed 0 0
			out(under(function(c, a) return c:copy_to(a) end)) --> =true nil closed 0 0
			out(under(function(c, a) return a:copy_to(c) end)) --> =true nil closed 0 0
			out((under(function(c) return c:expect("x") end))) --> =nil
			out(under(function(c) for line in c:lines() do end return "the loop ends" end)) --> =true the loop ends nil nil 0`},
		{name: "a server under accept, and in a select", code: `
			local l = socket.stream_server("tcp://127.0.0.1:0")
			local t = waiting(l.accept, l, -1)
			out(closed(l), t:join()) --> =true true nil closed 0
			local l = socket.stream_server("tcp://127.0.0.1:0")
			local t = waiting(socket.stream_select, {l}, nil, nil, nil)
			out(closed(l)) --> =true
			out(t:join(5)) --> ~^true
			out(#socket.list()) --> =0`},
	})
}
