package cli

import (
	"fmt"
	"strings"
	"testing"

	"github.com/creack/pty"
)

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
