package cli

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// In a script that is no test, what module test makes ends with the script,
// however that ends.
func TestPeersEndWithScript(t *testing.T) {
	const peers = `
		local test = require "test"
		local s = test.server(function(fp) fp:read(1) end)
		local p = test.process{"sleep", "600"}
		socket.fsockopen("127.0.0.1", s.port)
		print(p.pid)
		io.stdout:flush()
	`
	for _, k := range []struct {
		name, then string
		signals    []unix.Signal
		status     int
	}{
		{"its end", ``, nil, 0},
		{"an error", `error("x")`, nil, 1},
		{"os.exit", `os.exit(3)`, nil, 3},
		{"a signal", `task.sleep(600)`, []unix.Signal{unix.SIGTERM}, 143},
		{"a second signal", `while true do pcall(task.sleep, 600) print("goes on") io.stdout:flush() end`, []unix.Signal{unix.SIGTERM, unix.SIGTERM}, 143},
		{"a signal that cannot be caught", `task.sleep(600)`, []unix.Signal{unix.SIGKILL}, -1},
	} {
		t.Run(k.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "main.lua", peers+k.then)
			p := start(t, dir, filepath.Join(dir, "main.lua"))
			pid, err := strconv.Atoi(strings.TrimSpace(p.line(t)))
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range k.signals {
				if i > 0 {
					p.line(t) // the first has come
				}
				p.signal(t, s)
			}
			if got := p.end(t); got.status != k.status {
				t.Errorf("status %d, want %d: %s", got.status, k.status, got.stderr)
			}
			for limit := time.Now().Add(patience); unix.Kill(pid, 0) == nil; runtime.Gosched() {
				if time.Now().After(limit) {
					t.Fatal("the program still runs")
				}
			}
		})
	}
}
