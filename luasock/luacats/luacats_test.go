package luacats

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

func TestSignatures(t *testing.T) {
	for _, test := range []struct{ sig, want string }{
		{"list()", ""},
		{"bind(s, address [, port=0])", "s address port?=0"},
		{"send(s, data [, length [, flags=0]])", "s data length? flags?=0"},
		{"t:join([timeout])", "t: timeout?"},
		{"fp:read(length)", "fp: length"},
		{"insert(t, [position, ] value)", "t position? value"},
		{"getinfo([co, ] f [, what=\"flnSu\"])", "co? f what?=\"flnSu\""},
		{"traceback([co, ] [message [, level=1]])", "co? message? level?=1"},
		{"spawn(fn, ...)", "fn ..."},
		{"lines([name, ...])", "name? ...?"},
		{"unpack(t [, i=1 [, j=#t]])", "t i?=1 j?=#t"},
		{"help([what])", "what?"},
	} {
		sig, got := parseSig(test.sig), []string(nil)
		if sig.receiver != "" {
			got = append(got, sig.receiver+":")
		}
		for _, p := range sig.params {
			text := p.name
			if p.optional {
				text += "?"
			}
			if p.def != "" {
				text += "=" + p.def
			}
			got = append(got, text)
		}
		if got := strings.Join(got, " "); got != test.want {
			t.Errorf("%s: %q, want %q", test.sig, got, test.want)
		}
	}
}

func TestDefinitions(t *testing.T) {
	module := &bind.Module{
		Name: "door", Doc: "Doors.\nAnd more.", Consts: []bind.Const{{Name: "OPEN", Value: 1}},
		Rows: []bind.Row{
			{Name: "close", Sig: "close(s, [co, ] how [, timeout=5])", PHP: "door_close", Doc: "Closes it."},
			{Name: "end_of", Sig: "end_of(end)", Doc: "A word of Lua's."},
		},
		Classes: []bind.Methods{{Class: &bind.Class{Name: "Knob", Doc: "To turn.", Fields: []bind.Field{{Name: "size", Doc: "In metres."}}},
			Rows: []bind.Row{{Name: "turn", Sig: "k:turn([seconds])", Doc: "Turns."}, {Name: "bind", Sig: "bind(s, address [, port=0])", Doc: "Of the module."}}}},
	}
	vm := newVM(t)
	vm.OpenModule(module).RawSetString("handle", lua.LString("brass"))
	files := Files(vm)
	file := files[len(files)-1]
	want := `---@meta door
-- Written by 'sockscript types'; changes will be lost.

---To turn.
---@class Knob: userdata
---@field size any In metres.
local object = {}

---Turns.
---@param seconds? number # in seconds, with fractions
---@return any ...
function object:turn(seconds) end

---Of the module.
---@param address string
---@param port? integer # 0 to 65535; 0 unless given
---@return any ...
function object:bind(address, port) end

---Doors.
---And more.
---@class doorlib
door = {}

---Closes it.
---
---PHP: [door_close](https://www.php.net/manual/en/function.door-close.php)
---@overload fun(s: Socket, how: integer, timeout?: number): ...
---@param s Socket
---@param co? thread
---@param how integer
---@param timeout? number # in seconds, with fractions; 5 unless given
---@return any ...
function door.close(s, co, how, timeout) end

---A word of Lua's.
---@param end_ any
---@return any ...
function door.end_of(end_) end

---@type string
door.handle = nil

door.OPEN = 1

return door
`
	if file.Name != "door.lua" || file.Text != want {
		t.Errorf("%s\n%s", file.Name, file.Text)
	}
}

// A failure comes in the place of the results.
func TestResults(t *testing.T) {
	for returns, want := range map[string]string{
		"boolean or error":                      "boolean?, string? message, integer? errno",
		"string address, integer port or error": "string? address, integer|string port, integer? errno",
		"Stream, Stream or error":               "Stream?, Stream|string, integer? errno",
		"any ...":                               "any ...",
		"":                                      "any ...",
		"nothing":                               "",
	} {
		w := &writer{}
		list, fails := resultsOf(bind.Row{Returns: returns})
		w.results(list, fails)
		got := strings.TrimSuffix(strings.ReplaceAll(strings.TrimPrefix(w.String(), "---@return "), "\n---@return ", ", "), "\n")
		if got != want {
			t.Errorf("%q: %q, want %q", returns, got, want)
		}
	}
	for doc, want := range map[string]string{
		"Makes one. Returns Socket|false.":    "[{Socket|false }]",
		"Reads. Returns int|false, data.":     "[{integer|false } {any data}]",
		"Forgets it. Returns void.":           "[]",
		"Gives it. Returns ?array.":           "[{table? }]",
		"Is asked. Returns mixed, peer_name.": "[{any } {any peer_name}]",
		"Returns the Task.":                   "[{any ...}]",
		"Returns true, and more of it.":       "[{any ...}]",
		"Does it.":                            "[{any ...}]",
	} {
		if list, fails := resultsOf(bind.Row{Doc: doc}); fmt.Sprint(list) != want || fails {
			t.Errorf("%q: %v, want %s", doc, list, want)
		}
	}
	if got := Results(bind.Row{Returns: "Socket, Socket or error"}); !slices.Equal(got, []string{"Socket", "Socket"}) {
		t.Errorf("Results: %v", got)
	}
}

// Every row, constant and field of every module stands in the definitions, and
// they are Lua.
func TestEverythingIsThere(t *testing.T) {
	vm := newVM(t)
	texts := map[string]string{}
	for _, f := range Files(vm) {
		texts[f.Name] = f.Text
		if _, err := parse.Parse(strings.NewReader(f.Text), f.Name); err != nil {
			t.Errorf("%s is no Lua: %v", f.Name, err)
		}
	}
	expect := func(file, line string) {
		t.Helper()
		if !strings.Contains(texts[file], "\n"+line) {
			t.Errorf("%s: there is no line %q", file, line)
		}
	}
	for _, row := range vm.GlobalFunctions() {
		expect("_G.lua", "function "+row.Name+"(")
	}
	rows := 0
	for _, m := range vm.Modules() {
		file := m.Name + ".lua"
		for _, row := range m.Rows {
			expect(file, "function "+m.Name+"."+row.Name+"(")
			rows++
		}
		for _, k := range m.Consts {
			expect(file, fmt.Sprintf("%s.%s = %d", m.Name, k.Name, k.Value))
		}
		for _, class := range m.Classes {
			expect(file, "---@class "+className(class.Name)+": userdata\n")
			for _, row := range class.Rows {
				expect(file, "function object:"+row.Name+"(")
				rows++
			}
			for _, f := range class.Fields {
				expect(file, "---@field "+f.Name+" ")
			}
		}
	}
	if rows < 250 || !strings.Contains(texts["math.lua"], "math.pi = nil") || !strings.Contains(texts["socket.lua"], "---@type Stream\nsocket.STDIN = nil") {
		t.Errorf("%d rows; math\n%s", rows, texts["math.lua"])
	}
}

// Two VMs give the same text.
func TestDefinitionsAreDeterministic(t *testing.T) {
	if a, b := Files(newVM(t)), Files(newVM(t)); !slices.Equal(a, b) {
		t.Error("the definitions differ from time to time")
	}
}

// Every row says what it returns, but for PHP's, whose documentation does.
func TestRowsSayWhatTheyReturn(t *testing.T) {
	vm := newVM(t)
	rows := vm.GlobalFunctions()
	for _, m := range vm.Modules() {
		if m.Name == "socket.php" {
			continue
		}
		rows = append(rows, m.Rows...)
		for _, class := range m.Classes {
			rows = append(rows, class.Rows...)
		}
	}
	for _, row := range rows {
		if row.Returns == "" {
			t.Errorf("%s does not say what it returns", row.Sig)
		}
	}
}

// The table of parameters speaks only of functions that there are, and types are
// those that there are.
func TestTablesAreRight(t *testing.T) {
	vm := newVM(t)
	names := map[string]bool{}
	types := map[string]bool{}
	for _, f := range Files(vm) {
		for _, m := range regexp.MustCompile(`---@class (\S+?):? `).FindAllStringSubmatch(f.Text, -1) {
			types[m[1]] = true
		}
	}
	for topic := range vm.Topics() {
		names[topic] = true
	}
	for key := range paramTypes() {
		if function, _, ok := strings.Cut(key, "("); ok && !names[function] && !strings.HasPrefix(function, "test.") {
			t.Errorf("paramTypes speaks of %s, which is not there", function)
		}
	}
	for _, file := range Files(vm) {
		for i, line := range strings.Split(file.Text, "\n") {
			checkLine(t, types, fmt.Sprintf("%s:%d: %s", file.Name, i+1, line), line)
		}
	}
}

// The annotations that are used here, of https://luals.github.io/wiki/annotations/.
var annotations = []*regexp.Regexp{
	regexp.MustCompile(`^---@meta( [\w.]+)?$`),
	regexp.MustCompile(`^---@class ([\w.*]+)(: \w+)?$`),
	regexp.MustCompile(`^---@field \w+ (\S+) .+$`),
	regexp.MustCompile(`^---@type (\S+)$`),
	regexp.MustCompile(`^---@param (?:\w+\??|\.\.\.) (\S+)( # .+)?$`),
	regexp.MustCompile(`^---@return (fun\(\): \S+|\S+)( \w+| \.\.\.)?$`),
	regexp.MustCompile(`^---@overload (fun\((?:(?:\w+\??|\.\.\.): [^,)]+(?:, )?)*\)(?:: .+)?)$`),
}

func checkLine(t *testing.T, classes map[string]bool, where, line string) {
	switch {
	case !strings.HasPrefix(line, "---@"):
		if !regexp.MustCompile(`^(|--.*|(local )?\w+ = (\{\}|"")|[\w.]+ = -?(\d+|nil)|function [\w.:]+\(.*\) end|return \w+)$`).MatchString(line) {
			t.Errorf("%s: no definition", where)
		}
		return
	}
	for _, a := range annotations {
		m := a.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		if strings.HasPrefix(line, "---@param") || strings.HasPrefix(line, "---@return") || strings.HasPrefix(line, "---@type") || strings.HasPrefix(line, "---@field") {
			if !isType(m[1], classes) {
				t.Errorf("%s: %q is no type", where, m[1])
			}
		}
		return
	}
	t.Errorf("%s: no annotation of lua-language-server", where)
}

// isType reads a type: alternatives of names and texts, with [] and ?, in
// brackets, or of a function.
func isType(text string, classes map[string]bool) bool {
	text = strings.TrimPrefix(text, "fun(): ")
	text = strings.NewReplacer("(", "", ")", "", "[]", "", "?", "").Replace(text)
	basic := []string{"nil", "any", "boolean", "string", "number", "integer", "function", "table", "thread", "userdata", "true", "false"}
	for _, part := range strings.Split(text, "|") {
		quoted := len(part) > 2 && part[0] == '"' && part[len(part)-1] == '"'
		if !quoted && !slices.Contains(basic, part) && !classes[part] {
			return false
		}
	}
	return true
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
