package cli

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
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

// serve opens a listener whose task prints each line that comes, and connects.
func (p *person) serve() net.Conn {
	p.t.Helper()
	p.enters("l = socket.create_listen(0)")
	p.enters("t = task.spawn(function() local s = l:accept() for line in s:lines() do show(line) end print('peer left') end)")
	_, port, _ := strings.Cut(p.enters("l:getsockname()"), "\t")
	if port == "" {
		_, port, _ = strings.Cut(p.enters("l:getsockname()"), "  ")
	}
	peer, err := net.Dial("tcp", "127.0.0.1:"+strings.TrimSpace(port))
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { peer.Close() })
	return peer
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

// row waits for a prompt and gives its row.
func (p *person) row() (row int) {
	p.t.Helper()
	p.until("a prompt", func(s *screen) bool { row = s.row; return atPrompt(s) })
	return row
}

// running waits until an entry runs, at which the terminal is as it was.
func (p *person) running() {
	p.t.Helper()
	p.until("the entry to run", func(s *screen) bool { return !s.paste })
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

func TestPromptCompletes(t *testing.T) {
	p := sit(t, nil)
	if err := os.WriteFile(filepath.Join(p.cmd.Dir, "script one.lua"), []byte("one = 1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(p.cmd.Dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.enters("s = socket.create(socket.AF_INET, socket.SOCK_STREAM) own = {one = {two = {socket.STDOUT}}, ['not a name'] = 1}")
	for _, k := range []struct{ typed, want string }{
		{"soc\t", "socket"},
		{"socket.create_l\t", "socket.create_listen"},
		{"socket.AF_INET6\t", "socket.AF_INET6"},
		{"socket.SO_REUSEP\t", "socket.SO_REUSEPORT"},
		{"s:recvf\t", "s:recvfrom"},
		{"s:read_ex\t", "s:read_exactly"},
		{"own.o\t", "own.one"},
		{"own.one.two[1]:interac\t", "own.one.two[1]:interact"},
		{"own['one'].tw\t", "own['one'].two"},
		{"print(s:getpeern\t", "print(s:getpeername"},
		{"task.current().na\t", "task.current().na"},
		{"string.form\t", "string.format"},
		{"func\t", "function"},
		{"x = 'scr\t", "x = 'script one.lua"},
		{"x = 'fol\t", "x = 'folder/"},
		{"-- soc\t", "-- soc"},
		{"require('socket.p\t", "require('socket.php"},
		{"p = require \"script o\t", "p = require \"script one"},
		{"help('socket.bi\t", "help('socket.bind"},
		{"help \"Task:j\t", "help \"Task:join"},
		{"'soc\t", "'soc"},
		{".soc\t", ".sockets"},
		{".load scr\t", ".load script one.lua"},
		{"s.create_list\t", "s.create_list"},
		{"nope.x\t", "nope.x"},
	} {
		p.ready()
		p.types(k.typed + "!")
		p.until(fmt.Sprintf("%q", k.want+"!"), func(s *screen) bool { return s.text(s.row) == "> "+k.want+"!" })
		p.types("\x15") // Ctrl-U
	}
	p.ready()
	p.types("s:re\t")
	p.until("the choice", func(s *screen) bool {
		return s.text(s.row) == "> s:re" && strings.Contains(s.text(s.row+1), "read_exactly") && strings.Contains(s.String(), "recvmsg")
	})
	p.types("cv(")
	p.until("the choice to go", func(s *screen) bool { return !strings.Contains(s.text(s.row+1), "read_exactly") })
	p.types("\x15")
	p.leaves()
}

func TestPromptShowsSignatures(t *testing.T) {
	p := sit(t, nil)
	p.enters("s = socket.create(socket.AF_INET, socket.SOCK_STREAM)")
	for _, k := range []struct{ typed, want string }{
		{"socket.bind(", "socket.bind(s, address [, port=0])  Gives the socket its local address"},
		{"socket.bind(s, '127.0.0.1', ", "socket.bind(s, address [, port=0])  Gives the socket its local address"},
		{"s:bind('127.0.0.1'", "s:bind(address [, port=0])  Gives the socket its local address"},
		{"s:listen(", "s:listen([backlog=0])  Makes the socket one that accepts connections; backl"},
		{"s:close(", "s:close()  Closes the socket"},
		{"socket.STDOUT:write(", "fp:write(data [, length])"},
		{"print(tostring(", "tostring(v)  v as text, by its metamethod __tostring if it has one"},
		{"print(tostring(1), ", "print(...)  Writes the arguments to standard output, with tabs between"},
		{"string.format(", "string.format("},
		{"x = (", ""},
		{"nope(", ""},
	} {
		p.ready()
		p.types(k.typed)
		p.until(fmt.Sprintf("%q below", k.want), func(s *screen) bool {
			below := s.text(s.row + 1)
			return strings.HasSuffix(s.text(s.row), strings.TrimRight(k.typed, " ")) && strings.HasPrefix(below, k.want) && (k.want != "") == (below != "")
		})
		p.types("\x15")
		p.until("the hint to go", func(s *screen) bool { return atPrompt(s) })
	}
	p.leaves()
}

func TestPromptCommands(t *testing.T) {
	p := sit(t, nil)
	if got := p.enters(".sockets"); got != "no socket is open" {
		t.Errorf(".sockets shows %q", got)
	}
	if got := p.enters(".tasks"); got != "no task runs" {
		t.Errorf(".tasks shows %q", got)
	}
	if got := p.enters(".send x"); !strings.HasPrefix(got, "there is no connection yet") {
		t.Errorf(".send shows %q", got)
	}
	listening := p.enters(".listen tcp://127.0.0.1:0")
	port, ok := strings.CutPrefix(strings.TrimSuffix(listening, " listening"), "stream: tcp 127.0.0.1:")
	if !ok {
		t.Fatalf(".listen shows %q", listening)
	}
	p.enters("server = _")
	connected := p.enters(".connect tcp://127.0.0.1:" + port)
	if !strings.HasSuffix(connected, " -> 127.0.0.1:"+port+" connected") {
		t.Errorf(".connect shows %q", connected)
	}
	for _, k := range []struct{ line, want string }{
		{"client = _", ""},
		{`.send "HELLO\r\n"`, "7 bytes sent"},
		{`.send more\0`, "5 bytes sent"},
		{"peer = server:accept()", ""},
		{".recv", `"HELLO\r\nmore\x00"`}, // peer is the last that was made
		{"_", `"HELLO\r\nmore\x00"`},
		{"client", connected},
		{".close", ""},
		{"client", "stream: closed"},
		{"peer", ""},
		{".recv", "nil     closed  0"},
		{".time 1 + 1", "~2\n.*s"},
		{".time x = ", "~(?s)stdin:1: syntax error near '<eof>'.*"},
		{".nothing", "there is no command .nothing; .help lists them"},
		{".sokets", "there is no command .sokets; did you mean .sockets?"},
		{".load", ".load needs FILE: runs a script here"},
		{".load nowhere.lua", "cannot read nowhere.lua: No such file or directory"},
		{".save nowhere/x.lua", "cannot write nowhere/x.lua: No such file or directory"},
		{".connect 127.0.0.1", "tcp://127.0.0.1 has no port: tcp://127.0.0.1:80"},
		{".connect 127.0.0.1 1", "nil     Connection refused      111 (ECONNREFUSED)"},
		{".connect tcp://127.0.0.1:1 {socket = {bindto = 7}}", "~(?s).*bindto.*"},
		{".exit", "there is no command .exit; did you mean .quit?"},
		{"quit = 1", ""},
		{"quit", "1"},
		{".hx", "there is no command .hx; did you mean .hex?"},
		{".sock", "there is no command .sock; did you mean .sockets?"},
		{".tasks x", ".tasks takes nothing, got x"},
		{".hex maybe", ".hex must be on or off, got maybe"},
		{".close 1000", "there is no socket with the descriptor 1000; .sockets lists all"},
		{".close 1 + {}", "~(?s)stdin:1: attempt to perform arithmetic on a table value.*"},
		{".help socket.gettime", "socket.gettime()\n  Returns the time in seconds since 1970, with fractions."},
		{".help peer:bind", `there is no help on "peer:bind"`},
		{".help peer:gts", `there is no help on "peer:gts"; did you mean peer:gets?`},
		{"help 'socket.bnd'", "stdin:1: bad argument #1 to 'help' (there is no help on \"socket.bnd\"; did you me\nan socket.bind?)"},
		{".help .time", ".time EXPR\n  evaluates, and says how long it took"},
		{".help sockets", ".sockets\n  lists every open socket"},
		{".help .tme", "there is no command .tme; did you mean .time?"},
		{".help nothing.at.all", `there is no help on "nothing.at.all"`},
		{".connect tcp://127.0.0.1:1", "nil     Connection refused      111 (ECONNREFUSED)"},
	} {
		got := p.enters(k.line)
		if pattern, ok := strings.CutPrefix(k.want, "~"); ok && regexp.MustCompile("^(?:"+pattern+")$").MatchString(got) {
			continue
		}
		if k.line != "peer" && got != k.want {
			t.Errorf("%s\nshows %q\nwant  %q", k.line, got, k.want)
		}
	}
	got := p.enters(".sockets")
	want := `fd +kind +state +local +remote +in +out +age +name
\d+ +tcp +listening +127.0.0.1:` + port + ` +- +0 +0 +\S+s +server
\d+ +tcp +connected +127.0.0.1:` + port + ` +127.0.0.1:\d+ +12 +0 +\S+s +peer \*`
	if !regexp.MustCompile("^" + want + "$").MatchString(got) {
		t.Errorf(".sockets shows\n%s\nwant\n%s", got, want)
	}
	p.enters("task.spawn(function() local s = socket.create_listen(0) number = s:fd() s:accept() print('accept is over') end)")
	got = p.enters(".tasks")
	if want := `task +state +at +waits in\nstdin:1 +waiting +stdin:1 +accept on tcp 0.0.0.0:\d+ listening`; !regexp.MustCompile("^" + want + "$").MatchString(got) {
		t.Errorf(".tasks shows\n%s", got)
	}
	if got := p.enters(".close number"); !strings.Contains(got, "must be a Socket or a Stream, got") {
		t.Errorf(".close number shows %q", got)
	}
	p.enters(".close " + p.enters("number"))
	p.sees("\naccept is over\n")
	if got := p.enters(".help"); !strings.Contains(got, ".connect URL") || !strings.Contains(got, "The locals") {
		t.Errorf(".help shows %q", got)
	}
	p.ready()
	p.types(".quit\r")
	if status := p.gone(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// .help fits a screen of 24 lines and 80 columns.
func TestPromptHelpFitsAScreen(t *testing.T) {
	p := sitIn(t, t.TempDir(), 200, nil)
	lines := strings.Split(p.enters("help"), "\n")
	for _, same := range []string{"?", ".help"} {
		if got := p.enters(same); got != strings.Join(lines, "\n") {
			t.Errorf("%s shows %q", same, got)
		}
	}
	if len(lines) > 23 {
		t.Errorf(".help takes %d lines", len(lines))
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf(".help has a line that is too long: %s", line)
		}
	}
	p.leaves()
}

// The connection that commands are about is a global, which a script may have for
// something else.
func TestPromptNamesTheConnection(t *testing.T) {
	p := sit(t, nil)
	p.enters("a, b = socket.stream_pair(1, 1, 0)")
	p.enters("b")
	p.enters("a:write('for b')")
	for _, k := range []struct{ line, want string }{
		{"connection == b", "true"},
		{"connection:read(5)", `"for b"`},
		{"a", "stream: unix connected"},
		{"connection == a", "true"},
		{"connection = 'mine'", ""},
		{"b", "stream: unix connected"},
		{"connection", `"mine"`},
		{".send x", "1 byte sent"},
		{"a:read(1)", `"x"`},
	} {
		if got := p.enters(k.line); got != k.want {
			t.Errorf("%s shows %q, want %q", k.line, got, k.want)
		}
	}
	if got := p.enters(".sockets"); strings.Contains(got, "connection") {
		t.Errorf(".sockets shows\n%s", got)
	}
	p.leaves()
}

// .hex on shows what moves, whoever moves it.
func TestPromptHex(t *testing.T) {
	p := sit(t, nil)
	p.enters("a, b = socket.stream_pair(1, 1, 0)")
	p.enters(".hex on")
	p.enters("a:write('HELLO\\r\\n')")
	p.sees("send 7 bytes")
	p.sees("00000000  48 45 4c 4c 4f 0d 0a                              |HELLO..|")
	p.enters("task.spawn(function() b:gets() end)")
	p.sees("recv 7 bytes")
	p.enters(".hex off")
	p.enters("a:write('quiet')")
	if p.leaves(); strings.Contains(p.shows(), "|quiet|") {
		t.Error(".hex off still shows bytes")
	}
}

// What --trace prints appears above the line that is being typed.
func TestPromptTraces(t *testing.T) {
	p := sit(t, []string{"--trace"})
	p.enters("function show() end")
	peer := p.serve()
	p.types("'half typ")
	p.until("the line", func(s *screen) bool { return s.text(s.row) == "> 'half typ" })
	fmt.Fprintln(peer, "HELLO")
	p.until("the bytes above the line", func(s *screen) bool {
		return s.text(s.row) == "> 'half typ" && s.text(s.row-1) == "    00000000  48 45 4c 4c 4f 0a                                 |HELLO.|"
	})
	p.types("\x15")
	p.leaves()
}

// Of TLS .hex shows what is inside, of a stream too that had it before.
func TestPromptHexOfTLS(t *testing.T) {
	p := sit(t, nil)
	for _, line := range []string{
		"c = test.certificate{'localhost'}",
		"context = {ssl = {local_cert = c.cert, local_pk = c.key, cafile = c.ca, peer_name = 'localhost'}}",
		"a, b = socket.stream_pair(1, 1, 0)",
		"function serve() b:enable_crypto(true, socket.STREAM_CRYPTO_METHOD_TLS_SERVER, context) b:write(b:gets()) end",
		"function start() task.spawn(serve) return a:enable_crypto(true, socket.STREAM_CRYPTO_METHOD_TLS_CLIENT, context) end",
	} {
		p.enters(line)
	}
	if got := p.enters("start()"); got != "true" {
		t.Fatalf("the handshake gives %q", got)
	}
	p.enters(".hex on")
	shows := func(line, want string) {
		t.Helper()
		got := p.enters(line)
		if !strings.Contains(got, want) || strings.Contains(got, "send") || strings.Contains(got, "recv") {
			t.Errorf("%s shows\n%s", line, got)
		}
	}
	shows("a:write('HELLO\\n')", "|HELLO.|")
	shows("a:gets()", "tls read 6 bytes\n    00000000  48 45 4c 4c 4f 0a                                 |HELLO.|")
	p.enters("task.spawn(b.enable_crypto, b, false)")
	if got := p.enters("a:enable_crypto(false)"); !regexp.MustCompile("(?m)^true$").MatchString(got) {
		t.Fatalf("the end of TLS gives %q", got)
	}
	if got := p.enters("a:write('plain')"); !strings.Contains(got, "send 5 bytes") {
		t.Errorf("after TLS it shows\n%s", got)
	}
	p.leaves()
}

// .interact gives the keyboard to the connection; what is typed behind Ctrl-] is the
// prompt's.
func TestPromptInteracts(t *testing.T) {
	p := sit(t, nil)
	p.enters("a, b = socket.stream_pair(1, 1, 0)")
	p.enters("task.spawn(function() for line in b:lines() do b:write('<' .. line .. '>\\n') end end)")
	p.enters("a")
	p.types(".interact\r")
	p.sees("Ctrl-] comes back")
	p.types("hello\r")
	p.sees("<hello>")
	p.types("\x1d1 + 2\r")
	p.sees("\n3\n")
	p.leaves()
}

// A line for a peer is edited as an entry is; what comes meanwhile, and what .hex shows,
// stands above it or, where the peer has begun a line, before it.
func TestPromptInteractsInLines(t *testing.T) {
	last := func(p *person, line string) {
		t.Helper()
		p.until(fmt.Sprintf("%q as the last line", line), func(s *screen) bool { return s.paste && s.text(s.row) == line && s.row == len(s.lines)-1 })
	}
	begin := func() *person {
		p := sit(t, nil)
		for _, line := range []string{
			"a, b = socket.stream_pair(1, 1, 0)",
			"function peer() for line in b:lines() do b:write('<' .. line .. '>\\n') end print('no more comes') end",
			"t = task.spawn(peer)",
		} {
			p.enters(line)
		}
		p.enters("a")
		return p
	}
	t.Run("editing", func(t *testing.T) {
		p := begin()
		p.enters(".hex on")
		p.types("a:interact()\r")
		p.until("the keyboard", func(s *screen) bool {
			return s.paste && s.text(s.row) == "" && s.text(s.row-1) == "> a:interact()"
		})
		p.types("hell\x1b[D\x1b[D\x1b[C\x7fl\x05o") // hell, some moves, hello
		last(p, "hello")
		p.types("\r")
		p.sees("\n<hello>\n")
		p.types("abc")
		last(p, "abc") // only then Ctrl-C is a key
		p.types("\x03")
		p.sees("\nabc^C\n")
		p.types("\x1b[A")
		last(p, "hello")
		p.types("\x1b[D\x1b[D\x04\x04p\x04\r") // the last Ctrl-D sends help without a line break
		p.sees("\n<help>\n")
		if strings.Contains(p.shows(), "helphelp") || strings.Contains(p.shows(), "abc>") {
			t.Error("it sends what it should not")
		}
		p.types("left\x1d") // Ctrl-]
		p.ready()
		if got := p.enters("1 + 1"); got != "2" {
			t.Errorf("after it 1 + 1 shows %q", got)
		}
		p.leaves()
		for line := range strings.Lines(p.shows()) {
			if strings.Contains(line, " fd ") && !regexp.MustCompile(`^\d\d:\d\d:\d\d`).MatchString(line) {
				t.Errorf("what .hex shows is glued to %q", line)
			}
		}
	})
	t.Run("leaving", func(t *testing.T) {
		p := begin()
		p.types("a:interact()\r")
		p.until("the keyboard", func(s *screen) bool {
			return s.paste && s.text(s.row) == "" && s.text(s.row-1) == "> a:interact()"
		})
		p.types("\x03")
		p.sees("\ninterrupted\n")
		p.ready()
		p.types("a:interact()\rhello\r")
		p.sees("<hello>")
		p.types("\x04")
		p.sees("no more comes") // to the peer
		p.types("\x1d")
		p.types("task.spawn(function() b:close() end) return a:interact()\r")
		p.sees("nil     closed  0")
		if got := p.enters("'and there'"); got != `"and there"` {
			t.Errorf("after the peer's end it shows %q", got)
		}
		p.leaves()
	})
	t.Run("what comes", func(t *testing.T) {
		p := begin()
		p.enters("for _, text in ipairs{'a line\\r', '\\n\\27[1mna', 'me?\\27[0m '} do task.spawn(b.write, b, text) end")
		p.types(".interact\r")
		last(p, "name?")
		p.types("me")
		last(p, "name? me")
		p.types("\r")
		p.sees("a line\nname? me\n<me>\n")
		p.types("\x1d")
		p.leaves()
	})
}

// What is typed before an entry runs is the entry's, if it reads, and else the
// prompt's.
func TestPromptTypeAhead(t *testing.T) {
	for _, k := range []struct{ name, keys, want string }{
		{"io.read", "io.read()\rfirst\r'second'\r", "\n\"first\"\n> 'second'\n\"second\"\n"},
		{"socket.STDIN", "socket.STDIN:gets()\rfirst\r'second'\r", "\n\"first\\n\"\n> 'second'\n\"second\"\n"},
		{"entries", "'first'\r'second'\r'third'\r", "\n\"third\"\n"},
		{"a pasted chunk", "x = io.read()\rin\r\x1b[200~print(\rx)\x1b[201~\r", "\nin\n"},
	} {
		t.Run(k.name, func(t *testing.T) {
			p := sit(t, nil)
			p.ready()
			p.types(k.keys)
			p.sees(k.want)
			p.leaves()
		})
	}
}

// A task that waits for the keyboard takes no key of the prompt's, and who has given
// up waiting takes none of anybody's.
func TestPromptKeepsItsKeys(t *testing.T) {
	for _, read := range []string{"socket.STDIN:gets()", "io.read('*L')"} {
		t.Run(read, func(t *testing.T) {
			p := sit(t, nil)
			p.enters("t = task.spawn(function() got = " + read + " end)")
			for _, line := range []string{"1", "22", "333"} {
				if got := p.enters(line); got != line {
					t.Errorf("%s shows %s", line, got)
				}
			}
			p.types("print('it runs') while not got do task.sleep(0.01) end\r")
			p.sees("\nit runs\n")
			p.types("for the task\r")
			if got := p.enters("got"); got != `"for the task\n"` {
				t.Errorf("the task got %s", got)
			}
			p.types("print('again') " + read + "\r")
			p.sees("\nagain\n")
			p.types("\x03")
			p.ready()
			p.types("print('once more') sleep = task.sleep(0.3)\r")
			p.sees("\nonce more\n")
			p.types("'ahead'\r")
			p.sees("\n\"ahead\"\n")
			p.leaves()
		})
	}
}

// What the prompt does with standard input changes nothing of what the stream tells.
func TestPromptLeavesTheStreamAlone(t *testing.T) {
	p := sit(t, nil)
	p.enters("socket.STDIN:set_timeout(0, 1000)")
	p.enters("socket.STDIN:gets()")
	if got := p.enters("socket.STDIN:get_meta_data().timed_out"); got != "true" {
		t.Errorf("timed_out is %s after a time-out", got)
	}
	p.enters("socket.STDIN:set_timeout(60)")
	p.types("print('type') socket.STDIN:gets()\r")
	p.sees("\ntype\n")
	p.types("\x04")
	p.ready()
	if got := p.enters("socket.STDIN:eof()"); got != "true" {
		t.Errorf("eof is %s after Ctrl-D", got)
	}
	p.leaves()
}

func TestPromptHistory(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, ".local/state/sockscript/history")
	sitAtHome := func(env ...string) *person { return sitIn(t, home, 80, nil, env...) }
	p := sitAtHome()
	p.enters("first = 1")
	p.types("function f()\r return 'a\\\\n' end\r")
	p.enters(" secret = 1")
	p.enters("last = 1")
	p.enters("last = 1")
	q := sitAtHome()
	q.enters("other = 1")
	p.enters("after = 1")
	q.leaves()
	p.leaves()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the history's mode is %v", info.Mode())
	}
	text, _ := os.ReadFile(file)
	if want := "first = 1\nfunction f()\\n return 'a\\\\\\\\n' end\nlast = 1\nother = 1\nafter = 1\n"; string(text) != want {
		t.Errorf("the history is\n%s\nwant\n%s", text, want)
	}
	os.Chmod(file, 0o644)

	p = sitAtHome()
	p.ready()
	p.types("\x1b[A")
	p.until("the last entry", func(s *screen) bool { return s.text(s.row) == "> after = 1" })
	p.types("\x1b[A\x1b[A\x1b[A")
	p.until("the entry of two lines", func(s *screen) bool {
		return s.text(s.row) == `>>  return 'a\\n' end` && s.text(s.row-1) == "> function f()"
	})
	p.types("\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B\x1b[B")
	p.ready()
	p.types("\x12fir") // Ctrl-R
	p.until("what is searched", func(s *screen) bool { return s.text(s.row) == "> first = 1" && s.text(s.row+1) == "search: fir_" })
	p.types("x")
	p.until("that nothing is found", func(s *screen) bool { return s.text(s.row+1) == "not found: firx_" })
	p.types("\x7f\x7f\x7f\x7f= 1\x12\x12")
	p.until("the third that matches", func(s *screen) bool { return s.text(s.row) == "> last = 1" })
	p.types("\x1b[D0\r")
	if got := p.enters("last"); got != "01" && got != "1" {
		t.Errorf("the found entry, changed, gave %s", got)
	}
	p.types("draft\x12other\x07") // Ctrl-G gives up
	p.until("the draft", func(s *screen) bool { return s.text(s.row) == "> draft" })
	p.types("\x15")
	p.ready()
	p.types(".history other\r")
	p.sees("4  other = 1")
	p.leaves()
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("a history that others could read stays so: %v", info.Mode())
	}

	moved := filepath.Join(home, "deep", "moved")
	p = sitAtHome("SOCKSCRIPT_HISTORY=" + moved)
	p.enters("elsewhere = 1")
	p.leaves()
	if text, _ := os.ReadFile(moved); string(text) != "elsewhere = 1\n" {
		t.Errorf("the moved history is %q", text)
	}
	for _, off := range []string{"", "off"} {
		p = sitAtHome("SOCKSCRIPT_HISTORY=" + off)
		p.enters("nowhere = 1")
		p.types("\x1b[A")
		p.until("the entry", func(s *screen) bool { return s.text(s.row) == "> nowhere = 1" })
		p.types("\x15")
		p.leaves()
	}
	p = sitAtHome("XDG_STATE_HOME=" + filepath.Join(home, "state"))
	p.enters("there = 1")
	p.leaves()
	if text, _ := os.ReadFile(filepath.Join(home, "state/sockscript/history")); string(text) != "there = 1\n" {
		t.Errorf("the history below XDG_STATE_HOME is %q", text)
	}
	if now, _ := os.ReadFile(file); strings.Contains(string(now), "where") {
		t.Errorf("the usual history has got %q", now)
	}
	p = sitAtHome("SOCKSCRIPT_HISTORY=/dev/null/x")
	p.sees("no history: cannot use /dev/null/x: Not a directory")
	p.leaves()
}

// .save writes a script that does the same.
func TestPromptSaves(t *testing.T) {
	p := sit(t, nil)
	for _, line := range []string{
		"srv = socket.create_listen(0)",
		"local _, port = srv:getsockname() number = port",
		"number = nothing.at.all",
		"task.spawn(function() local s = srv:accept() s:write(s:read(100):upper()) s:close() end)",
		"2 + 3",
		"=_ * 2",
		"print(_)",
		"socket.stream_client('tcp://127.0.0.1:' .. number)",
		`.send hello\n`,
		".recv",
		"print((_))",
	} {
		p.enters(line)
	}
	if got := p.enters(".save session.lua"); got != "10 entries in session.lua" {
		t.Errorf(".save shows %q", got)
	}
	p.leaves()
	text, err := os.ReadFile(filepath.Join(p.cmd.Dir, "session.lua"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "session.lua")
	cmd.Dir = p.cmd.Dir
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "10\nHELLO\n\n" {
		t.Errorf("the saved script\n%sprints %q, %v", text, out, err)
	}
}

func TestPromptInit(t *testing.T) {
	home := t.TempDir()
	write(t, home, ".config/sockscript/init.lua", "function mine() return 'mine' end\nlocal x = nil + 1\n")
	write(t, home, "config/sockscript/init.lua", "mine = = 1\n")
	p := sitIn(t, home, 80, nil)
	p.sees("init.lua:2: attempt to perform ar")
	if got := p.enters("mine()"); got != `"mine"` {
		t.Errorf("a function of init.lua gives %s", got)
	}
	p.leaves()
	p = sitIn(t, home, 80, nil, "XDG_CONFIG_HOME="+filepath.Join(home, "config"))
	p.sees("init.lua:1: syntax error near '='")
	p.leaves()
}

// -i prompts after the program, with its globals, whatever came of it.
func TestPromptAfterAProgram(t *testing.T) {
	home := t.TempDir()
	write(t, home, "good.lua", "x = ... print('runs', arg[0]) t = task.spawn(task.sleep, 1000)")
	write(t, home, "bad.lua", "x = 1\nfunction f() error('on purpose') end\nf()\n")
	write(t, home, "wrong.lua", "x = = 1\n")
	write(t, home, "endless.lua", "x = 1 while true do end")
	for _, k := range []struct {
		args []string
		sees string
		x    string
	}{
		{[]string{"-i", "good.lua", "an argument"}, "runs    good.lua", `"an argument"`},
		{[]string{"-i", "bad.lua"}, "bad.lua:2: on purpose\nstack traceback:", "1"},
		{[]string{"-i", "wrong.lua"}, "wrong.lua:1: syntax error near '='", "nil"},
		{[]string{"-i", "-e", "x = 2", "-e", "error('here')"}, "(command line):1: here", "2"},
		{[]string{"-i"}, "", "nil"},
	} {
		p := sitIn(t, home, 80, k.args)
		p.sees(k.sees)
		if got := p.enters("x"); got != k.x {
			t.Errorf("%v: x is %s, want %s", k.args, got, k.x)
		}
		if status := p.leaves(); status != 0 {
			t.Errorf("%v: exit status %d", k.args, status)
		}
	}
	p := sitIn(t, home, 80, []string{"-i", "endless.lua"})
	p.sees("Ctrl-D leaves")
	p.types("\x03")
	p.sees("endless.lua:1: interrupted")
	if got := p.enters("x"); got != "1" {
		t.Errorf("after Ctrl-C in the script, x is %s", got)
	}
	p.leaves()
	p = sitIn(t, home, 80, []string{"-i", "--timeout", "0.2"})
	if status := p.gone(); status != exitTimeout {
		t.Errorf("--timeout: exit status %d", status)
	}
	p.sees("sockscript: timeout after 200ms")
}

func TestPromptColors(t *testing.T) {
	for _, k := range []struct {
		name string
		args []string
		env  string
		want bool
	}{
		{"usually", nil, "X=", true},
		{"NO_COLOR", nil, "NO_COLOR=1", false},
		{"--no-color", []string{"--no-color"}, "X=", false},
		{"TERM=dumb", nil, "TERM=dumb", false},
	} {
		t.Run(k.name, func(t *testing.T) {
			p := sit(t, k.args, k.env)
			if got := p.enters("1 + 1"); got != "2" {
				t.Errorf("1 + 1 shows %q", got)
			}
			p.leaves()
			if got := strings.Contains(p.written(), "m2\x1b[0m"); got != k.want {
				t.Errorf("colours: %v, want %v; it wrote %q", got, k.want, p.written())
			}
			if k.env == "TERM=dumb" && strings.Contains(p.written(), "\x1b") {
				t.Errorf("a dumb terminal is sent %q", p.written())
			}
		})
	}
}

// Without escape sequences the terminal itself edits the line.
func TestPromptOnADumbTerminal(t *testing.T) {
	p := sit(t, nil, "TERM=dumb")
	p.enters("function show(line) print(line) end")
	peer := p.serve()
	p.types("1 +\r")
	p.sees(">>")
	p.types("2\r")
	p.sees("\n3\n")
	fmt.Fprintln(peer, "a line of a task's")
	p.sees("a line of a task's\n>")
	p.ready()
	p.types("print('it runs') task.sleep(1000)\r")
	p.sees("\nit runs\n")
	p.types("\x03")
	p.sees("interrupted")
	p.enters("a, b = socket.stream_pair(1, 1, 0)")
	p.enters("task.spawn(function() for line in b:lines() do b:write('<' .. line .. '>\\n') end end)")
	for i, end := range []string{"\x1d", "\x03"} {
		again := func(text string) {
			t.Helper()
			p.until(text, func(s *screen) bool { return strings.Count(s.String(), text) == i+1 })
		}
		p.enters("a")
		p.types(".interact\r")
		again("Ctrl-] comes back")
		p.types("sp\x7fomething\r")
		again("<something>")
		p.types(end)
		p.ready()
	}
	p.leaves()
	p.until("no other prompt", func(s *screen) bool { return s.text(s.row) == "" })
}

// A task that ends the program under an interact leaves the terminal as it was.
func TestPromptExitsUnderAnInteract(t *testing.T) {
	for _, term := range []string{"xterm", "dumb"} {
		p := sit(t, nil, "TERM="+term)
		p.enters("a, b = socket.stream_pair(1, 1, 0)")
		p.enters("task.spawn(function() b:read_line() os.exit(3) end)")
		p.enters("a")
		p.types(".interact\r")
		p.sees("Ctrl-] comes back")
		p.types("go\r")
		if status := p.gone(); status != 3 {
			t.Errorf("%s: exit status %d", term, status)
		}
	}
}

// The line is right in windows of any width, whatever is typed.
func TestPromptDraws(t *testing.T) {
	const text = "x = 'abcdefghij klmnopqrstuvwxyz 日本語の文字列 e\u0301 ünï 0123456789 \t end'"
	shown := strings.ReplaceAll(text, "\t", "    ")
	for _, columns := range []int{4, 7, 10, 20, 33, 80, 200} {
		t.Run(fmt.Sprint(columns, " columns"), func(t *testing.T) {
			p := sitIn(t, t.TempDir(), columns, nil, "NO_COLOR=1")
			p.ready()
			p.types("\x1b[200~" + text + "\x1b[201~")
			whole := func(s *screen) bool { return strings.HasSuffix(s.unwrapped(), "> "+shown) }
			p.until("the whole line", whole)
			p.types("\x01y\x1b[C\x1b[3~\x1b[D\x7f") // to the start; there and back
			p.until("the line without its blank", func(s *screen) bool {
				return strings.HasSuffix(s.unwrapped(), "> "+strings.Replace(shown, "x ", "x", 1))
			})
			p.types("\x05\x7f\x7f\x7f\x7fend'")
			p.types("\r")
			if got, want := p.enters("#x"), fmt.Sprint(len(text)-len("x = ''")); strings.TrimSpace(got) != want { // in 4 columns its colour's end is a row
				t.Errorf("#x is %q, want %s", got, want)
			}
			p.leaves()
		})
	}
}

// unwrapped is everything that was shown up to the cursor's last row, with rows
// joined where they fill the width.
func (s *screen) unwrapped() string {
	var b strings.Builder
	for row := range s.lines {
		cells := s.lines[row].cells
		b.WriteString(strings.Join(cells, ""))
		if len(cells) < s.columns-1 {
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

func TestPromptResizes(t *testing.T) {
	p := sit(t, nil)
	p.enters("'before'")
	const text = "'0123456789 0123456789 0123456789 0123456789 0123456789'"
	p.types(text)
	p.sees(text)
	for _, columns := range []int{30, 12, 60, 100} {
		p.mu.Lock()
		p.screen.resize(columns, 24)
		p.mu.Unlock()
		if err := pty.Setsize(p.master, &pty.Winsize{Rows: 24, Cols: uint16(columns)}); err != nil {
			t.Fatal(err)
		}
		once := func(line string) { // and nothing of an older drawing
			p.until("the line", func(s *screen) bool {
				return strings.HasSuffix(s.unwrapped(), "> "+line) && strings.Count(s.unwrapped(), "0123456789 0123456789 0123456789 0123456789") == 1
			})
		}
		p.types("\x01\x05 .. '!'") // what comes after the size is drawn in it
		once(text + " .. '!'")
		p.types("\x7f\x7f\x7f\x7f\x7f\x7f\x7f")
		once(text)
	}
	p.types("\r")
	p.sees(strings.ReplaceAll(text, "'", `"`))
	p.leaves()
	if shown := p.shows(); strings.Count(shown, `"before"`) != 1 {
		t.Errorf("what was printed before is\n%s", shown)
	}
}

// A server and a client at one prompt.
func TestPromptSession(t *testing.T) {
	p := sit(t, nil)
	_, port, _ := strings.Cut(strings.TrimSuffix(p.enters(".listen 127.0.0.1:0"), " listening"), "127.0.0.1:")
	p.enters("server = _")
	p.types("function serve(client)\r  for line in client:lines() do\r    client:write(line:upper() .. '\\n')\r  end\r  print('the client has left')\rend\r")
	p.enters("t = task.spawn(function() serve(server:accept()) end)")
	if got := p.enters(".connect " + port); !strings.HasSuffix(got, "-> 127.0.0.1:"+port+" connected") {
		t.Errorf(".connect shows %q", got)
	}
	p.enters(`.send hello\n`)
	if got := p.enters(".recv"); got != `"HELLO\n"` {
		t.Errorf(".recv shows %q", got)
	}
	if got := p.enters(".tasks"); !strings.Contains(got, "stdin:2  read on tcp 127.0.0.1:"+port) {
		t.Errorf(".tasks shows %q", got)
	}
	if got := p.enters(".sockets"); strings.Count(got, "connected") != 2 || !strings.Contains(got, "server") {
		t.Errorf(".sockets shows %q", got)
	}
	p.enters(".close")
	p.until("what the task prints", func(s *screen) bool { // it stands in the function too
		return strings.Contains(s.String(), "\nthe client has left\n") && atPrompt(s)
	})
	if got := p.enters("t:status()"); got != `"done"` {
		t.Errorf("the task is %s", got)
	}
	p.leaves()
}

// The session that the README shows is what such a session shows, but for numbers of
// ports and descriptors and times.
func TestPromptShowsWhatTheReadmeSays(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := codeBlocks(string(text))
	i := slices.IndexFunc(blocks, func(b string) bool { return strings.HasPrefix(b, "$ sockscript\n> ") })
	if i < 0 {
		t.Fatal("there is no session in the README")
	}
	p := sit(t, nil)
	port := "7777"
	for _, entry := range strings.Split(strings.TrimPrefix(blocks[i], "$ sockscript"), "\n> ")[1:] {
		row := p.row()
		var want []string
		for j, line := range strings.Split(strings.TrimSuffix(entry, "\n"), "\n") {
			more, ok := strings.CutPrefix(line, ">> ")
			switch {
			case j == 0 && strings.HasPrefix(line, ".listen"):
				p.types(strings.Replace(line, port, "0", 1) + "\r")
			case j == 0:
				p.types(strings.Replace(line, "7777", port, 1) + "\r")
			case ok:
				p.sees(">>")
				p.types(more + "\r")
				row++
			default:
				want = append(want, line)
			}
		}
		got := p.shown(row)
		if name, ok := strings.CutSuffix(got, " listening"); ok && port == "7777" {
			port = name[strings.LastIndexByte(name, ':')+1:]
		}
		if got, want := unnumbered(got), unnumbered(strings.Join(want, "\n")); got != want {
			t.Errorf("%s\nshows\n%s\nthe README says\n%s", entry, got, want)
		}
	}
	p.leaves()
}

// unnumbered is a text with every number, and the blanks behind it, made one.
func unnumbered(text string) string {
	text = regexp.MustCompile(`[\d.]*\d`).ReplaceAllString(text, "N")
	return regexp.MustCompile(` +`).ReplaceAllString(text, " ")
}

// A terminal that goes away under an interact, without a signal, ends what is typed;
// the peer may finish, and then the prompt ends.
func TestPromptLosesItsTerminal(t *testing.T) {
	for _, term := range []string{"xterm", "dumb"} {
		t.Run(term, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			master, slave, err := pty.Open()
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(binary)
			cmd.Env = []string{"HOME=" + t.TempDir(), "TERM=" + term}
			cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
			cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true} // it is not the one that signals come from
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			slave.Close()
			defer time.AfterFunc(patience, func() { cmd.Process.Kill() }).Stop()
			fmt.Fprintf(master, ".connect tcp://%s\r.interact\rhello\r", l.Addr())
			l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
			peer, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			peer.SetDeadline(time.Now().Add(patience))
			lines := bufio.NewReader(peer)
			if line, err := lines.ReadString('\n'); line != "hello\n" {
				t.Errorf("the peer got %q, %v", line, err)
			}
			master.Close()
			if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
				t.Errorf("then the peer got %q, %v", rest, err)
			}
			peer.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("the prompt ended with %v", err)
			}
		})
	}
}
