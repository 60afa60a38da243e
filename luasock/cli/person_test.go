package cli

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// person sits at a terminal in which the command runs.
type person struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	slave  *os.File
	before *unix.Termios
	done   chan struct{}

	mu     sync.Mutex
	screen *screen
	raw    bytes.Buffer
	news   chan struct{} // is closed when the screen changes
}

// sit starts the command in a terminal of 80 columns, in a folder of its own and
// with a home of its own; env are more variables.
func sit(t *testing.T, args []string, env ...string) *person {
	t.Helper()
	return sitIn(t, t.TempDir(), 80, args, env...)
}

func sitIn(t *testing.T, home string, columns int, args []string, env ...string) *person {
	t.Helper()
	return sitBefore(t, exec.Command(binary, args...), home, columns, env...)
}

// sitBefore starts any program in a terminal.
func sitBefore(t *testing.T, cmd *exec.Cmd, home string, columns int, env ...string) *person {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: uint16(columns)}); err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, master: master, slave: slave, done: make(chan struct{}), screen: newScreen(columns, 24), news: make(chan struct{})}
	if p.before, err = getTermios(slave); err != nil {
		t.Fatal(err)
	}
	p.cmd = cmd
	p.cmd.Dir = home
	p.cmd.Env = append([]string{"HOME=" + home, "TERM=xterm", "PATH=" + os.Getenv("PATH")}, env...)
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = slave, slave, slave
	p.cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.look()
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.done
		slave.Close()
		master.Close()
	})
	return p
}

// look keeps the screen.
func (p *person) look() {
	buf := make([]byte, 4096)
	for {
		n, err := p.master.Read(buf)
		p.mu.Lock()
		p.screen.Write(buf[:n])
		p.raw.Write(buf[:n])
		close(p.news)
		p.news = make(chan struct{})
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// until waits until the screen shows what is asked.
func (p *person) until(what string, seen func(s *screen) bool) {
	p.t.Helper()
	over := time.After(patience)
	for {
		p.mu.Lock()
		ok, news := seen(p.screen), p.news
		p.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-news:
		case <-over:
			p.mu.Lock()
			defer p.mu.Unlock()
			p.t.Fatalf("waited for %s; the screen shows\n%s\nand the last bytes were %q", what, p.screen, tail(p.raw.String()))
		}
	}
}

// shows is everything that was shown, written what came for that.
func (p *person) shows() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.screen.String()
}

func (p *person) written() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.raw.String()
}

func tail(s string) string { return s[max(0, len(s)-600):] }

// sees waits until a text has been shown.
func (p *person) sees(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("%q", text), func(s *screen) bool { return strings.Contains(s.String(), text) })
}

// types presses keys.
func (p *person) types(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// ready waits for a prompt behind which nothing is typed.
func (p *person) ready() {
	p.t.Helper()
	p.until("a prompt", atPrompt)
}

func atPrompt(s *screen) bool {
	return s.text(s.row) == ">" && s.column == 2 && s.row == len(s.lines)-1
}

// enters types a line, and gives what was shown between it and the next prompt.
func (p *person) enters(line string) string {
	p.t.Helper()
	row := p.row()
	p.types(line)
	seen := strings.TrimRight(line, " ")
	p.until("the typed line", func(s *screen) bool { return strings.HasSuffix(s.typed(), seen) })
	p.types("\r")
	return p.shown(row)
}

// typed is the text before the cursor in its row and, where that is wrapped, in
// those before.
func (s *screen) typed() string {
	text := ""
	for row := max(s.top, s.row-20); row < s.row; row++ {
		text += strings.Join(s.lines[row].cells, "")
	}
	return text + s.text(s.row)
}

// shown waits for the next prompt after a row, and gives what stands between.
func (p *person) shown(row int) string {
	p.t.Helper()
	var text []string
	p.until("the next prompt", func(s *screen) bool {
		text = nil
		if s.row <= row || !atPrompt(s) {
			return false
		}
		for i := row + 1; i < s.row; i++ {
			text = append(text, s.text(i))
		}
		return true
	})
	return strings.Join(text, "\n")
}

// leaves presses Ctrl-D and gives the exit status.
func (p *person) leaves() int {
	p.t.Helper()
	p.ready()
	p.types("\x04")
	return p.gone()
}

// gone waits for the end of the command, after which the terminal must be as it
// was.
func (p *person) gone() int {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(patience):
		p.until("the end", func(*screen) bool { return false })
	}
	after, err := getTermios(p.slave)
	if err != nil {
		p.t.Fatal(err)
	}
	if *after != *p.before {
		p.t.Errorf("the terminal is left in another mode: %+v, was %+v", *after, *p.before)
	}
	p.until("the end of bracketed paste", func(s *screen) bool { return !s.paste })
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.screen.unknown != nil {
		p.t.Errorf("it wrote sequences that the screen does not know: %q", p.screen.unknown)
	}
	return p.cmd.ProcessState.ExitCode()
}

// untabbed is a text as the screen shows it.
func untabbed(text string) string {
	s := newScreen(200, 100)
	s.Write([]byte(strings.ReplaceAll(text, "\n", "\r\n")))
	return strings.TrimRight(s.String(), "\n")
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
