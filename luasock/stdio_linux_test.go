package luasock

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pty opens a terminal: the keyboard's side, and the program's.
func pty(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { keyboard.Close() })
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return keyboard, terminal
}

// screen is what the program has shown, as far as no readFor has passed it.
type screen struct {
	keyboard *os.File
	shown    string
}

// readFor reads until a text has been shown.
func (s *screen) readFor(t *testing.T, want string) {
	t.Helper()
	fds := []unix.PollFd{{Fd: int32(s.keyboard.Fd()), Events: unix.POLLIN}}
	for end := time.Now().Add(patience / 4); !strings.Contains(s.shown, want); {
		if time.Now().After(end) {
			t.Fatalf("%q did not come; %q did", want, s.shown)
		}
		if n, _ := unix.Poll(fds, 100); n <= 0 {
			continue
		}
		buf := make([]byte, 1000)
		n, err := unix.Read(int(s.keyboard.Fd()), buf)
		if err != nil {
			t.Fatalf("%q did not come; %q did: %v", want, s.shown, err)
		}
		s.shown += string(buf[:n])
	}
	_, s.shown, _ = strings.Cut(s.shown, want)
}

// On a terminal interact gives each key at once, and puts the terminal back;
// Ctrl-D ends the input for one read only.
func TestTerminal(t *testing.T) {
	keyboard, terminal := pty(t)
	before, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	cmd := program(t, `
		local a, b = socket.stream_pair(socket.STREAM_PF_UNIX, socket.SOCK_STREAM, 0)
		local t = task.spawn(function() for key in b:chunks(1) do b:write("<" .. key:byte() .. ">") end end)
		socket.STDOUT:write("line? ")
		socket.STDOUT:write("got " .. socket.STDIN:gets())
		socket.STDOUT:write("end? ")
		print(socket.STDIN:gets())
		print(socket.STDIN:eof())
		print("more " .. socket.STDIN:gets())
		print("keys")
		print("result", a:interact())
		a:close()`)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = terminal, terminal, terminal
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	see := &screen{keyboard: keyboard}
	press := func(text string) { keyboard.WriteString(text) }
	see.readFor(t, "line? ")
	press("hello\n")
	see.readFor(t, "got hello")
	see.readFor(t, "end? ")
	press("\x04")
	see.readFor(t, "true")
	press("again\n")
	see.readFor(t, "more again")
	see.readFor(t, "keys")
	press("k")
	see.readFor(t, "<107>")
	press("\x03")
	see.readFor(t, "<3>")
	press("\x1d")
	see.readFor(t, "result\ttrue")
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	after, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil || *after != *before {
		t.Errorf("the terminal is not as it was: %+v, %v", after, err)
	}
}
