package luasock

import (
	"runtime"
	"runtime/debug"
	"slices"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"
)

// server is an echo server in Lua, a task for each connection. It counts what it
// served and the errors it met.
const server = `
	local S = socket
	local listener = assert(S.create_listen(0))
	local port = select(2, listener:getsockname())
	local served, refused = 0, {}
	local function serve(client)
		pcall(function()
			local data = client:recv(8192)
			while data do
				if not client:write(data) then break end
				data = client:recv(8192)
			end
		end)
		client:close()
		served = served + 1
	end
	local accepting = task.spawn(function()
		while true do
			local client, err = listener:accept()
			if client then task.spawn(serve, client) else
				refused[#refused + 1] = err
				task.sleep(0.001)
			end
		end
	end)
	local function connect()
		local s = assert(S.create(S.AF_INET, S.SOCK_STREAM))
		assert(s:connect("127.0.0.1", port))
		return s
	end
	local function echo(s, text)
		s:write(text)
		local got = ""
		while #got < #text do got = got .. assert(s:recv(#text)) end
		return got == text
	end
	local function stop()
		local s = connect()
		local ok = echo(s, "still there")
		s:close()
		accepting:cancel()
		listener:close()
		return ok
	end
`

// One task that streams as fast as it can does not keep others from being
// served: at each turn it makes at most 64 calls.
func TestStreamerIsFair(t *testing.T) {
	runScripts(t, "", []script{{name: "100 others are served", code: `
		local S = socket
		local function pair() return assert(S.create_pair(S.AF_UNIX, S.SOCK_STREAM)) end
		local calls, done, streaming = 0, 0, true
		-- A call of this one never has to wait: what it asks for is always there.
		local full, other = pair()
		full:write("x")
		task.spawn(function()
			while streaming do
				full:send("x") other:recv(1)
				calls = calls + 2
			end
		end)
		local tasks = {}
		for i = 1, 100 do
			tasks[i] = function()
				local a, b = pair()
				local peer = task.spawn(function()
					while true do
						local data = b:recv(10)
						if not data then return b:close() end
						b:write(data)
					end
				end)
				for n = 1, 20 do
					a:write("ping")
					assert(a:recv(10) == "ping")
				end
				a:close()
				peer:join()
				done = done + 1
			end
		end
		task.all(tasks)
		streaming = false
		out(done) --> =100
		-- 20 rounds of each, in a few turns of the loop: those at most 64 calls long.
		if calls > 20 * 8 * 64 then out("the streamer made " .. calls .. " calls meanwhile") end`}})
}

// Peers that reset, half-close, never read, or send a byte at a time harm
// nobody but themselves.
func TestBadPeers(t *testing.T) {
	vm := openVM(t, Options{})
	lines, err := vm.run(t, "", server+`
		local silent = {}
		for i = 1, 20 do
			local reset = connect()
			reset:write("never read")
			reset:set_option(S.SOL_SOCKET, S.SO_LINGER, {l_onoff = 1, l_linger = 0})
			reset:close()

			local half = connect()
			half:write("half")
			half:shutdown(1)
			assert(half:recv(4, S.MSG_WAITALL) == "half")
			assert(select(2, half:recv(1)) == "closed")
			half:close()

			local deaf = connect()
			deaf:set_nonblock()
			local text = ("x"):rep(1000000)
			repeat local n = deaf:write(text) until not n
			silent[#silent + 1] = deaf

			local slow = connect()
			for c in ("one byte at a time"):gmatch "." do slow:write(c) task.yield() end
			assert(slow:recv(18, S.MSG_WAITALL) == "one byte at a time")
			slow:close()
		end
		for _, s in ipairs(silent) do s:close() end
		while served < 80 do task.sleep(0.001) end
		out(stop(), #refused)
	`)
	if err != nil || len(lines) != 1 || lines[0] != "true 0" {
		t.Errorf("got %q, %v", lines, err)
	}
}

// Where descriptors run out, accept gives the error, and the server lives.
func TestAcceptWithoutDescriptors(t *testing.T) {
	vm := openVM(t, Options{})
	undo := limitDescriptors(t, openDescriptors(t)+40)
	lines, err := vm.run(t, "", server+`
		local kept = {}
		for i = 1, 30 do kept[i] = assert(S.create(S.AF_INET, S.SOCK_STREAM)) end
		for _, s in ipairs(kept) do assert(s:connect("127.0.0.1", port)) end
		while #refused == 0 do task.yield() end
		out(refused[1])
		for _, s in ipairs(kept) do s:close() end
		out(stop())
	`)
	undo()
	if err != nil || len(lines) != 2 || lines[0] != "Too many open files" || lines[1] != "true" {
		t.Errorf("got %q, %v", lines, err)
	}
}

// 100,000 connections, opened and closed, leave no descriptor and no memory.
func TestConnectionsLeaveNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	vm := openVM(t, Options{})
	var memory []uint64
	var descriptors []int
	vm.L.SetGlobal("measure", vm.L.NewFunction(func(L *lua.LState) int {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		memory = append(memory, m.HeapAlloc+m.StackInuse)
		descriptors = append(descriptors, openDescriptors(t))
		return 0
	}))
	total := "100000"
	if underRace() {
		total = "20000"
	}
	vm.L.SetGlobal("total", lua.LString(total))
	if _, err := vm.run(t, "", server+`
		local function some(n)
			local before = served
			task.scope(function(scope)
				for i = 1, 50 do
					scope:spawn(function()
						for j = 1, n / 50 do
							local s = connect()
							assert(echo(s, "hello"))
							-- A reset, or the closed ones would use up the ports.
							s:set_option(S.SOL_SOCKET, S.SO_LINGER, {l_onoff = 1, l_linger = 0})
							s:close()
						end
					end)
				end
			end)
			while served < before + n do task.sleep(0.001) end
		end
		some(5000)
		measure()
		some(tonumber(total))
		measure()
		stop()
	`); err != nil {
		t.Fatal(err)
	}
	if descriptors[1] != descriptors[0] {
		t.Errorf("%d descriptors are open after %s connections more, want %d", descriptors[1], total, descriptors[0])
	}
	const most = 1 << 20
	if memory[1] > memory[0]+most {
		t.Errorf("%s connections left %d KB", total, (memory[1]-memory[0])>>10)
	}
}

// underRace tells whether the race detector, which makes all of this ten times
// slower, is in the test.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// limitDescriptors lets the process open only so many descriptors, until undo
// is called or the test ends.
func limitDescriptors(t *testing.T, most int) (undo func()) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	few := limit
	few.Cur = uint64(most)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &few); err != nil {
		t.Skip(err)
	}
	undo = func() { unix.Setrlimit(unix.RLIMIT_NOFILE, &limit) }
	t.Cleanup(undo)
	return undo
}
