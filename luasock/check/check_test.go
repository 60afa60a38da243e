package check

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/luatest"
	"sockscript/luasock/php"
)

// In these cases the wanted findings are "line:column text", in order.
func TestFindings(t *testing.T) {
	for _, test := range []struct {
		name, source string
		want         []string
	}{
		{"nothing", "", nil},
		{"a program without mistakes", "local s = assert(socket.create(socket.AF_INET, socket.SOCK_STREAM))\nprint(s:bind('127.0.0.1'), arg[1], ...)", nil},
		{"a #! line", "#!/usr/bin/env sockscript\nx()", []string{"2:1 unknown global 'x'"}},
		{"no Lua", "local x = = 2", []string{"1:11 syntax error near '='"}},
		{"no Lua, at the end", "\nprint(", []string{"2:7 syntax error near '<eof>'"}},
		{"a goto to nowhere", "do\n goto nope\nend", []string{"2:1 no visible label 'nope' for <goto> at line 2"}},
		{"escapes that gopher-lua does not know", `print("\x41\u{20AC}\z ", sokcet)`, []string{"1:26 unknown global 'sokcet'; did you mean 'socket'?"}},

		{"an unknown global", "print(foo)", []string{"1:7 unknown global 'foo'"}},
		{"each of several", "foo(foo, 'foo', {foo = foo})", []string{"1:1 unknown global 'foo'", "1:5 unknown global 'foo'", "1:24 unknown global 'foo'"}},
		{"with a variable that may be meant", "local answer = 1\nprint(anser)", []string{"2:7 unknown global 'anser'; did you mean 'answer'?"}},
		{"a global that is assigned anywhere", "print(foo) foo = 1 function bar() end bar()", nil},
		{"through _G", "_G.foo = 1 _G['bar'] = 2 rawset(_G, 'baz', 3) print(foo, bar, baz)", nil},
		{"under a name that is made", "for k in pairs({}) do _G[k] = 1 end print(foo)", nil},
		{"with setfenv", "setfenv(1, {}) print(foo)", nil},
		{"with a metatable of _G", "setmetatable(_G, {}) print(foo)", nil},
		{"locals, parameters and loop variables", "local a, b = 1 local function f(c, ...) return a, b, c, f end for d = 1, 2 do print(d) end for e, g in f do print(e, g) end", nil},
		{"self", "local t = {} function t:m() return self end function t.n() return self end", []string{"1:67 unknown global 'self'"}},
		{"the end of a scope", "do local a = 1 end print(a)\nfor b = 1, 2 do end print(b)\nlocal function f(c) end print(c)", []string{
			"1:26 unknown global 'a'", "2:27 unknown global 'b'", "3:31 unknown global 'c'"}},
		{"until sees the block", "repeat local a = 1 until a", nil},
		{"a variable is not yet there in its own value", "local foo = foo", []string{"1:13 unknown global 'foo'"}},
		{"labels and goto are no variables", "goto x ::x:: print(x)", []string{"1:20 unknown global 'x'"}},
		{"keys of tables are no variables", "return {a = 1, ['b'] = 2, [c] = 3}, ({}).d", []string{"1:28 unknown global 'c'"}},

		{"a global that is compared with nil", "if foo == nil then print(foo) end print(nil ~= bar)", nil},
		{"a global whose type is asked", "print(type(foo))", nil},
		{"a global with a default", "local u = unpack2 or table.unpack", nil},
		{"a global that is tested, then used", "if jit then jit.off() end local v = lpeg and lpeg.version if not (a or b) and c then print(b, c) end", nil},
		{"a global that is only tested", "while runing do end if foo then end print(not bar)", []string{
			"1:7 unknown global 'runing'", "1:24 unknown global 'foo'", "1:47 unknown global 'bar'"}},

		{"a field that a module has not", "socket.conect(1)", []string{"1:8 unknown field 'socket.conect'; did you mean 'connect'?"}},
		{"a misspelt constant", "print(socket.AF_INTE)", []string{"1:14 unknown field 'socket.AF_INTE'; did you mean 'AF_INET'?"}},
		{"by a text", `print(socket["AF_INTE"])`, []string{"1:14 unknown field 'socket.AF_INTE'; did you mean 'AF_INET'?"}},
		{"of Lua's libraries", "return string.fromat, table.concat, os.tim, math.pi", []string{
			"1:15 unknown field 'string.fromat'; did you mean 'format'?", "1:40 unknown field 'os.tim'; did you mean 'time'?"}},
		{"of a module in a variable", "local S, T = require 'socket', task\nprint(S.AF_INTE, T.spwan)", []string{
			"2:9 unknown field 'socket.AF_INTE'; did you mean 'AF_INET'?", "2:20 unknown field 'task.spwan'; did you mean 'spawn'?"}},
		{"not of a variable that changes", "local S = socket S = {} print(S.foo)", nil},
		{"not of one that a function changes", "local S = socket function f() S = {} end print(S.foo)", nil},
		{"not of one of the same name inside", "local S = socket do local S = {} print(S.foo) end print(S.foo)", []string{"1:59 unknown field 'socket.foo'"}},
		{"not of a parameter", "function f(socket) return socket.foo end", nil},
		{"not of a module that is replaced", "socket = {} print(socket.foo)", nil},
		{"a field that is assigned", "socket.foo = 1 function string.trim(s) return s end print(socket.foo, string.trim, ('x'):trim())", nil},
		{"a constant that is tested", "if socket.SO_FOO then print(socket.SO_FOO) end print(socket.SO_BAR == nil, socket.SO_BAZ or 1)", nil},
		{"a table in a module", "package.loaded.x = 1 print(package.loaded.y, package.path)", nil},

		{"a method that an object has not", "local s = socket.create(1, 1)\ns:conect()", []string{"2:3 a Socket has no 'conect'; did you mean 'connect'?"}},
		{"behind assert", "local s = assert(socket.create(1, 1))\ns:conect()", []string{"2:3 a Socket has no 'conect'; did you mean 'connect'?"}},
		{"before or error", "local s, e = socket.create(1, 1) or error('no')\ns:conect()", []string{"2:3 a Socket has no 'conect'; did you mean 'connect'?"}},
		{"not before another or", "local s = socket.create(1, 1) or {conect = print} s:conect()", nil},
		{"of a second result", "local a, b = socket.create_pair(1, 1)\nb:conect()", []string{"2:3 a Socket has no 'conect'; did you mean 'connect'?"}},
		{"of a method's result", "local s = socket.create_listen(0)\nlocal c = s:accept()\nc:recieve()", []string{"3:3 a Socket has no 'recieve'"}},
		{"of a call", "socket.fsockopen('x'):getz()", []string{"1:23 a Stream has no 'getz'; did you mean 'getc'?"}},
		{"a field of an object", "local t = task.spawn(print) t.name = 'x' print(t.name, t.nam)", []string{"1:58 a Task has no 'nam'; did you mean 'name'?"}},
		{"of a text", "print(('x'):uper(), ('x'):upper())", []string{"1:13 a string has no 'uper'; did you mean 'upper'?"}},
		{"not of a variable that changes", "local s = socket.create(1, 1) s = 1 s:foo()", nil},
		{"not of what pcall gives", "local ok, s = pcall(socket.create, 1, 1) s:foo()", nil},
		{"not of a parameter", "local function f(s) s:foo() end f(socket.create(1, 1))", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChecker(t)
			c.Add("x.lua", []byte(test.source))
			var want string
			for _, line := range test.want {
				place, text, _ := strings.Cut(line, " ")
				want += fmt.Sprintf("x.lua:%s: %s\n", place, text)
			}
			same(t, c, want)
		})
	}
}

// The globals of one file are those of the others.
func TestSeveralFiles(t *testing.T) {
	c := newChecker(t)
	c.Add("b.lua", []byte("print(from_a, from_c, nowhere)"))
	c.Add("a.lua", []byte("from_a = 1 print(nowhere2) socket.mine = 2"))
	c.Learn([]byte("from_c = 1 print(elsewhere)"))
	c.Learn([]byte("no Lua"))
	c.Add("c.lua", []byte("return socket.mine"))
	same(t, c, "a.lua:1:18: unknown global 'nowhere2'\nb.lua:1:23: unknown global 'nowhere'\n")
}

func TestTestGlobals(t *testing.T) {
	c := newChecker(t)
	source := []byte("describe('x', function() before_each(print) it('y', function() assert.equal(1, 1) assert.is_true(true) assert(true) end) end)")
	c.Add("x_test.lua", source)
	same(t, c, "")
	c.Add("x.lua", source)
	same(t, c, "x.lua:1:1: unknown global 'describe'\nx.lua:1:26: unknown global 'before_each'\nx.lua:1:45: unknown global 'it'\n")
}

// In a test the module test is a global.
func TestModuleTest(t *testing.T) {
	module := &bind.Module{Name: "test", Doc: "For tests.", Rows: []bind.Row{{Name: "server", Sig: "server(handler)", Doc: "Starts one."}}}
	for name, want := range map[string]string{
		"x_test.lua": "x_test.lua:1:26: unknown field 'test.servr'; did you mean 'server'?\n",
		"x.lua":      "x.lua:1:1: unknown global 'test'\nx.lua:1:21: unknown global 'test'\n",
	} {
		vm := newVM(t)
		vm.PreloadModule(module, nil)
		c := New(vm)
		c.Add(name, []byte("test.server(print)  test.servr(print)"))
		same(t, c, want)
	}
}

// A module that makes its names global, as socket.php does.
func TestModuleThatMakesGlobals(t *testing.T) {
	php := &bind.Module{Name: "socket.php", Doc: "PHP's names.", Rows: []bind.Row{{Name: "socket_create", Sig: "socket_create()", Doc: "Makes one."}}}
	checker := func() *Checker {
		vm := newVM(t)
		vm.PreloadModule(php, func(t *lua.LTable) lua.LValue {
			mt := vm.L.NewTable()
			mt.RawSetString("__call", vm.L.NewFunction(func(*lua.LState) int { return 0 }))
			t.Metatable = mt
			return t
		})
		return New(vm)
	}
	for source, want := range map[string]string{
		`require "socket.php" () socket_create() socket_creat()`: "x.lua:1:41: unknown global 'socket_creat'\n",
		`require("socket.php")() socket_create()`:                "",
		`local php = require "socket.php" php() socket_create()`: "",
		`local php = require "socket.php" php.socket_create()`:   "",
		`local php = require "socket.php" php.socket_creat()`:    "x.lua:1:38: unknown field 'socket.php.socket_creat'; did you mean 'socket_create'?\n",
		`local php = require "socket.php" socket_create()`:       "x.lua:1:34: unknown global 'socket_create'\n",
	} {
		c := checker()
		c.Add("x.lua", []byte(source))
		same(t, c, want)
	}
}

func TestPath(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"main.lua": "print(helper, deep, hidden, other)", "helper.lua": "helper = 1", "sub/deep.lua": "deep = 1 print(bad)",
		".git/x.lua": "hidden = 1 = 2", ".hidden.lua": "also hidden", "notes.txt": "no Lua", "run": "other = 1 print(worse)",
	} {
		write(t, filepath.Join(dir, name), text)
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, test := range []struct {
		name  string
		paths []string
		want  string
	}{
		{"a folder", []string{dir}, "main.lua:1:21: unknown global 'hidden'\nmain.lua:1:29: unknown global 'other'\nsub/deep.lua:1:16: unknown global 'bad'\n"},
		{"a file, which sees its neighbours", []string{at("main.lua")}, "main.lua:1:15: unknown global 'deep'\nmain.lua:1:21: unknown global 'hidden'\nmain.lua:1:29: unknown global 'other'\n"},
		{"a file with another ending", []string{at("run")}, "run:1:17: unknown global 'worse'\n"},
		{"a path twice", []string{at("sub"), at("sub/deep.lua"), at("sub/../sub/deep.lua")}, "sub/deep.lua:1:16: unknown global 'bad'\n"},
		{"an empty folder", []string{t.TempDir()}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChecker(t)
			for _, path := range test.paths {
				c.Path(path, unread(t))
			}
			var want strings.Builder
			for _, line := range strings.SplitAfter(test.want, "\n") {
				if line != "" {
					want.WriteString(dir + "/" + line)
				}
			}
			same(t, c, want.String())
		})
	}
	c := newChecker(t)
	for _, name := range []string{"nope.lua", "sub"} {
		c.Path(at(name), func(name string, err error) {
			if name != at("nope.lua") || !os.IsNotExist(err) {
				t.Errorf("a path that is missing: %s, %v", name, err)
			}
		})
	}
	same(t, c, at("sub/deep.lua")+":1:16: unknown global 'bad'\n")
}

// unread is for paths that can be read.
func unread(t *testing.T) func(string, error) {
	return func(name string, err error) { t.Errorf("%s: %v", name, err) }
}

// What the libraries' own programs do is right.
func TestScriptsAreClean(t *testing.T) {
	vm := newVM(t)
	php.Open(vm)
	luatest.Preload(vm)
	c := New(vm)
	c.Path("../../scripts", unread(t))
	same(t, c, "")
}

// No source makes it panic, and where it finds something there is something.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{"local s = socket.create(1,1) s:foo() x.y:z{a=1,[b]=2}", "goto a ::a:: repeat local x until x", "function a.b.c:d(...) return ... end", "for i=1,2,3 do end for a,b in c do end", `x = "\u{20AC}\z
 " .. [[y]] --[==[ ]==]`, "if a then elseif b then else end return not -#a, {1; 2, ...}"} {
		f.Add(seed)
	}
	vm, err := luasock.New(luasock.Options{})
	if err != nil {
		f.Fatal(err)
	}
	known := knownOf(vm)
	f.Fuzz(func(t *testing.T, source string) {
		c := &Checker{known: known, assigned: map[string]bool{}}
		c.Add("x", []byte(source))
		for _, finding := range c.Findings() {
			if finding.Line < 1 || finding.Column < 1 {
				t.Errorf("%q: %v", source, finding)
			}
		}
	})
}

func newVM(t *testing.T) *luasock.VM {
	t.Helper()
	vm, err := luasock.New(luasock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { vm.Close() })
	return vm
}

func newChecker(t *testing.T) *Checker { return New(newVM(t)) }

func same(t *testing.T, c *Checker, want string) {
	t.Helper()
	var got strings.Builder
	for _, f := range c.Findings() {
		fmt.Fprintln(&got, f)
	}
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", &got, want)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
