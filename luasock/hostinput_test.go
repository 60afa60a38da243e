package luasock

import (
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"
)

// stutter is a reader that has nothing now and then.
type stutter struct {
	io.Reader
	odd bool
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.odd = !s.odd; s.odd {
		return 0, unix.EAGAIN
	}
	return s.Reader.Read(p)
}

// socket.STDIN and io.read read what the host gives.
func TestHostInput(t *testing.T) {
	for _, k := range []struct{ name, code, want string }{
		{"lines of a stream", "for line in socket.STDIN:lines() do out = out .. line .. ';' end", "one;two;three;"},
		{"everything", "out = socket.STDIN:get_contents()", "one\ntwo\nthree\n"},
		{"the end", "socket.STDIN:get_contents() local _, why, n = socket.STDIN:read(1) out = why .. n", "closed0"},
		{"io", "for line in io.lines() do out = out .. line .. ';' end", "one;two;three;"},
		{"io and the stream share what was read ahead", "local i = socket.STDIN out = io.read() .. i:gets() .. i:buffered() .. io.read(2) .. i:read(2) .. io.read('*a')", "onetwo\n6three\n"},
		{"a read of io by a task that is cancelled loses nothing", "local t = task.spawn(io.read, 100) task.yield() t:cancel() t:join() out = socket.STDIN:gets() .. io.read('*a')", "one\ntwo\nthree\n"},
		{"a closed stream", "socket.STDIN:close() out = select(2, io.read())", "stream is closed"},
		{"copied", "a, b = socket.stream_pair(1, 1, 0) socket.STDIN:copy_to(a) a:close() out = b:read_all()", "one\ntwo\nthree\n"},
	} {
		t.Run(k.name, func(t *testing.T) {
			vm, err := New(Options{Stdin: &stutter{Reader: strings.NewReader("one\ntwo\nthree\n")}})
			if err != nil {
				t.Fatal(err)
			}
			defer vm.Close()
			fn, err := vm.Load([]byte("out = '' "+k.code), "=test")
			if err != nil {
				t.Fatal(err)
			}
			if err := vm.Do(fn); err != nil {
				t.Fatal(err)
			}
			if got := vm.L.GetGlobal("out").String(); got != k.want {
				t.Errorf("%q, want %q", got, k.want)
			}
		})
	}
}

// A wait that is cut short loses nothing, and is no deadlock.
func TestHostInputIsCutShort(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	vm, err := New(Options{Stdin: r})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	vm.L.SetGlobal("give", vm.L.NewFunction(func(L *lua.LState) int {
		w.WriteString(L.CheckString(1))
		return 0
	}))
	fn, err := vm.Load([]byte(`
		local input = socket.STDIN
		input:set_timeout(0.01)
		local _, why = input:gets()
		assert(why == "timeout", why)
		input:set_timeout(60)
		local t = task.spawn(input.gets, input)
		task.yield()
		t:cancel("enough")
		assert(select(2, t:join()) == "enough")
		give("late\n")
		assert(input:gets() == "late\n")
		give("1 4")
		assert(io.read("*n") == 1)
		t = task.spawn(io.read, "*n")
		task.yield()
		t:cancel("enough")
		assert(select(2, t:join()) == "enough")
		give("2 ")
		assert(io.read("*n", 1) == 42)
		t = task.spawn(input.gets, input)
		task.yield()
		input:close()
		local ok, got, why, n = t:join()
		assert(ok and got == nil and why == "closed" and n == 0)
		ok, why = pcall(io.lines())
		assert(not ok and why:find("stream is closed"), why)
	`), "=test")
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Do(fn); err != nil {
		t.Fatal(err)
	}
}

// A task that waits for the program's own standard input ends with its VM, though
// no input comes.
func TestInputEndsWithVM(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	own, err := unix.Dup(0)
	if err != nil {
		t.Skip(err)
	}
	defer unix.Close(own)
	if err := unix.Dup2(int(r.Fd()), 0); err != nil {
		t.Fatal(err)
	}
	defer unix.Dup2(own, 0)
	before := runtime.NumGoroutine()
	for range 10 {
		vm, err := New(Options{Exit: func(int) {}})
		if err != nil {
			t.Fatal(err)
		}
		fn, err := vm.Load([]byte("task.spawn(io.read) task.yield() os.exit(0)"), "=test")
		if err != nil {
			t.Fatal(err)
		}
		if err := vm.Do(fn); !errors.Is(err, ErrEnded) {
			t.Fatal(err)
		}
		vm.Close()
	}
	for end := time.Now().Add(patience / 2); runtime.NumGoroutine() >= before+10; runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
	}
}
