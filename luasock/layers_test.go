package luasock

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "sockscript"

// layer is what a package may import of this module and from outside, and why
// no more.
type layer struct {
	name    string // behind sockscript/; "" is main
	may     []string
	outside []string // modules, or parts of them
	not     []string // of the standard library
	why     string
}

var layers = []layer{
	{name: "", may: []string{"luasock/cli"}, why: "main is one expression"},
	{name: "luasock/addr", outside: []string{"golang.org/x/sys"}, not: []string{"net", "os", "time"},
		why: "addresses are pure: no system call, no look-up, no state, so that they can be fuzzed and used by any goroutine"},
	{name: "luasock/hexdump", not: []string{"net", "os", "time"},
		why: "bytes as people read them, for Lua's bytes library and for observers alike: pure"},
	{name: "luasock/loop", outside: []string{"golang.org/x/sys"}, not: []string{"net", "net/http"},
		why: "the loop knows no Lua and no sockets, so that its tests need neither and either can change"},
	{name: "luasock/sock", may: []string{"luasock/addr", "luasock/loop"}, outside: []string{"golang.org/x/sys"}, not: []string{"net/http"},
		why: "one method for each system call; what Lua makes of it is the business of luasock"},
	{name: "luasock/spell", not: []string{"net", "os", "time"}, why: "names that were meant, for error messages and the command line alike: pure"},
	{name: "luasock/stream", may: []string{"luasock/loop"}, outside: []string{"golang.org/x/sys"},
		why: "buffered bytes over any net.Conn, whatever lies below it"},
	{name: "luasock/trace", may: []string{"luasock/addr", "luasock/hexdump", "luasock/sock"}, outside: []string{"golang.org/x/sys"}, not: []string{"net"},
		why: "an observer is told of calls (sock.Event) and makes none"},
	{name: "luasock/bind", may: []string{"luasock/spell"}, outside: []string{"github.com/yuin/gopher-lua"}, not: []string{"net", "syscall"},
		why: "the only door between Go and Lua knows no sockets"},
	{name: "luasock/lualib", may: []string{"luasock/bind", "luasock/hexdump", "luasock/spell"}, outside: []string{"github.com/yuin/gopher-lua", "github.com/ncruces/go-strftime"}, not: []string{"net"},
		why: "Lua's own libraries know neither sockets nor the loop: what waits in them is given to them"},
	{name: "luasock", may: []string{"luasock/addr", "luasock/bind", "luasock/hexdump", "luasock/loop", "luasock/lualib", "luasock/sock", "luasock/spell", "luasock/stream"},
		outside: []string{"github.com/schollz/progressbar/v3", "github.com/youmark/pkcs8", "github.com/yuin/gopher-lua", "golang.org/x/net", "golang.org/x/sys", "golang.org/x/term"}, not: []string{"flag"},
		why: "the one room where Lua and bytes meet; it is a library, and knows nothing of commands"},
	{name: "luasock/php", may: []string{"luasock", "luasock/addr", "luasock/bind", "luasock/loop", "luasock/sock", "luasock/stream"},
		outside: []string{"github.com/yuin/gopher-lua", "golang.org/x/sys"}, why: "PHP's names stand on ours"},
	{name: "luasock/luacats", may: []string{"luasock", "luasock/bind"}, outside: []string{"github.com/yuin/gopher-lua"}, not: []string{"os"},
		why: "what editors complete from is made of the rows; where it goes is cli's business"},
	{name: "luasock/check", may: []string{"luasock", "luasock/bind", "luasock/luacats", "luasock/lualib", "luasock/spell"},
		outside: []string{"github.com/yuin/gopher-lua"}, why: "it reads programs and what a VM has, and runs neither"},
	{name: "luasock/luatest", may: []string{"luasock", "luasock/addr", "luasock/bind", "luasock/hexdump", "luasock/loop", "luasock/sock", "luasock/spell", "luasock/stream", "luasock/trace"},
		outside: []string{"github.com/yuin/gopher-lua", "golang.org/x/sys"}, not: []string{"flag"}, why: "tests run in VMs; the command line is cli's"},
	{name: "luasock/repl", may: []string{"luasock", "luasock/bind", "luasock/loop", "luasock/sock", "luasock/spell", "luasock/trace"},
		outside: []string{"github.com/yuin/gopher-lua", "github.com/chzyer/readline", "golang.org/x/sys", "golang.org/x/text/width"}, not: []string{"flag", "net"},
		why: "a prompt on any VM, the command's or a test's that has stopped; options are cli's"},
	{name: "luasock/cli", may: []string{"luasock", "luasock/check", "luasock/luacats", "luasock/luatest", "luasock/php", "luasock/repl", "luasock/sock", "luasock/spell", "luasock/trace"},
		outside: []string{"github.com/fsnotify/fsnotify", "github.com/spf13/pflag", "github.com/yuin/gopher-lua", "golang.org/x/sys"}, why: "the top: nobody imports it but main"},
	{name: "luasock/bench", outside: []string{"golang.org/x/sys"}, why: "it measures the built command from outside, as it measures PHP's"},
}

// Imports go one way.
func TestLayers(t *testing.T) {
	imported := map[string][]string{} // by the names of the layers, on all systems
	for _, p := range packages(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		imported[name] = append(imported[name], p.Imports...)
		i := slices.IndexFunc(layers, func(l layer) bool { return l.name == name })
		if i < 0 {
			t.Errorf("package %s is in no layer: say in layers_test.go what it may import, and why", p.ImportPath)
			continue
		}
		for _, path := range p.Imports {
			if !layers[i].allows(path) {
				t.Errorf("%s must not import %s: %s", p.ImportPath, path, layers[i].why)
			}
		}
	}
	for _, l := range layers {
		for _, name := range l.may {
			if !slices.Contains(imported[l.name], module+"/"+name) {
				t.Errorf("layer %q need not be allowed %s: it does not import it", l.name, name)
			}
		}
		for _, path := range l.outside {
			if !slices.ContainsFunc(imported[l.name], func(i string) bool { return within(i, path) }) {
				t.Errorf("layer %q need not be allowed %s: it does not import it", l.name, path)
			}
		}
	}
}

func (l *layer) allows(path string) bool {
	if own, ok := strings.CutPrefix(path, module+"/"); ok {
		return slices.Contains(l.may, own)
	}
	if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
		return !slices.Contains(l.not, path)
	}
	return slices.ContainsFunc(l.outside, func(prefix string) bool { return within(path, prefix) })
}

// within tells whether a package is of a module, or of a part of one.
func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// The table allows no circle and names only itself.
func TestLayersGoOneWay(t *testing.T) {
	var above func(name string, path []string)
	above = func(name string, path []string) {
		if slices.Contains(path, name) {
			t.Fatalf("the layers go in a circle: %v", append(path, name))
		}
		i := slices.IndexFunc(layers, func(l layer) bool { return l.name == name })
		if i < 0 {
			t.Fatalf("%v may import %s, which is no layer", path, name)
		}
		for _, next := range layers[i].may {
			above(next, append(slices.Clip(path), name))
		}
	}
	for _, l := range layers {
		above(l.name, nil)
		if l.why == "" {
			t.Errorf("layer %q has no reason", l.name)
		}
	}
}

// Names say what a thing is, and a library has no flags and no init.
func TestPackageNames(t *testing.T) {
	for _, p := range packages(t) {
		words := append([]string{filepath.Base(p.ImportPath)}, p.GoFiles...)
		for _, word := range append(words, p.TestGoFiles...) {
			stem, _, _ := strings.Cut(strings.ToLower(word), "_")
			switch strings.TrimSuffix(strings.TrimSuffix(stem, ".go"), "s") {
			case "util", "common", "helper", "misc":
				t.Errorf("%s: %s says nothing", p.ImportPath, word)
			}
		}
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, file))
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "\nfunc init()") {
				t.Errorf("%s/%s has an init: everything hangs on one VM", p.ImportPath, file)
			}
		}
	}
}

// The top of the repository holds what architecture.md lists.
func TestTopLevel(t *testing.T) {
	allowed := []string{"main.go", "luasock", "scripts", "go.mod", "go.sum", "README.md", "LICENSE", "CHANGELOG.md"}
	files, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		built := f.Name() == module || strings.HasSuffix(f.Name(), ".test") || strings.HasSuffix(f.Name(), ".prof") // .gitignore
		if !built && !strings.HasPrefix(f.Name(), ".") && !slices.Contains(allowed, f.Name()) {
			t.Errorf("%s does not belong at the top level", f.Name())
		}
	}
	main, err := os.ReadFile("../main.go")
	if err != nil {
		t.Fatal(err)
	}
	if want := "func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }\n"; !strings.HasSuffix(string(main), want) {
		t.Errorf("main.go must end with %q", want)
	}
}

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath  string
	Dir         string
	Imports     []string
	GoFiles     []string
	TestGoFiles []string
}

// packages lists the module's packages, for each system that has files of its
// own.
func packages(t *testing.T) (list []goPackage) {
	t.Helper()
	for _, system := range []string{"linux", "darwin"} {
		cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Dir,Imports,GoFiles,TestGoFiles", "./...")
		cmd.Dir = ".."
		cmd.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := cmd.Output()
		if errors.Is(err, exec.ErrNotFound) {
			t.Skip("there is no go command here")
		}
		if err != nil {
			t.Fatal(err)
		}
		for d := json.NewDecoder(strings.NewReader(string(out))); ; {
			var p goPackage
			if err := d.Decode(&p); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			list = append(list, p)
		}
	}
	return list
}
