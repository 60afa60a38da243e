package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestOptions(t *testing.T) {
	for _, test := range []struct {
		args string // separated by spaces
		want options
	}{
		{"", options{}},
		{"x.lua", options{script: "x.lua"}},
		{"x.lua a -e --timeout 3 --", options{script: "x.lua", args: []string{"a", "-e", "--timeout", "3", "--"}}},
		{"-", options{script: "-"}},
		{"- a", options{script: "-", args: []string{"a"}}},
		{"-- -x.lua a", options{script: "-x.lua", args: []string{"a"}}},
		{"-e 1 -e2 -e=3 --execute 4 --execute=5", options{statements: []string{"1", "2", "3", "4", "5"}}},
		{"-l a -lb --require c", options{modules: []string{"a", "b", "c"}}},
		{"-i", options{interactive: true}},
		{"-ie x", options{interactive: true, statements: []string{"x"}}},
		{"--timeout 2.5 x", options{timeout: 2500 * time.Millisecond, script: "x"}},
		{"--timeout=1e1", options{timeout: 10 * time.Second}},
		{"--trace x", options{trace: "-", script: "x"}},
		{"--trace=y x", options{trace: "y", script: "x"}},
		{"--no-color", options{noColor: true}},
		{"-v", options{version: true}},
		{"-h x", options{help: true, script: "x"}},
		{"test --timeout 3", options{script: "test", args: []string{"--timeout", "3"}}},
	} {
		got, err := parse(strings.Fields(test.args))
		if len(got.args) == 0 {
			got.args = nil
		}
		got.programs = nil
		if err != nil || fmt.Sprintf("%#v", got) != fmt.Sprintf("%#v", test.want) {
			t.Errorf("%q: %+v, %v; want %+v", test.args, got, err, test.want)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	for args, want := range map[string]string{
		"--timout 3 x":  "unknown option --timout; did you mean --timeout?",
		"--timout=3":    "unknown option --timout; did you mean --timeout?",
		"--traces":      "unknown option --traces; did you mean --trace?",
		"--no-colour":   "unknown option --no-colour; did you mean --no-color?",
		"-timeout 3":    "unknown option -timeout; did you mean --timeout?",
		"-version":      "", // -v, then letters: as good as --version
		"--nope":        "unknown option --nope",
		"-x":            "unknown option -x",
		"-ix":           "unknown option -x",
		"---x":          "unknown option ---x",
		"-e":            "option -e needs a value",
		"--timeout":     "option --timeout needs a value",
		"--timeout x":   `--timeout must be seconds above 0, got "x"`,
		"--timeout -1":  `--timeout must be seconds above 0, got "-1"`,
		"--timeout inf": `--timeout must be seconds above 0, got "inf"`,
		"--timeout nan": `--timeout must be seconds above 0, got "nan"`,
		"--trace=":      `--trace must be a file's name, got ""`,
		"-v=x":          "option -v takes no value",
		"--no-color=x":  "option --no-color takes no value",
	} {
		_, err := parse(strings.Fields(args))
		if err == nil {
			err = errors.New("")
		}
		if err.Error() != want {
			t.Errorf("%q: %q, want %q", args, err, want)
		}
	}
}

// What the command says of itself fits a screen of 24 lines and 80 columns.
func TestUsagesFitAScreen(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"help"}, {"check", "-h"}, {"types", "-h"}, {"completion", "-h"}} {
		got := run1(t, t.TempDir(), "", args...)
		lines := strings.Split(strings.TrimSuffix(got.stdout, "\n"), "\n")
		if got.status != 0 || len(lines) > 23 || len(lines) < 4 { // the prompt needs one
			t.Errorf("%v: status %d, %d lines", args, got.status, len(lines))
		}
		for _, line := range lines {
			if utf8.RuneCountInString(line) > 80 {
				t.Errorf("%v: %d columns: %s", args, utf8.RuneCountInString(line), line)
			}
		}
	}
}

// The usage tells of every option and subcommand that there is.
func TestUsageIsComplete(t *testing.T) {
	for _, o := range shellOptions() {
		if !strings.Contains(usage, "\n  -"+o.letter+" ") && !strings.Contains(usage, "\n  -"+o.letter+",") && !strings.Contains(usage, " --"+o.name) {
			t.Errorf("the usage has no option %+v", o)
		}
	}
	for _, sub := range subcommands() {
		if !strings.Contains(usage, "sockscript "+sub.name) {
			t.Errorf("the usage has no subcommand %s", sub.name)
		}
	}
}

func TestSubcommands(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"check", "types", "completion"} {
		write(t, dir, name, "print('a script named "+name+"')")
	}
	for _, test := range []struct {
		name string
		args []string
		want expected
	}{
		{"a misspelt subcommand", []string{"chek", "x"}, expected{2, "", "sockscript: cannot read chek: No such file or directory; did you mean 'sockscript check'?\n"}},
		{"another", []string{"hlep"}, expected{2, "", "sockscript: cannot read hlep: No such file or directory; did you mean 'sockscript help'?\n"}},
		{"a script that is like none", []string{"nope.lua"}, expected{2, "", "sockscript: cannot read nope.lua: No such file or directory\n"}},
		{"a script named like one", []string{"./check"}, expected{0, "a script named check\n", ""}},
		{"another script", []string{"./types", "x"}, expected{0, "a script named types\n", ""}},
		{"options of programs", []string{"-e", "x", "check", "y"}, expected{2, "", "sockscript: option -e is for programs; a script named check is run as ./check\ntry 'sockscript --help'\n"}},
		{"options of programs, long", []string{"--trace", "types"}, expected{2, "", "sockscript: option --trace is for programs; a script named types is run as ./types\ntry 'sockscript --help'\n"}},
		{"the option that is for all", []string{"--no-color", "help", "print"}, expected{0, "~(?s)print.*", ""}},
		{"an option that it has not", []string{"types", "--forse"}, expected{2, "", "sockscript: types: unknown option --forse\ntry 'sockscript --help'\n"}},
		{"help on a name that is nearly one", []string{"help", "socket.bnd"}, expected{2, "", "sockscript: there is no help on \"socket.bnd\"; did you mean socket.bind? 'sockscript help' lists the modules\n"}},
		{"help on a method of some object", []string{"help", "server:accept"}, expected{0, "~(?s)fp:accept\\(.*\nsocket\\.accept\\(s\\).*", ""}},
		{"help on a method that is nearly one", []string{"help", "s:bnd"}, expected{2, "", "~.*did you mean s:bind\\? .*\n"}},
		{"help on a name without its module", []string{"help", "list"}, expected{2, "", "~.*did you mean socket.list or task.list\\? .*\n"}},
		{"help on a global", []string{"help", "print"}, expected{0, "~(?s)print\\(\\.\\.\\.\\)\n.*", ""}},
		{"help on a class", []string{"help", "Channel"}, expected{0, "~(?s)Channel: .*\n  ch:send\\(value .*", ""}},
		{"help on a subcommand", []string{"help", "types"}, expected{0, "~(?s)usage: sockscript types .*", ""}},
		{"completion for no shell", []string{"completion"}, expected{2, "", "~(?s)sockscript: completion needs the name of a shell: bash, zsh or fish\n.*"}},
		{"completion for another shell", []string{"completion", "csh"}, expected{2, "", "~(?s)sockscript: completion knows bash, zsh and fish, got \"csh\"\n.*"}},
		{"completion topics", []string{"completion", "topics"}, expected{0, "~(?s).*\nTask:join\n.*\nprint\n.*\nsocket\nsocket.accept\n.*", ""}},
	} {
		t.Run(test.name, func(t *testing.T) { test.want.check(t, run1(t, dir, "", test.args...)) })
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "good.lua", "print(socket.AF_INET)")
	write(t, dir, "bad.lua", "\nprint(sokcet)")
	write(t, dir, "worse.lua", "x = = 1")
	write(t, dir, "folder/one.lua", "wrong()")
	if err := os.Symlink("nowhere", filepath.Join(dir, "folder/broken.lua")); err != nil {
		t.Fatal(err)
	}
	bad := "bad.lua:2:7: unknown global 'sokcet'; did you mean 'socket'?\n"
	for _, test := range []struct {
		name  string
		args  []string
		stdin string
		want  expected
	}{
		{"a file without mistakes", []string{"good.lua"}, "", expected{0, "", ""}},
		{"one with a mistake", []string{"bad.lua"}, "", expected{1, bad, ""}},
		{"several", []string{"worse.lua", "bad.lua", "good.lua"}, "", expected{1, bad + "worse.lua:1:5: syntax error near '='\n", ""}},
		{"standard input", []string{"-"}, "print(nope)", expected{1, "stdin:1:7: unknown global 'nope'\n", ""}},
		{"nothing", nil, "", expected{2, "", "sockscript: check needs a file or folder\ntry 'sockscript --help'\n"}},
		{"files that cannot be read, among others", []string{"nope.lua", "bad.lua", "folder", "none"}, "",
			expected{2, bad + "folder/one.lua:1:1: unknown global 'wrong'\n", "sockscript: cannot read nope.lua: No such file or directory\n" +
				"sockscript: cannot read folder/broken.lua: No such file or directory\nsockscript: cannot read none: No such file or directory\n"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.want.check(t, run1(t, dir, test.stdin, append([]string{"check"}, test.args...)...))
		})
	}
}

func TestColorsAreAskedFor(t *testing.T) {
	file, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if colors(file) || colors(&strings.Builder{}) {
		t.Error("what is no terminal gets colours")
	}
	// --no-color is for what the program starts too.
	got := run1(t, t.TempDir(), "", "--no-color", "-e", "print(os.getenv 'NO_COLOR')")
	(&expected{0, "1\n", ""}).check(t, got)
}
