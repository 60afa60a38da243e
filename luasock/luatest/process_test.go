package luatest

import (
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock"
)

func TestProcess(t *testing.T) {
	runPeers(t, []script{
		{name: "its output and its end", code: `
			local p = test.process{"sh", "-c", "echo out; echo err >&2; exit 3"}
			equal("out\nerr\n", p.output:get_contents())
			equal(3, p:wait())
			equal(3, p:wait(0))
			equal("process: sh, pid " .. p.pid .. ", ended with status 3", tostring(p))`},
		{name: "its input", code: `
			local p = test.process{"cat"}
			p:write("one\n")
			equal("one", p:read_line())
			p.output:write("two")
			p.output:shutdown(1)
			equal("two", p:read_all())
			equal(0, p:wait())`},
		{name: "much output that nobody reads does not hold it up", code: `
			local p = test.process{"sh", "-c", "head -c 3000000 /dev/zero; echo done"}
			equal(0, p:wait())
			equal(3000005, #p:read_all())`},
		{name: "ready when a line comes", code: `
			local p = test.process{"sh", "-c", "echo starting; sleep 0.02; echo 'listening on [::]:80'; exec sleep 60", ready = "listening on [::]:80"}
			equal("starting", p:read_line())
			p = test.process{"sh", "-c", "echo port 1234; exec sleep 60", ready = {pattern = "port %d+\n"}}`},
		{name: "ready when a port accepts", code: `
			local port = test.free_port()
			local p = test.process{"python3", "-m", "http.server", "--bind", "127.0.0.1", port, ready = port, cwd = test.tempdir(), timeout = 60}
			assert(socket.fsockopen("127.0.0.1", port)):close()`},
		{name: "ready when a path is there", code: `
			local dir = test.tempdir()
			local p = test.process{"sh", "-c", "sleep 0.02; echo hi > there; exec sleep 60", ready = "./there", cwd = dir}
			p = test.process{"sleep", 60, ready = dir .. "/there"}
			equal("hi\n", io.open(dir .. "/there"):read("*a"))`},
		{name: "ready when all of a list are there", code: `
			local p = test.process{"sh", "-c", "echo one; sleep 0.02; echo two; exec sleep 60", ready = {"one", {pattern = "t.o"}}}
			equal("one", p:read_line()) equal("two", p:read_line())`},
		{name: "not ready in time", err: "script:1: test.process: sh was not ready after 50ms (port 1); its last output:\n  up\n  to here", code: `
			test.process{"sh", "-c", "echo up; echo to here; exec sleep 60", ready = {"to here", 1}, timeout = 0.05}`},
		{name: "ends before it is ready", err: "test.process: sh ended with status 7 before it was ready (\"never\" in its output); its last output:\n  no config", code: `
			test.process{"sh", "-c", "echo no config; exit 7", ready = "never"}`},
		{name: "is ended by a signal before it is ready", err: "test.process: sh was ended by SIGKILL before it was ready (/none); its last output:\n(nothing)", code: `
			test.process{"sh", "-c", "kill -9 $$", ready = "/none"}`},
		{name: "a program that there is not", err: "script:1: test.process: no-such-program: no such program in PATH", code: `
			test.process{"no-such-program"}`},
		{name: "a folder that there is not", err: "test.process: /bin/sh: No such file or directory", code: `
			test.process{"/bin/sh", cwd = "/no/such/folder"}`},
		{name: "environment and folder", code: `
			local dir = test.tempdir()
			local p = test.process{"sh", "-c", "echo $A-${HOME-none}; pwd", env = {A = "a b", HOME = false}, cwd = dir}
			equal("a b-none", p:read_line())
			assert(p:read_line():find(dir, 1, true))`},
		{name: "signals", code: `
			local p = test.process{"sh", "-c", "trap 'echo hup' HUP; echo up; while :; do sleep 0.01; done", ready = "up"}
			equal(true, p:kill("HUP"))
			p:expect("hup")
			equal(true, p:kill("SIGKILL"))
			local code, signal = p:wait()
			equal(137, code) equal("SIGKILL", signal)
			local ok, why, errno = p:kill()
			equal(nil, ok) equal(socket.ESRCH, errno)
			local ok, err = pcall(p.kill, p, "NONE")
			assert(err:find('signal must be the name of a signal, as "TERM", got "NONE"', 1, true), err)`},
		{name: "wait with a time-out, cancelled, and when it is closed", code: `
			local p = test.process{"sleep", "60"}
			local code, why, errno = p:wait(0.01)
			equal(nil, code) equal("timeout", why) equal(socket.ETIMEDOUT, errno)
			local t = task.spawn(p.wait, p)
			task.yield() t:cancel()
			local ok, err = t:join()
			equal("cancelled", err)
			t = task.spawn(p.wait, p)
			task.yield()
			p:close()
			local ok, code, signal = t:join()
			equal(143, code) equal("SIGTERM", signal)
			equal(true, p:close())`},
		{name: "a cancel while it becomes ready", code: `
			local t = task.spawn(test.process, {"sleep", "60", ready = "never"})
			task.sleep(0.05)
			t:cancel()
			local ok, err = t:join()
			equal("cancelled", err)
			equal(0, #socket.list())`},
		{name: "a time-out while it becomes ready ends it", code: `
			local dir = test.tempdir()
			equal(nil, (task.timeout(0.05, test.process, {"sh", "-c", "trap 'echo > gone; exit' TERM; while :; do sleep 0.01; done", ready = "never", cwd = dir})))
			assert(io.open(dir .. "/gone")):close()`},
		{name: "what is wrong raises", code: `
			local function why(command)
				local ok, err = pcall(test.process, command)
				return (err:gsub("^.*bad argument #1 to 'process' ", ""))
			end
			equal('(command must name a program: {"program", "arg", …})', why{})
			equal("(command[2] must be a string without NUL bytes, got true)", why{"sh", true})
			equal('(command has an unknown key "redy"; valid are ready, timeout, env, cwd)', why{"sh", redy = 1})
			equal("(command.ready must be 1 to 65535, got 0)", why{"sh", ready = 0})
			equal('(command.ready must be a port, a text, {pattern = …}, a path such as "/run/x.sock" or "./x", or a list of those, got a table)', why{"sh", ready = {}})
			equal("(command.ready[2] must be a port, 1 to 65535, got 70000)", why{"sh", ready = {"x", 70000}})
			equal("(command.env must have names with texts, or false for none, got A = a table)", why{"sh", env = {A = {}}})
			equal("(command.timeout must be 0 seconds or more, got -1)", why{"sh", timeout = -1})
			assert(why{"sleep", "60", ready = {pattern = "["}}:find("malformed pattern"), why{"sleep", "60", ready = {pattern = "["}})`},
	})
}

// Under nohup, and in the background of a script, this process ignores signals;
// the programs that it starts do not.
func TestProcessHearsSignals(t *testing.T) {
	const key = "LUATEST_DEAF"
	if os.Getenv(key) == "" {
		cmd := exec.Command("sh", "-c", `trap "" HUP INT QUIT; exec "$0" -test.run "^$1\$"`, os.Args[0], t.Name())
		cmd.Env = append(os.Environ(), key+"=yes")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	runPeers(t, []script{{name: "HUP, INT, QUIT", code: `
		for _, name in ipairs{"HUP", "INT", "QUIT"} do
			local p = test.process{"sh", "-c", "trap 'echo got it' " .. name .. "; echo up; while :; do sleep 0.01; done", ready = "up"}
			p:kill(name)
			p:expect("got it", 20)
		end`}})
}

// A group is ended with everything in it: grandchildren, and what ignores
// SIGTERM.
func TestProcessGroupEnds(t *testing.T) {
	for _, test := range []struct{ name, code string }{
		{"grandchildren", `sleep 600 & echo $! > pid; exec sleep 600`},
		{"grandchildren of a program that has ended", `sleep 600 & echo $! > pid`},
		{"what ignores SIGTERM", `trap "" TERM; sleep 600 & echo $! > pid; while :; do sleep 0.05; done`},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			got, _ := runPeer(t, `test.process{"sh", "-c", [[`+test.code+`]], ready = "./pid", cwd = "`+dir+`"} task.sleep(0.02)`)
			if got != "" {
				t.Fatal(got)
			}
			awaitGone(t, filepath.Join(dir, "pid"))
		})
	}
}

// awaitGone waits until the process whose ID stands in a file has ended.
func awaitGone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for limit := time.Now().Add(20 * time.Second); !gone(pid); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("process %d still runs", pid)
		}
	}
}

// gone tells whether a process has ended; one that only waits to be reaped has.
func gone(pid int) bool {
	if unix.Kill(pid, 0) == unix.ESRCH {
		return true
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// The program under test ends with the one that tests it, also when that is
// killed.
func TestProcessEndsWithItsTester(t *testing.T) {
	const key = "LUATEST_TESTER"
	if dir := os.Getenv(key); dir != "" {
		runPeer(t, `test.process{"sh", "-c", "echo $$ > p; mv p pid; exec sleep 600", ready = "./pid", cwd = "`+dir+`"} io.open("`+dir+`/up", "w"):close() task.sleep(600)`)
		return
	}
	for _, sig := range []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGINT} {
		t.Run(unix.SignalName(sig), func(t *testing.T) {
			if signal.Ignored(sig) {
				t.Skip("ignored here, as by nohup, and so by the tester")
			}
			dir := t.TempDir()
			cmd := exec.Command(os.Args[0], "-test.run", "^TestProcessEndsWithItsTester$")
			cmd.Env = append(os.Environ(), key+"="+dir)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for limit := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				if _, err := os.Stat(filepath.Join(dir, "up")); err == nil {
					break
				}
				if time.Now().After(limit) {
					t.Fatal("the tester does not start")
				}
			}
			cmd.Process.Signal(sig)
			cmd.Wait()
			awaitGone(t, filepath.Join(dir, "pid"))
		})
	}
}

// Nothing is left: no descriptor, no goroutine, no folder, no child.
func TestPeersLeaveNothing(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("there is no /proc/self/fd here")
	}
	t.Setenv("TMPDIR", t.TempDir()) // others make folders of the same name
	const all = `
		dir = test.tempdir()
		local s = test.server(function(fp) fp:write(fp:read(100)) fp:read(1) end)
		local u = test.server(function(fp) fp:write(fp:read(100)) fp:read(1) end, {udp = true})
		local x = test.server(function(fp) fp:write(fp:read(100)) fp:read(1) end, {unix = true})
		for _, target in ipairs{s, u, x} do
			for _, faults in ipairs{{}, {latency = 0.001}, {corrupt = 1, latency = 3600}} do
				local p = test.proxy(target, faults)
				local c = client(p)
				c:write("x")
				if not faults.corrupt then equal("x", c:read(1)) end
			end
		end
		for _, faults in ipairs{{reset_after = 1}, {close_after = 1}, {stall_after = 1}} do client(test.proxy(s, faults)):write("x") end
		task.sleep(0.02)
		test.process{"sh", "-c", "sleep 600 & echo up; sleep 600", ready = "up"}
		test.process{"true"}
		pcall(test.process, {"no-such-program"})
		pcall(test.process, {"false", ready = "x"})
		task.timeout(0.01, test.process, {"sleep", "600", ready = "x"})
		test.certificate()
		test.free_port()
	`
	run := func() {
		if got, _ := runPeer(t, all); got != "" {
			t.Fatal(got)
		}
	}
	run()
	runtime.GC() // the collector must not close now what earlier tests have left
	runtime.GC()
	before := left()
	for range 3 {
		run()
	}
	var after string
	for limit := time.Now().Add(20 * time.Second); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		if after = left(); after == before {
			return
		}
	}
	t.Errorf("before:\n%s\nafter:\n%s", before, after)
}

// left counts what this process holds.
func left() string {
	fds, _ := os.ReadDir("/proc/self/fd")
	children, _ := os.ReadFile("/proc/self/task/" + strconv.Itoa(os.Getpid()) + "/children")
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), "sockscript-*"))
	return "descriptors " + strconv.Itoa(len(fds)) + ", children " + string(children) + ", folders " + strconv.Itoa(len(folders)) + ", goroutines " + strconv.Itoa(runtime.NumGoroutine())
}

// A VM whose main chunk was ended for good ends its programs too.
func TestProcessEndsAfterExit(t *testing.T) {
	dir := t.TempDir()
	vm, err := luasock.New(luasock.Options{Exit: func(int) {}})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	Open(vm)
	err = doText(nil, vm, `test.process{"sh", "-c", "echo $$ > p; mv p pid; exec sleep 600", ready = "./pid", cwd = "`+dir+`"} os.exit(3)`, "script")
	if !errors.Is(err, luasock.ErrEnded) {
		t.Fatal(err)
	}
	vm.Close()
	awaitGone(t, filepath.Join(dir, "pid"))
}
