package cli

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPromptEvaluates(t *testing.T) {
	p := sit(t, nil)
	for _, k := range []struct{ line, want string }{
		{"1 + 1", "2"},
		{"= 2 * 3", "6"},
		{"x = 5", ""},
		{"x", "5"},
		{"_", "5"},
		{"x = x + 1 print(x)", "6"},
		{"1, 'two', nil, true", "1\t\"two\"\tnil\ttrue"},
		{"nothing", "nil"},
		{"print('printed')", "printed"},
		{`"a\0b\r\n\t\"\128ü"`, `"a\x00b\r\n\t\"\x80ü"`},
		{"{}", "{}"},
		{"{1, 2, {a = 1}, b = 'x', ['c d'] = true, [10] = 10}", `{1, 2, {a = 1}, [10] = 10, b = "x", ["c d"] = true}`},
		{"function f() end return f", "function <stdin:1>"},
		{"socket.bind", "function socket.bind(s, address [, port=0])"},
		{"bound = socket.create(socket.AF_INET, socket.SOCK_STREAM, 0)", ""}, // nobody else has its port, nor listens
		{"bound:bind('127.0.0.1')", "true"},
		{"_, port = bound:getsockname()", ""},
		{"socket.fsockopen('127.0.0.1', port)", "nil\tConnection refused\t111 (ECONNREFUSED)"},
		{"nil, 'the message', 0, 'kind'", "nil\tthe message\t0\t\"kind\""},
		{"io.write('begun') return 1", "begun\n1"},
		{"io.write('begun') error('here', 0)", "begun\nhere"},
		{"local gone = 1", ""},
		{"gone", "nil"},
		{"error('on purpose')", "stdin:1: on purpose"},
		{"error({code = 7})", "(error object is a table value): {code = 7}"},
		{"x = = 1", "stdin:1: syntax error near '='\n    x = = 1\n        ^"},
		{"help 'socket.bind'", "socket.bind(s, address [, port=0])\n  Gives the socket its local address. Port 0 takes a free one.\n  PHP: socket_bind"},
		{"help(socket.gettime)", "socket.gettime()\n  Returns the time in seconds since 1970, with fractions."},
	} {
		if got := p.enters(k.line); got != untabbed(k.want) {
			t.Errorf("%s\nshows %q\nwant  %q", k.line, got, untabbed(k.want))
		}
	}
	if status := p.leaves(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// What is not complete goes on in the next line, and comes back as one entry.
func TestPromptContinues(t *testing.T) {
	p := sit(t, nil)
	p.ready()
	p.types("function f(a)\r")
	p.sees(">>")
	p.types("return a * 2\rend\r")
	if got := p.enters("f(21)"); got != "42" {
		t.Errorf("f(21) shows %q", got)
	}
	p.types("1 +\r2\r")
	p.sees("\n3\n")
	p.types("[[a\rb]]\r")
	p.sees(`"a\nb"`)
	p.ready()
	p.types("\x1b[A\x1b[A\x1b[A\x1b[A\x1b[A") // past the lines of the last three
	p.until("the entry before, whole", func(s *screen) bool {
		return s.text(s.row) == "> f(21)"
	})
	p.types("\x1b[A")
	p.until("the function, whole", func(s *screen) bool {
		return s.text(s.row) == ">> end" && s.text(s.row-1) == ">> return a * 2" && s.text(s.row-2) == "> function f(a)"
	})
	p.types("\x1b[A\x05 + 1\r") // up, to its end
	if got := p.enters("f(21)"); got != "43" {
		t.Errorf("after editing, f(21) shows %q", got)
	}
	p.leaves()
}

// A paste is one entry: its line breaks are no Enter, its locals hold to its end.
func TestPromptTakesPasteAsOne(t *testing.T) {
	p := sit(t, nil)
	p.ready()
	p.until("bracketed paste", func(s *screen) bool { return s.paste })
	p.types("\x1b[200~local a = 1\r\nlocal b = a + 1\rprint(a, b)\x1b[201~")
	p.sees(">> print(a, b)")
	p.types("\r")
	p.sees("1       2")
	long := strings.Repeat("x = 1\n", 3000) + "print('done', x)"
	p.ready()
	p.types("\x1b[200~" + long + "\x1b[201~\r")
	p.sees("done    1")
	p.leaves()
}

// What tasks print appears above the line that is being typed.
func TestPromptKeepsTheTypedLine(t *testing.T) {
	for _, k := range []struct{ name, show string }{
		{"print", "print(line)"},
		{"io.write", "io.write(line, '\\n')"},
		{"io.stdout", "io.stdout:write(line, '\\n')"},
		{"io.stderr", "io.stderr:write(line, '\\n')"},
		{"socket.STDOUT", "socket.STDOUT:write(line .. '\\n')"},
		{"socket.STDERR", "socket.STDERR:write(line .. '\\n')"},
		{"in pieces", "for c in line:gmatch('.') do io.write(c) task.yield() end print()"},
	} {
		t.Run(k.name, func(t *testing.T) {
			p := sit(t, nil)
			p.enters("function show(line) " + k.show + " end")
			peer := p.serve()
			p.types("'half typ\x1b[D\x1b[D") // the cursor stands before the last two
			p.until("the cursor", func(s *screen) bool { return s.text(s.row) == "> 'half typ" && s.column == 9 })
			for _, line := range []string{"first", "second"} {
				fmt.Fprintln(peer, line)
				p.until("the line above the prompt", func(s *screen) bool {
					return s.text(s.row) == "> 'half typ" && s.text(s.row-1) == line && s.column == 9
				})
			}
			p.types("\x05ed'\r")
			p.sees(`"half typed"`)
			peer.Close()
			p.sees("peer left")
			p.leaves()
		})
	}
}

// Ctrl-C ends what runs, and no task.
func TestPromptInterrupts(t *testing.T) {
	p := sit(t, nil)
	p.enters("function show(line) print(line) end")
	peer := p.serve()
	for _, k := range []struct{ name, line, want string }{
		{"a call that waits", "socket.create_listen(0):accept()", "interrupted"},
		{"a sleep", "task.sleep(1000)", "interrupted"},
		{"a read of the keyboard", "io.read()", "interrupted"},
		{"a loop", "while true do end", "interrupted"},
		{"a sort", "table.sort({3, 2, 1}, function() while true do end end)", "interrupted"},
		{"a loop in a coroutine", "coroutine.wrap(function() while true do end end)()", "interrupted"},
	} {
		row := p.row()
		p.types(k.line + "\r")
		p.running()
		p.types("\x03")
		if got := p.shown(row); !strings.Contains(got, k.want) {
			t.Errorf("%s: it shows %q, want %q", k.name, got, k.want)
		}
	}
	if got := p.enters("t:status()"); got != `"waiting"` {
		t.Errorf("the task is %s", got)
	}
	fmt.Fprintln(peer, "still there")
	p.sees("still there")
	p.ready()
	p.types("1 +\rx")
	p.sees(">> x")
	p.types("\x03")
	p.sees("x^C")
	p.ready()
	p.types("\x12still\x03") // Ctrl-R, and no more
	if got := p.enters("1"); got != "1" {
		t.Errorf("after Ctrl-C on two lines, 1 shows %q", got)
	}
	p.leaves()
}

// Ctrl-D that is pressed while an entry runs leaves after it; Ctrl-Space never does.
func TestPromptLeavesAfterWhatRuns(t *testing.T) {
	p := sit(t, nil)
	p.enters("l = socket.create_listen(0)")
	p.enters("_, port = l:getsockname()")
	port := p.enters("port")
	p.types("\x00")
	if got := p.enters("'still there'"); got != `"still there"` {
		t.Errorf("after Ctrl-Space it shows %q", got)
	}
	p.types("s = l:accept()\r")
	p.running()
	p.types("\x04")
	queued := []unix.PollFd{{Fd: int32(p.slave.Fd()), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(queued, int(patience.Milliseconds()))
		if n > 0 {
			break
		}
		if err != unix.EINTR {
			t.Fatalf("the terminal does not get the key: %v", err)
		}
	}
	peer, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	if status := p.gone(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// Ctrl-Z gives the terminal to the shell; after fg it goes on as it was.
func TestPromptStops(t *testing.T) {
	skipUnlessInstalled(t, "bash")
	for _, k := range []struct{ name, before, end, sees string }{
		{"an entry", "", "\r", "\n\"halfway\"\n"},
		{"a line for a peer", "a, b = socket.stream_pair(1, 1, 0) a:interact()\r", "\x15\x03", "\ninterrupted\n"},
	} {
		t.Run(k.name, func(t *testing.T) {
			shell := exec.Command("bash", "--norc", "-m", "-c", binary+"; read x; echo the shell has read $x; fg")
			p := sitBefore(t, shell, t.TempDir(), 80)
			p.ready()
			p.types(k.before + "half")
			p.until("the line", func(s *screen) bool { return s.paste && strings.HasSuffix(s.text(s.row), "half") })
			p.types("\x1a")
			p.sees("Stopped")
			p.types("a line\r")
			p.sees("the shell has read a line")
			p.until("the line", func(s *screen) bool { return s.paste && strings.HasSuffix(s.text(s.row), "half") })
			p.types("way\x01'\x05'")
			p.until("the edited line", func(s *screen) bool { return strings.HasSuffix(s.text(s.row), "'halfway'") })
			p.types(k.end)
			p.sees(k.sees)
			p.leaves()
		})
	}
}

// A loop that catches its errors is ended by a second Ctrl-C.
func TestPromptInterruptsWhatCatches(t *testing.T) {
	p := sit(t, nil)
	p.ready()
	p.types("while true do local ok, why = pcall(function() print('inside') while true do end end) print(why) end\r")
	p.sees("\ninside\n")
	p.types("\x03")
	p.sees("stdin:1: interrupted")
	p.types("\x03")
	p.ready()
	p.leaves()
}

// A task that never waits is in the way of everything; Ctrl-C on the line ends it.
func TestPromptInterruptsABusyTask(t *testing.T) {
	p := sit(t, nil)
	p.enters("function busy() print('busy') while true do end end")
	p.ready()
	p.types("t = task.spawn(busy)\r")
	p.sees("\nbusy\n")
	p.types("\x03")
	p.sees("interrupted")
	if got := p.enters("t:status()"); got != `"failed"` {
		t.Errorf("the task is %s", got)
	}
	p.leaves()
}

func TestPromptLeaves(t *testing.T) {
	t.Run("Ctrl-D closes what is open", func(t *testing.T) {
		p := sit(t, nil)
		p.enters("function show(line) print(line) end")
		peer := p.serve()
		if status := p.leaves(); status != 0 {
			t.Errorf("exit status %d", status)
		}
		if n, err := peer.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("the connection gives %d bytes, %v", n, err)
		}
	})
	t.Run("Delete does not", func(t *testing.T) {
		p := sit(t, nil)
		p.ready()
		p.types("\x1b[3~\x1b[3~")
		p.types("1x\x1b[D\x1b[3~\x1b[3~\r")
		p.sees("\n1\n")
		p.ready()
		p.types("2xyz\x1b[D\x1b[D\x1b[D\x04\x04\x04\x04\r") // nor does Ctrl-D
		p.sees("\n2\n")
		p.leaves()
	})
	for _, k := range []struct {
		name, line string
		status     int
	}{
		{".quit", ".quit", 0},
		{"quit", "quit", 0},
		{"exit()", "exit()", 0},
		{"os.exit", "os.exit(7)", 7},
		{"os.exit in a task", "task.spawn(os.exit, 8) task.sleep(1000)", 8},
	} {
		t.Run(k.name, func(t *testing.T) {
			p := sit(t, nil)
			p.ready()
			p.types(k.line + "\r")
			if status := p.gone(); status != k.status {
				t.Errorf("exit status %d, want %d", status, k.status)
			}
		})
	}
	for _, k := range []struct {
		signal unix.Signal
		status int
	}{{unix.SIGTERM, 143}, {unix.SIGHUP, 129}} {
		for _, line := range []string{"half a li", "task.sleep(1000)\r", "while true do end\r", "for i = 1, 10 do pcall(task.sleep, 1000) end\r"} {
			t.Run(fmt.Sprint(k.signal, " at ", line), func(t *testing.T) {
				p := sit(t, nil)
				p.enters("task.spawn(function() local ok, why = pcall(task.sleep, 1000) print('cleaned up: ' .. why) end)")
				p.types(line)
				p.sees(strings.TrimSuffix(line, "\r"))
				if strings.HasSuffix(line, "\r") {
					p.running()
				}
				p.cmd.Process.Signal(k.signal)
				if status := p.gone(); status != k.status {
					t.Errorf("exit status %d, want %d", status, k.status)
				}
				p.sees("cleaned up: terminated")
			})
		}
	}
}
