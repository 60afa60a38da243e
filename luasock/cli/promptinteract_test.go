package cli

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

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
