package cli

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// goodTests and badTests are files of tests.
const (
	goodTests = "it('adds', function() assert.equal(2, 1 + 1) end)\nit('waits', function() task.sleep(0.001) end)\n"
	badTests  = "it('adds', function() assert.equal(3, 1 + 1) end)\n"
)

// The exit status, and where reports go.
func TestTestCommand(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "good_test.lua", goodTests)
	bad := filepath.Join(dir, "bad")
	if err := os.Mkdir(bad, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, bad, "bad_test.lua", badTests)
	for _, k := range []struct {
		name string
		args []string
		want expected
	}{
		{"all pass", []string{"good_test.lua"}, expected{0, "~✓ good_test.lua  2 tests, .*\n  ✓ adds .*\n  ✓ waits .*\n\n2 passed, 0 failed  in .*, seed \\d+\n", ""}},
		{"one fails", nil, expected{1, "~✗ bad/bad_test.lua  1 of 1 test failed, (?s).*2 passed, 1 failed .*", ""}},
		{"tap", []string{"--reporter", "tap", "good_test.lua"}, expected{0, "~TAP version 14.*\nok 1 - good_test.lua: adds\nok 2 - good_test.lua: waits\n1..2\n", ""}},
		{"two reporters, one to a file", []string{"-r", "junit", "--output", "out.xml", "-r", "tap", "good_test.lua"}, expected{0, "~TAP(?s).*", ""}},
		{"a list", []string{"--list"}, expected{0, "bad/bad_test.lua:1: adds\ngood_test.lua:1: adds\ngood_test.lua:2: waits\n", ""}},
		{"a seed", []string{"--shuffle=42", "good_test.lua"}, expected{0, "~(?s).*, shuffled with seed 42\n", ""}},
		{"a filter", []string{"--filter", "wait", "--exclude", "add"}, expected{0, "~(?s).*\n1 passed, 0 failed .*", ""}},
		{"a filter that nothing matches", []string{"--filter", "nothing"}, expected{2, "~(?s).*", "sockscript test: no test of 2 files matches\n"}},
		{"no such file", []string{"none"}, expected{2, "", "sockscript test: cannot read none: No such file or directory\n"}},
		{"no such option", []string{"--shufle"}, expected{2, "", "sockscript test: unknown option --shufle; did you mean --shuffle?\ntry 'sockscript test --help'\n"}},
		{"no such reporter", []string{"--reporter", "xml"}, expected{2, "", "sockscript test: --reporter must be pretty, tap, junit, json or github, got \"xml\"\ntry 'sockscript test --help'\n"}},
		{"no such shard", []string{"--shard", "3/2"}, expected{2, "", "sockscript test: --shard must be I/N with I from 1 to N, got \"3/2\"\ntry 'sockscript test --help'\n"}},
		{"no time", []string{"--timeout", "0"}, expected{2, "", "sockscript test: --timeout must be seconds above 0, got \"0\"\ntry 'sockscript test --help'\n"}},
		{"a report that cannot be written", []string{"-r", "tap", "-o", "none/x", "good_test.lua"}, expected{2, "", "sockscript test: cannot write none/x: No such file or directory\n"}},
		{"help", []string{"--help"}, expected{0, testUsage, ""}},
	} {
		t.Run(k.name, func(t *testing.T) {
			k.want.check(t, run1(t, dir, "", append([]string{"test"}, k.args...)...))
		})
	}
	if text, err := os.ReadFile(filepath.Join(dir, "out.xml")); err != nil || len(text) < 100 {
		t.Errorf("out.xml has %q, %v", text, err)
	}
}

// A signal ends the tests that run, which are reported.
func TestTestCommandInterrupted(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	connect := fmt.Sprintf("fp = socket.fsockopen('127.0.0.1', %d)", l.Addr().(*net.TCPAddr).Port)
	write(t, dir, "a_test.lua", "it('a', function() "+connect+" task.sleep(100) end)\nit('b', function() end)\n")
	p := start(t, dir, "test", "--reporter", "tap", "--timeout", "100")
	conn, err := l.Accept() // the test has begun
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	p.signal(t, unix.SIGINT)
	(&expected{130, "~TAP.*\nnot ok 1 - a_test.lua: a\n(?s).*interrupted.*# the rest was not run\n1..1\n", ""}).check(t, p.end(t))
}

// A change runs the tests again: a test file alone, or all when another file
// changes.
func TestTestCommandWatches(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a_test.lua", "it('a', function() assert.equal(1, require 'm') end)\n")
	write(t, dir, "b_test.lua", "it('b', function() end)\n")
	write(t, dir, "m.lua", "return 1\n")
	p := start(t, dir, "test", "--watch")
	expectPart(t, p, "2 passed, 0 failed")
	expectPart(t, p, "waiting for a change")
	replace(t, dir, "m.lua", "return 2\n")
	expectPart(t, p, "1 passed, 1 failed")
	expectPart(t, p, "waiting for a change")
	replace(t, dir, "b_test.lua", "it('b', function() end) it('c', function() end)\n")
	expectPart(t, p, "2 passed, 0 failed")
	expectPart(t, p, "waiting for a change")
	replace(t, dir, "c_test.lua", "it('c', function() end)\n")
	expectPart(t, p, "1 passed, 0 failed")
	expectPart(t, p, "waiting for a change")
	p.signal(t, unix.SIGTERM)
	if got := p.end(t); got.status != 143 {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
}

// expectPart reads lines up to one that has a text.
func expectPart(t *testing.T, p *process, want string) {
	t.Helper()
	for !strings.Contains(p.line(t), want) {
	}
}

// replace puts a file in the place of another at once, as editors do: that is one
// change.
func replace(t *testing.T, dir, name, text string) {
	t.Helper()
	elsewhere := t.TempDir()
	write(t, elsewhere, name, text)
	if err := os.Rename(filepath.Join(elsewhere, name), filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

// --pause-on-fail prompts where a test has failed: its sockets are open, and its
// locals gone; Ctrl-D goes on with the next test.
func TestTestPausesOnFail(t *testing.T) {
	home := t.TempDir()
	write(t, home, "bad_test.lua", "it('fails', function()\n  server = socket.create_listen(0)\n  assert.equal(3, 1 + 1)\nend)\nit('goes on', function() end)\n")
	p := sitIn(t, home, 80, []string{"test", "--pause-on-fail", "--jobs", "1"})
	p.sees("has failed")
	p.sees("Ctrl-D goes on")
	if got := p.enters("tostring(server)"); !strings.Contains(got, "listening") {
		t.Errorf("the server is %s", got)
	}
	if got := p.enters("error('mine')"); got != "stdin:1: mine" {
		t.Errorf("an error shows %q", got)
	}
	for range 2 {
		row := p.row()
		p.types("task.sleep(1000)\r")
		p.running()
		p.types("\x03")
		if got := p.shown(row); !strings.Contains(got, "interrupted") {
			t.Errorf("Ctrl-C shows %q", got)
		}
	}
	p.types("\x04")
	if status := p.gone(); status != 1 {
		t.Errorf("exit status %d", status)
	}
	p.sees("1 passed, 1 failed")
}
