package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sockscript/luasock"
	"sockscript/luasock/luacats"
	"sockscript/luasock/sock"
)

// typesFolder is where the definitions go, in the folder of a project.
const typesFolder = ".sockscript/types"

const typesUsage = `usage: sockscript types [folder]

Writes what editors with lua-language-server complete names from: definitions of
every module, function and constant (LuaCATS), a file for each module, into
` + typesFolder + ` of the folder, and a .luarc.json that points there. Without
a folder it is this one. Settings that .luarc.json has already are kept. Files
that are not from this command are not overwritten.
`

// types is the subcommand types.
func types(args []string, _ *os.File, stdout, stderr io.Writer) int {
	rest, status, done := arguments("types", typesUsage, args, stdout, stderr)
	if done {
		return status
	}
	if len(rest) > 1 {
		return wrongUsage(stderr, fmt.Errorf("types takes one folder, got %d", len(rest)))
	}
	folder := "."
	if len(rest) == 1 {
		folder = rest[0]
	}
	vm, err := newVM(luasock.Options{Stderr: stderr})
	if err != nil {
		return fail(stderr, err)
	}
	defer vm.Close()
	vm.LoadPreloaded()
	files := luacats.Files(vm)
	if err := writeTypes(filepath.Join(folder, typesFolder), files); err != nil {
		return fail(stderr, err)
	}
	if err := writeSettings(filepath.Join(folder, ".luarc.json"), vm); err != nil {
		return fail(stderr, err)
	}
	fmt.Fprintf(stdout, "%d files in %s, and %s\n", len(files), filepath.Join(folder, typesFolder), filepath.Join(folder, ".luarc.json"))
	return exitOK
}

// writeTypes writes the files, and removes those of an earlier time that are not
// among them.
func writeTypes(folder string, files []luacats.File) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("cannot make %s: %s", folder, sock.Reason(err))
	}
	current := map[string]bool{}
	for _, f := range files {
		name := filepath.Join(folder, f.Name)
		if old, err := os.ReadFile(name); err == nil && !isOurs(old) {
			return fmt.Errorf("%s is not from this command: it is not overwritten", name)
		}
		current[name] = true
	}
	old, _ := filepath.Glob(filepath.Join(folder, "*.lua"))
	for _, name := range old {
		if text, err := os.ReadFile(name); err == nil && isOurs(text) && !current[name] {
			os.Remove(name)
		}
	}
	for _, f := range files {
		name := filepath.Join(folder, f.Name)
		if err := os.WriteFile(name, []byte(f.Text), 0o666); err != nil {
			return fmt.Errorf("cannot write %s: %s", name, sock.Reason(err))
		}
	}
	return nil
}

// isOurs tells whether a file was written by this command.
func isOurs(text []byte) bool {
	_, rest, _ := strings.Cut(string(text), "\n")
	line, _, _ := strings.Cut(rest, "\n")
	return line == luacats.Header
}

// writeSettings puts what is missing into .luarc.json. A file that it does not
// understand is left alone.
func writeSettings(name string, vm *luasock.VM) error {
	old, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		old = []byte("{}")
	} else if err != nil {
		return fmt.Errorf("cannot read %s: %s", name, sock.Reason(err))
	}
	o, err := parseSettings(old)
	if err != nil {
		return fmt.Errorf("cannot change %s, which is no plain JSON (%w): add \"workspace.library\": [%q] and \"runtime.version\": %q to it",
			name, err, typesFolder, luacats.Version)
	}
	o.addToList("workspace.library", typesFolder)
	o.addDefault("runtime.version", luacats.Version)
	o.addToObject("runtime.builtin", luacats.Builtin(vm))
	text := o.text()
	if string(old) == text {
		return nil
	}
	return replaceFile(name, text)
}

// replaceFile writes a file at once or not at all, with the mode that it had.
func replaceFile(name, text string) error {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	err := func() error {
		mode := fs.FileMode(0o666)
		if info, err := os.Stat(name); err == nil {
			mode = info.Mode().Perm()
		}
		next := name + ".new"
		if err := os.WriteFile(next, []byte(text), mode); err != nil {
			return err
		}
		return os.Rename(next, name)
	}()
	if err != nil {
		return fmt.Errorf("cannot write %s: %s", name, sock.Reason(err))
	}
	return nil
}
