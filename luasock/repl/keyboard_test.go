package repl

import (
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// typing gives a keyboard at which the keys have been typed.
func typed(t testing.TB, keys string) *keyboard {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	k, err := newKeyboard(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.Close()
		r.Close()
	})
	go func() {
		w.WriteString(keys)
		w.Close()
	}()
	return k
}

// all reads keys to the end.
func all(k *keyboard) string {
	var keys strings.Builder
	p := make([]byte, 64)
	for {
		k.open()
		n, err := k.Read(p)
		keys.Write(p[:n])
		if err != nil {
			return keys.String()
		}
	}
}

func TestKeys(t *testing.T) {
	for _, k := range []struct{ name, keys, want string }{
		{"letters", "aé日", "aé日"},
		{"controls", "\x01\x03\t\n\x7f", "\x01\x03\t\n\x7f"},
		{"arrows", "\x1b[A\x1b[B\x1b[C\x1b[D\x1bOA", string(keyUp) + string(keyDown) + "\x06\x02" + string(keyUp)},
		{"home and end", "\x1b[H\x1b[F\x1b[1~\x1b[4~\x1b[7~\x1b[8~", strings.Repeat(string(keyHome)+string(keyEnd), 3)},
		{"Delete", "\x1b[3~", string(keyDelete)},
		{"words", "\x1b[1;5C\x1b[1;3D\x1bb\x1bf\x1bd\x1b\x7f", "\x1bf\x1bb\x1bb\x1bf\x1bd\x1b\x7f"},
		{"Alt-Enter", "\x1b\r", string(keyNewline)},
		{"what means nothing", "\x1b[15~\x1b[Ix\x1b[200;1zy\x1bz\x1b[6n\x00", "xy"},
		{"a key cut short", "x\x1b[1", "x"},
		{"Escape at the end", "x\x1b", "x"},
		{"no UTF-8", "a\xff\xc3(b", "a\ufffd\ufffd(b"},
		{"what stands for a key", string(keyPaste), "\ufffd"},
		{"a sequence without end", "\x1b[" + strings.Repeat("1", 40) + "x", "11111111x"},
	} {
		if got := all(typed(t, k.keys)); got != k.want {
			t.Errorf("%s: %q, want %q", k.name, got, k.want)
		}
	}
}

func TestPasteKey(t *testing.T) {
	for _, k := range []struct{ pasted, want string }{
		{"one\rtwo\r\nthree\n", "one\ntwo\nthree\n"},
		{"tab\t, escape \x1b[31m, bell \a, nul \x00.", "tab\t, escape [31m, bell , nul \ufffd."},
		{"\xff" + string(keyUp), "\ufffd\ufffd"},
		{"", ""},
		{"\x1b[200~", "[200~"},
	} {
		keys := typed(t, "\x1b[200~"+k.pasted+"\x1b[201~x")
		if got := all(keys); got != string(keyPaste)+"x" || keys.paste() != k.want {
			t.Errorf("%q: %q stands for %q, want %q", k.pasted, got, keys.paste(), k.want)
		}
	}
}

// Who hangs up need not wait for the end of a paste, whose mark may never come.
func TestPasteIsHungUp(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	k, err := newKeyboard(r)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	w.WriteString("\x1b[200~x")
	keys := make(chan string, 1)
	go func() {
		key, _ := k.key()
		keys <- key
	}()
	for fds := []unix.PollFd{{Fd: int32(r.Fd()), Events: unix.POLLIN}}; ; runtime.Gosched() {
		if n, err := unix.Poll(fds, 0); n == 0 && err == nil {
			break
		}
	}
	k.hangUp(true)
	select {
	case key := <-keys:
		if key != string(keyHangUp) {
			t.Errorf("it gives %q", key)
		}
	case <-time.After(time.Minute):
		t.Fatal("it waits for the rest of the paste")
	}
}

// A closed keyboard ends the wait for a key, and leaves the input open.
func TestKeyboardCloses(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	k, err := newKeyboard(r)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 3)
	go func() { // the prompt's, for which it is not yet time
		_, err := k.Read(make([]byte, 1))
		ended <- err
	}()
	script := scriptInput{func() *keyboard { return k }}
	go func() { // a script's, in its turn
		_, err := script.Read(make([]byte, 1))
		ended <- err
	}()
	k.lend(true)
	k.Close()
	for range 2 {
		select {
		case err := <-ended:
			if err != io.EOF {
				t.Errorf("a read ended with %v", err)
			}
		case <-time.After(time.Minute):
			t.Fatal("a read did not end")
		}
	}
	if _, err := w.WriteString("x"); err != nil {
		t.Error("the input is closed: ", err)
	}
}

// What a script waits for is not lost when the prompt takes the keyboard back, and
// the script gets nothing of the prompt's.
func TestKeyboardIsLent(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	k, err := newKeyboard(r)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	lines := make(chan string, 1)
	k.lend(true)
	go func() {
		p := make([]byte, 64)
		for {
			n, err := scriptInput{func() *keyboard { return k }}.Read(p)
			if err == unix.EAGAIN { // its turn was over
				continue
			}
			lines <- string(p[:n])
			return
		}
	}()
	k.lend(false)
	k.open()
	w.WriteString("a")
	if key, err := k.key(); key != "a" || err != nil {
		t.Errorf("the prompt got %q, %v", key, err)
	}
	k.lend(true)
	w.WriteString("script's\nprompt's")
	select {
	case line := <-lines:
		if line != "script's\n" {
			t.Errorf("the script got %q", line)
		}
	case <-time.After(time.Minute):
		t.Fatal("the script got nothing")
	}
	k.lend(false)
	if key, err := k.key(); key != "p" || err != nil {
		t.Errorf("then the prompt got %q, %v", key, err)
	}
}

func FuzzKeyboard(f *testing.F) {
	for _, keys := range []string{"a\x1b[A", "\x1b[200~x\x1b[201~", "\xff\x1bO", "\x1b[1;5C\x1b\r"} {
		f.Add(keys)
	}
	f.Fuzz(func(t *testing.T, keys string) {
		for _, r := range all(typed(t, keys)) {
			if r == 0 {
				t.Errorf("%q gives the end", keys)
			}
		}
	})
}
