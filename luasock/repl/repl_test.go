package repl

import (
	"os"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
)

// terminals gives both ends of a terminal, whose output is thrown away.
func terminals(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, slave, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		slave.Close()
		master.Close()
	})
	t.Setenv("TERM", "xterm")
	t.Setenv("HOME", t.TempDir())
	go func() {
		buf := make([]byte, 4096)
		for {
			if _, err := master.Read(buf); err != nil {
				return
			}
		}
	}()
	return master, slave
}

func modes(t *testing.T, f *os.File) unix.Termios {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

// A prompt can be opened on a VM of any host, more than once, and nothing of it
// stays.
func TestRunOnAnyVM(t *testing.T) {
	master, slave := terminals(t)
	before := modes(t, slave)
	vm := newVM(t, luasock.Options{})
	for range 3 {
		master.WriteString("n = (n or 0) + 1\n.quit\n")
		if status := Run(vm, Options{In: slave, Out: slave}); status != 0 {
			t.Errorf("status %d", status)
		}
		if after := modes(t, slave); after != before {
			t.Errorf("the terminal's modes are %+v, were %+v", after, before)
		}
	}
	if n := vm.L.GetGlobal("n").String(); n != "3" {
		t.Errorf("n is %s", n)
	}
	if vm.L.Context() != nil {
		t.Error("the VM still has the prompt's context")
	}
}

// A panic finds the terminal as it was.
func TestRunPanics(t *testing.T) {
	_, slave := terminals(t)
	before := modes(t, slave)
	vm := newVM(t, luasock.Options{})
	c := NewConsole(Options{In: slave, Out: slave})
	raw := make(chan struct{})
	go func() { // as soon as the prompt waits for a key
		for modes(t, slave) == before {
			time.Sleep(time.Millisecond)
		}
		close(raw)
		vm.Post(func() { panic("on purpose") })
	}()
	defer func() {
		<-raw
		if e := recover(); e != "on purpose" {
			t.Errorf("the panic is %v", e)
		}
		if after := modes(t, slave); after != before {
			t.Errorf("the terminal's modes are %+v, were %+v", after, before)
		}
	}()
	c.Run(vm)
}

// A cancel that comes too late for an entry is nobody's.
func TestPromptOutlivesStrayCancels(t *testing.T) {
	master, slave := terminals(t)
	vm := newVM(t, luasock.Options{})
	vm.Post(func() {
		vm.Cancel(vm.Loop().Main(), "stray")
		vm.Post(func() { master.WriteString("n = 1\n.quit\n") })
	})
	if status := Run(vm, Options{In: slave, Out: slave}); status != 0 || vm.L.GetGlobal("n").String() != "1" {
		t.Errorf("status %d, n is %s", status, vm.L.GetGlobal("n"))
	}
}
