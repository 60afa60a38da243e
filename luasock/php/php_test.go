package php

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
)

// In a host's own state, with the modules as globals or not, the module is what
// require returns; called, it puts its names into the global table.
func TestHostsState(t *testing.T) {
	for name, open := range map[string]func(*lua.LState, luasock.Options) (*luasock.VM, error){"Open": luasock.Open, "Preload": luasock.Preload} {
		t.Run(name, func(t *testing.T) {
			L := lua.NewState()
			defer L.Close()
			vm, err := open(L, luasock.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer vm.Close()
			Open(vm)
			if err := L.DoString(`
				php = require "socket.php"
				before = socket_create
				s = php.socket_create(php.AF_INET, php.SOCK_STREAM, php.SOL_TCP)
				same = php() == php and socket_create == php.socket_create and require "socket.php" == php
				first, second = unpack({"one", "two", "three"}, 2)
				number = unpack("Nx", "\0\0\1\0").x
				ok, thrown = pcall(socket_create, 0, 0, 0)
			`); err != nil {
				t.Fatal(err)
			}
			if L.GetGlobal("before") != lua.LNil || L.GetGlobal("same") != lua.LTrue {
				t.Errorf("before %v, same %v", L.GetGlobal("before"), L.GetGlobal("same"))
			}
			if L.GetGlobal("first") != lua.LString("two") || L.GetGlobal("second") != lua.LString("three") || L.GetGlobal("number") != lua.LNumber(256) {
				t.Errorf("unpack gives %v, %v and %v", L.GetGlobal("first"), L.GetGlobal("second"), L.GetGlobal("number"))
			}
			if _, ok := luasock.SocketOf(L.GetGlobal("s")); !ok {
				t.Errorf("s is %v", L.GetGlobal("s"))
			}
			thrown, ok := L.GetGlobal("thrown").(*lua.LTable)
			if !ok || thrown.RawGetString("class") != lua.LString("ValueError") {
				t.Errorf("thrown is %v", L.GetGlobal("thrown"))
			}
		})
	}
}

// What nobody catches is printed as PHP names it, with the place, and the status
// is 1.
func TestUncaught(t *testing.T) {
	const thrown = `ValueError: socket_create\(\): Argument #1 \(\$domain\) must be one of AF_UNIX, AF_INET6, or AF_INET`
	for _, test := range []struct{ name, code, want string }{
		{"in the main chunk", `socket_create(0, 1, 0)`, `^sockscript: ` + thrown + `\nstack traceback:\n(.*\n)*\t.*program\.lua:1: in main chunk\n(.*\n)*$`},
		{"in a task", `task.spawn(function() socket_create(0, 1, 0) end)`, `^task .*program\.lua:1: ` + thrown + `\n(.*\n)+$`},
		{"a warning has its place", `socket_read(socket_create(2, 1, 0), 1)`, `^PHP Warning:  socket_read\(\): unable to read from socket \[107\]: Transport endpoint is not connected in .*program\.lua on line 1\n$`},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "program.lua")
			if err := os.WriteFile(path, []byte(`require "socket.php" () `+test.code), 0o600); err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			cmd := exec.Command(command, path)
			cmd.Stderr = &stderr
			err := cmd.Run()
			if !regexp.MustCompile(test.want).MatchString(stderr.String()) {
				t.Errorf("printed\n%swant\n%s", stderr.String(), test.want)
			}
			if status := cmd.ProcessState.ExitCode(); status != 1 && test.name != "a warning has its place" {
				t.Errorf("status %d: %v", status, err)
			}
		})
	}
}
