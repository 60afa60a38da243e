package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
