package luasock

import (
	"context"
	"runtime"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// A task that waits in read or recv, with nothing but Lua functions round it,
// leaves the call: see lualib.Runner.
func TestWaitingTasksHoldNoGoroutine(t *testing.T) {
	const n = 500
	vm := openVM(t, Options{})
	before := runtime.NumGoroutine()
	most := 0
	vm.L.SetGlobal("note", vm.L.NewFunction(func(*lua.LState) int {
		most = max(most, runtime.NumGoroutine()-before)
		return 0
	}))
	got, err := vm.run(t, "", `
		local far, echoed = {}, 0
		local function echo(s)
			for i = 1, 3 do
				local data = i % 2 == 0 and s:read(100) or s:recv(100)
				s:send(data)
			end
		end
		for i = 1, `+lua.LNumber(n).String()+` do
			local near
			near, far[i] = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			if i % 2 == 0 then near:set_option(socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 60, usec = 0}) end
			task.spawn(function() echo(near); echoed = echoed + 1; near:close() end)
		end
		for i = 1, 3 do
			for k, s in ipairs(far) do s:send(i .. "." .. k) end
			task.yield() task.yield()
			note()
			for k, s in ipairs(far) do assert(s:recv(100) == i .. "." .. k) end
		end
		task.yield() task.yield()
		out(echoed, #task.list())`)
	if err != nil || len(got) != 1 || got[0] != "500 0" {
		t.Fatalf("got %q, %v", got, err)
	}
	if most > 5 {
		t.Errorf("%d tasks that wait hold %d goroutines", n, most)
	}
}

// A thread that is used again has the context that the VM has now.
func TestTasksAfterAContextHasEnded(t *testing.T) {
	vm := openVM(t, Options{})
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		vm.L.SetContext(ctx)
		got, err := vm.run(t, "", `task.spawn(function() out("ran") end)`)
		if err != nil || len(got) == 0 {
			t.Errorf("got %q, %v", got, err)
		}
		vm.lines = nil
		cancel()
	}
	vm.L.RemoveContext()
	if got, err := vm.run(t, "", `task.spawn(function() out("ran") end)`); err != nil || len(got) == 0 {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestTheEndOfACallThatWasLeft(t *testing.T) {
	const waiter = `
		local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
		local function wait() local function inner() out(a:recv(10)) end inner() return "end" end
		local t = task.spawn(wait)
		t.name = "waiter"
		task.yield()
		out(t:status(), #task.list())
		`
	scripts := []script{
		{name: "data", code: `b:send("x") out(t:join())`, want: `
			waiting 1
			x
			true end`},
		{name: "the peer closes", code: `b:close() out(t:join())`, want: `
			waiting 1
			nil closed 0
			true end`},
		{name: "a cancel", code: `t:cancel() out(t:join()) out(t:status())`, want: `
			waiting 1
			nil cancelled
			cancelled`},
		{name: "a cancel with a reason that nobody joins says nothing", code: `t:cancel({}) task.yield() task.yield() out(t:status())`, want: `
			waiting 1
			cancelled`},
		{name: "a cancel goes before data that comes later", code: `t:cancel("why") b:send("x") out(t:join()) out(a:recv(10))`, want: `
			waiting 1
			nil why
			x`},
		{name: "close under it", code: `a:close() out(t:join()) out(socket.last_error())`, want: `
			waiting 1
			nil socket is closed 9
			true end
			9`},
		{name: "a socket that was closed before the call", code: `
			local u = task.spawn(function() a:close() out(pcall(a.recv, a, 10)) local x = a:recv(10) end)
			out(u:join()) t:join()`, want: `
			waiting 1
			false bad argument #1 to 'recv' (socket is closed)
			nil socket is closed 9
			nil script:8: bad argument #1 to 'recv' (socket is closed)`},
		{name: "SO_RCVTIMEO", code: `
			local c = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			socket.set_option(c, socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = 1000})
			local u = task.spawn(function() local x, y, z = c:recv(10) out(x, y, z, socket.last_error(c)) end)
			u:join() b:close()`, want: `
			waiting 1
			nil Resource temporarily unavailable 11 11
			nil closed 0`},
		{name: "SO_RCVTIMEO of a task that gets nothing of what comes", code: `
			b:send("x") t:join()
			socket.set_option(a, socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = 30000})
			task.spawn(function() repeat local data = a:recv(10) until not data end)
			local u = task.spawn(function() local x, y, z = a:recv(10) out(x, y, z) end)
			while u:status() ~= "done" do b:send("x") task.yield() task.yield() end
			b:close()`, want: `
			waiting 1
			x
			nil Resource temporarily unavailable 11`},
		{name: "two tasks on one socket", code: `
			local u = task.spawn(function() local x = a:recv(1) out("second", x) end)
			task.yield() b:send("x") t:join() b:send("y") out(u:join())`, want: `
			waiting 1
			x
			second y
			true`},
		{name: "an error after it", code: `
			local u = task.spawn(function() local x = a:recv(10) local y = x.z.w end)
			t:cancel() task.yield() b:send("x") out(u:join())`, want: `
			waiting 1
			nil script:8: attempt to index field 'z' (a nil value)`},
	}
	for i := range scripts {
		scripts[i].code = waiter + scripts[i].code
	}
	runScripts(t, "", scripts)
}
