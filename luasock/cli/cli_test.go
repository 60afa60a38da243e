package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// binary is the command, built once.
var binary string

// binaryVariable hands it to a test that runs again in a network of its own.
const binaryVariable = "SOCKSCRIPT_TEST_BINARY"

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	if binary = os.Getenv(binaryVariable); binary != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "sockscript")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	os.Chmod(dir, 0o755) // a test runs it as another user
	binary = filepath.Join(dir, "sockscript")
	build := exec.Command("go", "build", "-o", binary, "sockscript")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot build the command:", err)
		return 1
	}
	return m.Run()
}

// status of a process, and what it must match; a text that starts with "~" is
// a regexp for the whole.
type expected struct {
	status int
	stdout string
	stderr string
}

func TestCommandLine(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "lib.lua", `return {name = "lib", path = ...}`)
	write(t, dir, "pkg/init.lua", `return "the package"`)
	write(t, dir, "args.lua", `print(#arg, arg[0], arg[-1] ~= nil, arg[1], arg[2], select("#", ...), ...)`)
	write(t, dir, "hash.lua", "#!/usr/bin/env sockscript\n\nerror('third line')\n")
	write(t, dir, "onlyhash.lua", "#!/usr/bin/env sockscript")
	write(t, dir, "syntax.lua", "local x = 1\nlocal y = = 2\n")
	write(t, dir, "unfinished.lua", "print('x'\n")
	write(t, dir, "empty.lua", "")
	write(t, dir, "help", "print('a script named help')")
	write(t, dir, "uses.lua", `print(require("lib").name, require("pkg"), package.path:match("^[^;]+"))`)
	write(t, dir, "requires.lua", `print(require("socket") == socket, require("task") == task, package.loaded.socket == socket)`)
	write(t, dir, "-dash.lua", "print('dash')")

	tests := []struct {
		name  string
		args  []string
		stdin string
		want  expected
	}{
		{"version", []string{"-v"}, "", expected{0, `~sockscript \d+\.\d+\.\d+.*\n`, ""}},
		{"version, long", []string{"--version"}, "", expected{0, `~sockscript .*\n`, ""}},
		{"help on the options", []string{"-h"}, "", expected{0, `~(?s)usage: sockscript .*--timeout SECONDS.*`, ""}},
		{"help on the options, long", []string{"--help"}, "", expected{0, `~(?s)usage: .*`, ""}},
		{"help on a function", []string{"help", "socket.bind"}, "", expected{0, `~(?s)socket\.bind\(s, address \[, port=0\]\)\n.*PHP: socket_bind\n`, ""}},
		{"help on a module", []string{"help", "task"}, "", expected{0, `~(?s)task: .*task\.spawn.*t:join.*`, ""}},
		{"help on everything", []string{"help"}, "", expected{0, `~(?s).*socket\n.*task\n.*`, ""}},
		{"help on nothing that is there", []string{"help", "socket.blind"}, "", expected{2, "", `~sockscript: there is no help on "socket\.blind".*\n`}},
		{"help takes one name", []string{"help", "a", "b"}, "", expected{2, "", `~(?s)sockscript: help takes one name, got 2\n.*`}},

		{"-e", []string{"-e", "print(1 + 1)"}, "", expected{0, "2\n", ""}},
		{"-e several times, in order, in one state", []string{"-e", "x = 1", "-e", "print(x)", "-eprint(x + 1)"}, "", expected{0, "1\n2\n", ""}},
		{"-e, then the script", []string{"-e", "io.write('first ')", "args.lua", "a"}, "", expected{0, "first 1\targs.lua\ttrue\ta\tnil\t1\ta\n", ""}},
		{"-e waits for its tasks", []string{"-e", "task.spawn(function() task.sleep(0.01) print('task') end)"}, "", expected{0, "task\n", ""}},
		{"an error in -e", []string{"-e", "error('x')"}, "", expected{1, "", `~(?s)sockscript: \(command line\):1: x\nstack traceback:\n.*`}},
		{"an error in -e ends before the script", []string{"-e", "error('x', 0)", "args.lua"}, "", expected{1, "", `~(?s)sockscript: x\n.*`}},
		{"-l", []string{"-l", "lib", "-e", "print(lib.name, lib.path)"}, "", expected{0, "lib\tlib\n", ""}},
		{"-l of a module of ours", []string{"-lsocket", "-e", "print(type(socket.create))"}, "", expected{0, "function\n", ""}},
		{"-l of a module whose name is no variable's", []string{"-l", "pkg.init", "-e", "print(pkg, package.loaded['pkg.init'])"}, "", expected{0, "nil\tthe package\n", ""}},
		{"-l of no module", []string{"-l", "nope", "-e", "print(1)"}, "", expected{1, "", `~(?s)sockscript: .*module 'nope' not found.*`}},

		{"- reads standard input", []string{"-", "a", "b"}, "print('stdin', arg[0], ...)", expected{0, "stdin\t-\ta\tb\n", ""}},
		{"no script and no terminal: standard input", nil, "print('stdin')\n", expected{0, "stdin\n", ""}},
		{"an error in standard input", []string{"-"}, "\nerror('x')", expected{1, "", `~(?s)sockscript: stdin:2: x\n.*`}},
		{"an empty standard input", []string{"-"}, "", expected{0, "", ""}},
		{"a script may read standard input", []string{"-e", "print(io.read('*l'), io.read('*a'))"}, "one\ntwo\n", expected{0, "one\ttwo\n\n", ""}},

		{"arguments in arg and in ...", []string{"args.lua", "a", "-e"}, "", expected{0, "2\targs.lua\ttrue\ta\t-e\t2\ta\t-e\n", ""}},
		{"no arguments", []string{"args.lua"}, "", expected{0, "0\targs.lua\ttrue\tnil\tnil\t0\n", ""}},
		{"-- ends the options", []string{"--", "-dash.lua"}, "", expected{0, "dash\n", ""}},
		{"a script named like a subcommand", []string{"./help"}, "", expected{0, "a script named help\n", ""}},
		{"a #! line keeps the lines' numbers", []string{"hash.lua"}, "", expected{1, "", `~(?s)sockscript: hash\.lua:3: third line\n.*`}},
		{"only a #! line", []string{"onlyhash.lua"}, "", expected{0, "", ""}},
		{"an empty script", []string{"empty.lua"}, "", expected{0, "", ""}},

		{"a script that is missing", []string{"nope.lua"}, "", expected{2, "", "sockscript: cannot read nope.lua: No such file or directory\n"}},
		{"a script that is a folder", []string{"pkg"}, "", expected{2, "", "sockscript: cannot read pkg: Is a directory\n"}},
		{"a script below a file", []string{"lib.lua/x"}, "", expected{2, "", "sockscript: cannot read lib.lua/x: Not a directory\n"}},
		{"a syntax error is one line", []string{"syntax.lua"}, "", expected{1, "", "sockscript: syntax.lua:2: syntax error near '='\n"}},
		{"a syntax error at the end", []string{"unfinished.lua"}, "", expected{1, "", "sockscript: unfinished.lua:2: syntax error near '<eof>'\n"}},
		{"a goto without a label is one line", []string{"-e", "\ngoto nope"}, "", expected{1, "", `~sockscript: \(command line\):\d+: no visible label 'nope' for <goto> at line 2\n`}},
		{"a syntax error in -e", []string{"-e", "print("}, "", expected{1, "", "sockscript: (command line):1: syntax error near '<eof>'\n"}},
		{"an unknown option", []string{"--nope", "args.lua"}, "", expected{2, "", "sockscript: unknown option --nope\ntry 'sockscript --help'\n"}},
		{"an unknown short option", []string{"-x"}, "", expected{2, "", "sockscript: unknown option -x\ntry 'sockscript --help'\n"}},
		{"-e without a value", []string{"-e"}, "", expected{2, "", "sockscript: option -e needs a value\ntry 'sockscript --help'\n"}},
		{"--timeout of no number", []string{"--timeout", "soon", "args.lua"}, "", expected{2, "", `~(?s)sockscript: --timeout must be seconds above 0, got "soon"\n.*`}},
		{"--timeout=0", []string{"--timeout=0", "args.lua"}, "", expected{2, "", `~(?s)sockscript: --timeout must be seconds above 0, got "0"\n.*`}},

		{"require finds modules beside the script", []string{"uses.lua"}, "", expected{0, "lib\tthe package\t?.lua\n", ""}},
		{"require gives the globals", []string{"requires.lua"}, "", expected{0, "true\ttrue\ttrue\n", ""}},

		{"os.exit with a status", []string{"-e", "os.exit(7)"}, "", expected{7, "", ""}},
		{"os.exit()", []string{"-e", "os.exit() print('on')"}, "", expected{0, "", ""}},
		{"os.exit(true), os.exit(false)", []string{"-e", "os.exit(false)"}, "", expected{1, "", ""}},
		{"os.exit flushes what was written", []string{"-e", "io.write('no newline') os.exit(3)"}, "", expected{3, "no newline", ""}},
		{"os.exit of no number raises", []string{"-e", "os.exit('x')"}, "", expected{1, "", `~(?s)sockscript: .*bad argument #1 to 'exit' \(number expected, got string\)\n.*`}},
		{"os.exit in a task, while others wait", []string{"-e", "task.spawn(task.sleep, 100) task.spawn(function() task.sleep(0.01) os.exit(5) end) task.sleep(100)"}, "", expected{5, "", ""}},
		{"os.exit inside pcall", []string{"-e", "pcall(os.exit, 4) print('on')"}, "", expected{4, "", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.want.check(t, run1(t, dir, test.stdin, test.args...))
		})
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "uncaught.lua", "local function inner()\n  error('oops')\nend\nlocal function outer()\n  inner()\n  return 1\nend\nouter()\n")
	write(t, dir, "object.lua", "error({})")
	write(t, dir, "task.lua", "local t = task.spawn(function()\n  error('in a task')\nend)\nt.name = 'worker'\ntask.sleep(0.01)\nprint('main goes on')\n")
	write(t, dir, "joined.lua", "print(task.spawn(function() error('x', 0) end):join())")
	write(t, dir, "deadlock.lua", "local ch = task.channel()\ntask.spawn(function()\n  ch:recv()\nend)\nch:recv()\n")
	write(t, dir, "later.lua", "local ch = task.channel()\ntask.spawn(function()\n  ch:recv()\nend).name = 'reader'\n")
	write(t, dir, "misuse.lua", "\nsocket.create(socket.AF_INET, socket.SOCK_STREAM):bind('127.0.0.1', 70000)\n")
	write(t, dir, "coroutine.lua", "coroutine.wrap(function()\n  error('deep')\nend)()\n")

	for _, test := range []struct {
		name, script string
		want         expected
	}{
		{"uncaught: message and Lua lines", "uncaught.lua", expected{1, "", `~(?s)sockscript: uncaught\.lua:2: oops\nstack traceback:\n.*uncaught\.lua:2: in .*uncaught\.lua:5: in .*uncaught\.lua:8: in .*`}},
		{"of a table", "object.lua", expected{1, "", `~(?s)sockscript: \(error object is a table value\)\n.*`}},
		{"in a task: name and lines; the others go on; status 1", "task.lua", expected{1, "main goes on\n", `~(?s)task worker: task\.lua:2: in a task\nstack traceback:\n.*task\.lua:2: in .*`}},
		{"in a task that is joined", "joined.lua", expected{0, "nil\tx\n", ""}},
		{"deadlock of the main chunk: where each task waits", "deadlock.lua", expected{1, "",
			`~(?s)sockscript: deadlock: every task waits for another\n\tmain chunk waits in recv on channel: 0 of 0 at deadlock\.lua:5\n\tdeadlock\.lua:2 waits in recv on channel: 0 of 0 at deadlock\.lua:3\n.*`}},
		{"deadlock after the main chunk", "later.lua", expected{1, "", "sockscript: deadlock: every task waits for another\n\treader waits in recv on channel: 0 of 0 at later.lua:3\n"}},
		{"a mistake names function, argument and what came", "misuse.lua", expected{1, "", `~(?s)sockscript: misuse\.lua:2: bad argument #3 to 'bind' \(port must be 0 to 65535, got 70000\)\n.*`}},
		{"in a coroutine", "coroutine.lua", expected{1, "", `~(?s)sockscript: coroutine\.lua:1: coroutine\.lua:2: deep.*`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := run1(t, dir, "", test.script)
			test.want.check(t, got)
			if bad := regexp.MustCompile(`goroutine|\.go:\d|\[G\]|runtime error`).FindString(got.stderr); bad != "" {
				t.Errorf("Go shows in it: %s", got.stderr)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		want expected
	}{
		{"of a wait", []string{"--timeout", "0.1", "-e", "task.sleep(100)"}, expected{124, "", `~sockscript: timeout after 100ms\n`}},
		{"of tasks after the main chunk", []string{"--timeout=0.1", "-e", "task.spawn(task.sleep, 100)"}, expected{124, "", `~sockscript: timeout after .*\n`}},
		{"of a busy loop", []string{"--timeout", "0.1", "-e", "while true do end"}, expected{124, "", `~sockscript: timeout after .*\n`}},
		{"of a busy loop in a task", []string{"--timeout", "0.1", "-e", "task.spawn(function() while true do end end) task.sleep(100)"}, expected{124, "", `~(?s)sockscript: timeout after 100ms\n(task .*)?`}},
		{"of one that catches everything", []string{"--timeout", "0.1", "-e", "while true do pcall(task.sleep, 100) end"}, expected{124, "", `~sockscript: timeout after .*\n`}},
		{"leaves time to clean up", []string{"--timeout", "0.1", "-e", "print(pcall(task.sleep, 100)) task.sleep(0.01) print('clean')"}, expected{124, "false\ttimeout\nclean\n", `~sockscript: timeout after .*\n`}},
		{"that is not reached", []string{"--timeout", "60", "-e", "print('quick')"}, expected{0, "quick\n", ""}},
		{"does not change os.exit", []string{"--timeout", "60", "-e", "os.exit(9)"}, expected{9, "", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.want.check(t, run1(t, t.TempDir(), "", test.args...))
		})
	}
}

func TestSignals(t *testing.T) {
	for _, test := range []struct {
		name   string
		script string
		signal unix.Signal
		status int
		rest   string // of stdout, after "ready", which the script prints when all wait or are about to
	}{
		{"SIGINT cancels the main chunk, which can clean up", "print('ready') print(pcall(task.sleep, 100)) task.sleep(0.01) print('clean')", unix.SIGINT, 130, "false\tinterrupted\nclean\n"},
		{"SIGTERM too", "print('ready') print(pcall(task.sleep, 100)) print('clean')", unix.SIGTERM, 143, "false\tterminated\nclean\n"},
		{"uncaught", "print('ready') task.sleep(100)", unix.SIGINT, 130, ""},
		{"uncaught SIGTERM", "print('ready') task.sleep(100)", unix.SIGTERM, 143, ""},
		{"the tasks too, after the main chunk", "task.spawn(function() print('ready') print(pcall(task.sleep, 100)) print('task cleans') end)", unix.SIGINT, 130, "false\tinterrupted\ntask cleans\n"},
		{"all of them at once", "for i = 1, 3 do task.spawn(function() pcall(task.sleep, 100) print(i) end) end task.yield() print('ready') pcall(task.sleep, 100) task.sleep(0.01) print('main')", unix.SIGINT, 130, "1\n2\n3\nmain\n"},
		{"a scope waits for the clean-up of its tasks", "task.scope(function(s) s:spawn(function() print('ready') pcall(task.sleep, 100) task.sleep(0.01) print('child') end) task.sleep(100) end)", unix.SIGINT, 130, "child\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, t.TempDir(), "-e", test.script)
			p.expect(t, "ready")
			p.signal(t, test.signal)
			got := p.end(t)
			(&expected{test.status, test.rest, ""}).check(t, got)
		})
	}
}

// A busy loop ends at the second signal.
func TestSecondSignal(t *testing.T) {
	for _, script := range []string{"while true do end", "while true do pcall(task.sleep, 100) end", "pcall(task.sleep, 100) print('again') while true do end"} {
		for _, signal := range []unix.Signal{unix.SIGINT, unix.SIGTERM} {
			p := start(t, t.TempDir(), "-e", "print('ready') "+script)
			p.expect(t, "ready")
			for !p.ended(20 * time.Millisecond) { // two at once may become one
				p.signal(t, signal)
			}
			if got := p.end(t); got.status != 128+int(signal) {
				t.Errorf("%s, %v: status %d", script, signal, got.status)
			}
		}
	}
}

// SIGINT ends whatever a script waits in.
func TestSignalInBlockingCalls(t *testing.T) {
	const prelude = `
		local S = socket
		local function pair() return assert(S.create_pair(S.AF_UNIX, S.SOCK_STREAM)) end
		local function listening(backlog)
			local l = assert(S.create(S.AF_INET, S.SOCK_STREAM))
			assert(l:bind("127.0.0.1"))
			assert(l:listen(backlog))
			return l, select(2, l:getsockname())
		end
	`
	for name, code := range map[string]string{
		"accept":    `local l = listening(5) print("ready") l:accept()`,
		"recv":      `local a, b = pair() print("ready") a:recv(1)`,
		"read":      `local a, b = pair() b:write("part") print("ready") a:read(99, 1)`,
		"write":     `local a, b = pair() print("ready") a:write(("x"):rep(10000000))`,
		"udp":       `local s = S.create(S.AF_INET, S.SOCK_DGRAM) s:bind("127.0.0.1") print("ready") s:recvfrom(1)`,
		"select":    `local a, b = pair() print("ready") S.select({a}, nil, nil)`,
		"sleep":     `print("ready") task.sleep(100)`,
		"join":      `local t = task.spawn(task.sleep, 100) print("ready") t:join()`,
		"channel":   `local a, b = pair() local ch = task.channel() task.spawn(function() a:recv(1) end) print("ready") ch:recv()`,
		"timeout":   `print("ready") task.timeout(100, task.sleep, 100)`,
		"scope":     `print("ready") task.scope(function(s) s:spawn(task.sleep, 100) end)`,
		"all":       `print("ready") task.all{function() task.sleep(100) end}`,
		"task":      `local a, b = pair() task.spawn(function() a:recv(1) end) print("ready")`,
		"many":      `for i = 1, 100 do local a, b = pair() task.spawn(function() local keep = b a:recv(1) end) end print("ready")`,
		"pcall":     `print("ready") pcall(pcall, task.sleep, 100) task.sleep(0)`,
		"coroutine": `print("ready") coroutine.wrap(function() task.sleep(100) end)()`,
		"connect": `local l, port = listening(0)
			local kept = {}
			for i = 1, 3 do kept[i] = S.create(S.AF_INET, S.SOCK_STREAM) kept[i]:set_nonblock() kept[i]:connect("127.0.0.1", port) end
			local s = S.create(S.AF_INET, S.SOCK_STREAM)
			print("ready")
			s:connect("127.0.0.1", port)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			write(t, dir, "wait.lua", prelude+code)
			p := start(t, dir, "wait.lua")
			p.expect(t, "ready")
			p.signal(t, unix.SIGINT)
			(&expected{130, "", ""}).check(t, p.end(t))
		})
	}
}

// A name look-up is cut short too: here the name server never answers.
func TestSignalInLookup(t *testing.T) {
	text, err := os.ReadFile("/etc/resolv.conf")
	m := regexp.MustCompile(`(?m)^nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$`).FindStringSubmatch(string(text))
	if err != nil || m == nil {
		t.Skip("no IPv4 name server is configured")
	}
	if !inOwnNetwork(t) {
		return
	}
	if !strings.HasPrefix(m[1], "127.") {
		if out, err := exec.Command("ip", "address", "add", m[1]+"/32", "dev", "lo").CombinedOutput(); err != nil {
			t.Skipf("cannot give lo the name server's address: %v %s", err, out)
		}
	}
	dir := t.TempDir()
	write(t, dir, "lookup.lua", fmt.Sprintf(`
		local server = assert(socket.create(socket.AF_INET, socket.SOCK_DGRAM))
		assert(server:bind(%q, 53))
		task.spawn(function() server:recvfrom(999) print("asked") end)
		local s = socket.create(socket.AF_INET, socket.SOCK_STREAM)
		print("ready", s:connect("host.example", 80))`, m[1]))
	p := start(t, dir, "lookup.lua")
	p.expect(t, "asked")
	p.signal(t, unix.SIGINT)
	(&expected{130, "", ""}).check(t, p.end(t))
}

// What a script writes appears as it happens, through a pipe too.
func TestOutputAppears(t *testing.T) {
	dir := t.TempDir()
	for _, how := range []string{`print("line")`, `io.write("line\n")`, `io.stdout:write("line", "\n")`, `io.write("li") io.write("ne\n")`} {
		p := start(t, dir, "-e", how+` task.sleep(100)`)
		p.expect(t, "line")
		p.signal(t, unix.SIGTERM)
		if got := p.end(t); got.status != 143 {
			t.Errorf("%s: status %d, %s", how, got.status, got.stderr)
		}
	}
	// And before the process is killed by something that asks nobody.
	p := start(t, dir, "-e", `io.write("no newline") task.sleep(100)`)
	if got := p.read(t, len("no newline")); got != "no newline" {
		t.Errorf("read %q", got)
	}
}

// A reader of the output that goes away ends the program, or its writes.
func TestOutputClosed(t *testing.T) {
	p := start(t, t.TempDir(), "--timeout", "60", "-e", `print("ready") while io.write(("x"):rep(1000)) do end`)
	p.expect(t, "ready")
	p.out.Close()
	if got := p.end(t); got.status == 124 || strings.Contains(got.stderr, "goroutine") {
		t.Errorf("status %d, %s", got.status, got.stderr)
	}
}

// The package.path starts with the script's own folder, wherever it is run.
func TestPackagePath(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "here/main.lua", `print(require("beside"), require("sub.deep"), (package.path:gsub(";.*", "")))`)
	write(t, dir, "here/beside.lua", `return "beside"`)
	write(t, dir, "here/sub/deep.lua", `return "deep"`)
	(&expected{0, "beside\tdeep\there/?.lua\n", ""}).check(t, run1(t, dir, "", "here/main.lua"))
	script := filepath.Join(dir, "here", "main.lua")
	(&expected{0, "beside\tdeep\t" + filepath.Dir(script) + "/?.lua\n", ""}).check(t, run1(t, t.TempDir(), "", script))
}

// result is how a process ended.
type result struct {
	status         int
	stdout, stderr string
}

func (e *expected) check(t *testing.T, got result) {
	t.Helper()
	if got.status != e.status {
		t.Errorf("status %d, want %d", got.status, e.status)
	}
	same := func(what, got, want string) {
		t.Helper()
		pattern, isPattern := strings.CutPrefix(want, "~")
		if isPattern && !regexp.MustCompile("^("+pattern+")$").MatchString(got) || !isPattern && got != want {
			t.Errorf("%s:\n got %q\nwant %q", what, got, want)
		}
	}
	same("stdout", got.stdout, e.stdout)
	same("stderr", got.stderr, e.stderr)
}

// run1 runs the command in dir to its end.
func run1(t *testing.T, dir, stdin string, args ...string) result {
	t.Helper()
	p := startWith(t, dir, strings.NewReader(stdin), args...)
	return p.end(t)
}

// process is a running command.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *os.File
	lines  *bufio.Reader
	stderr bytes.Buffer
	done   chan struct{} // closed when it has ended
	err    error         // of Wait; read it after done
}

// patience is how long a test waits for a process, on a loaded machine.
const patience = time.Minute

// start starts the command with an open standard input.
func start(t *testing.T, dir string, args ...string) *process {
	t.Helper()
	return startWith(t, dir, nil, args...)
}

// startWith starts the command in dir. Without stdin, p.in is its input.
func startWith(t *testing.T, dir string, stdin io.Reader, args ...string) *process {
	t.Helper()
	cmd := exec.Command(binary, args...)
	cmd.Dir, cmd.Stdin = dir, stdin
	return startCommand(t, cmd)
}

func startCommand(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, done: make(chan struct{})}
	var err error
	if cmd.Stdin == nil {
		if p.in, err = cmd.StdinPipe(); err != nil {
			t.Fatal(err)
		}
	}
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out, p.lines = out, bufio.NewReader(out)
	cmd.Stdout, cmd.Stderr = w, &p.stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-p.done
		out.Close()
	})
	return p
}

// line reads one line of standard output.
func (p *process) line(t *testing.T) string {
	t.Helper()
	p.out.SetReadDeadline(time.Now().Add(patience))
	line, err := p.lines.ReadString('\n')
	if err != nil {
		p.cmd.Process.Signal(unix.SIGQUIT)
		p.ended(patience)
		t.Fatalf("after %q: %v\n%s", line, err, &p.stderr)
	}
	return strings.TrimSuffix(line, "\n")
}

// read reads n bytes of standard output.
func (p *process) read(t *testing.T, n int) string {
	t.Helper()
	p.out.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, n)
	if n, err := io.ReadFull(p.lines, buf); err != nil {
		t.Fatalf("after %q: %v\n%s", buf[:n], err, &p.stderr)
	}
	return string(buf)
}

func (p *process) expect(t *testing.T, want string) {
	t.Helper()
	if got := p.line(t); got != want {
		t.Fatalf("it printed %q, want %q", got, want)
	}
}

func (p *process) signal(t *testing.T, s unix.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
}

// ended waits for the end, not longer than d.
func (p *process) ended(d time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(d):
		return false
	}
}

// end waits until the process has ended. One that does not shows its Go stacks.
func (p *process) end(t *testing.T) result {
	t.Helper()
	p.out.SetReadDeadline(time.Now().Add(patience))
	rest, err := io.ReadAll(p.lines)
	if !p.ended(patience) {
		p.cmd.Process.Signal(unix.SIGQUIT)
		p.ended(patience)
		t.Fatalf("it did not end; it printed %q\n%s", rest, &p.stderr)
	}
	if err != nil && !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	return result{p.cmd.ProcessState.ExitCode(), string(rest), p.stderr.String()}
}

// write makes a file in dir, and its folder.
func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A small program's garbage is not collected every few megabytes: half the speed
// of receiving hangs on it.
func TestCollectsSeldom(t *testing.T) {
	cmd := exec.Command(binary, "-e", `for i = 1, 1600 do local piece = ("x"):rep(65536) end`) // 100 MB
	cmd.Env = append(os.Environ(), "GODEBUG=gctrace=1", "GOGC=100")
	got := startCommand(t, cmd).end(t)
	if n := strings.Count(got.stderr, "gc "); got.status != 0 || n > 12 { // without the reserve nearly 40
		t.Errorf("status %d, %d collections:\n%s", got.status, n, got.stderr)
	}
}
