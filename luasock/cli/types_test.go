package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTypes(t *testing.T) {
	dir := t.TempDir()
	(&expected{0, "~\\d+ files in \\.sockscript/types, and \\.luarc\\.json\n", ""}).check(t, run1(t, dir, "", "types"))
	text := read(t, dir, ".luarc.json")
	var settings struct {
		Library []string          `json:"workspace.library"`
		Version string            `json:"runtime.version"`
		Builtin map[string]string `json:"runtime.builtin"`
	}
	if err := json.Unmarshal([]byte(text), &settings); err != nil || len(settings.Library) != 1 ||
		settings.Version != "LuaJIT" || settings.Builtin["string"] != "disable" {
		t.Fatalf("%v\n%s", err, text)
	}
	if got := read(t, dir, settings.Library[0], "socket.lua"); !strings.Contains(got, "\nfunction socket.bind(s, address, port) end\n") {
		t.Error(got)
	}
	// Again, and with another folder, it gives the same.
	other := t.TempDir()
	run1(t, dir, "", "types", ".")
	(&expected{0, "~\\d+ files in " + other + "/.*\n", ""}).check(t, run1(t, dir, "", "types", other))
	for _, name := range []string{".luarc.json", ".sockscript/types/socket.lua", ".sockscript/types/_G.lua"} {
		if read(t, dir, name) != read(t, other, name) {
			t.Errorf("%s differs from time to time", name)
		}
	}
	if read(t, dir, ".luarc.json") != text {
		t.Error("the second time changed the settings")
	}
}

func TestTypesKeepWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	const mine = ".sockscript/types/socket.lua"
	write(t, dir, mine, "-- my own\n")
	(&expected{1, "", "sockscript: " + mine + " is not from this command: it is not overwritten\n"}).check(t, run1(t, dir, "", "types"))
	if read(t, dir, mine) != "-- my own\n" {
		t.Error("it was overwritten")
	}
	os.Remove(filepath.Join(dir, mine))
	write(t, dir, ".sockscript/types/mine.lua", "-- my own\n")
	write(t, dir, ".sockscript/types/gone.lua", "---@meta gone\n-- Written by 'sockscript types'; changes will be lost.\n")
	(&expected{0, "~.*\n", ""}).check(t, run1(t, dir, "", "types"))
	if read(t, dir, ".sockscript/types/mine.lua") != "-- my own\n" {
		t.Error("a file of another name was overwritten")
	}
	if _, err := os.Stat(filepath.Join(dir, ".sockscript/types/gone.lua")); err == nil {
		t.Error("the definitions of a module that is gone are still there")
	}
	write(t, dir, "file", "")
	(&expected{1, "", "sockscript: cannot make file/.sockscript/types: Not a directory\n"}).check(t, run1(t, dir, "", "types", "file"))
	(&expected{2, "", "~sockscript: types takes one folder, got 2\n(?s:.*)"}).check(t, run1(t, dir, "", "types", "a", "b"))
}

func TestSettings(t *testing.T) {
	for _, test := range []struct{ name, old, want string }{
		{"none", `{}`, `{
  "list": [
    "new"
  ],
  "a.default": 1
}
`},
		{"all there", `{"list":["new"], "a.default": 2}`, `{"list":["new"], "a.default": 2}`},
		{"others, with their order and form", "{\"z\": [1,  2],\n\"list\": [\"old\", {\"x\": 1.0}],\n\"y\": 1e400, \"a.default\": null}", `{
  "z": [1,  2],
  "list": [
    "old",
    {
      "x": 1.0
    },
    "new"
  ],
  "y": 1e400,
  "a.default": null
}
`},
		{"a section", `{"list":["new"], "a": {"other": "<&>"}}`, `{
  "list": ["new"],
  "a": {
    "other": "<&>",
    "default": 1
  }
}
`},
		{"below Lua", `{"Lua": {"list": ["new"], "a.default": 3}}`, `{"Lua": {"list": ["new"], "a.default": 3}}`},
		{"with Lua before it", `{"Lua.list": ["new"], "Lua.a.default": 3}`, `{"Lua.list": ["new"], "Lua.a.default": 3}`},
		{"a list that is none", `{"list": "x", "a.default": 1}`, `{"list": "x", "a.default": 1}`},
		{"with comments", "{ // c\n}", "error: invalid character '/'"},
		{"no object", "[]", "error: it is no object"},
		{"more than one", "{} {}", "error: something follows the object"},
		{"an end too early", `{"a": 1`, "error: EOF"},
		{"nothing", "", "error: EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, err := parseSettings([]byte(test.old))
			if err != nil {
				if got := "error: " + err.Error(); !strings.HasPrefix(got, test.want) {
					t.Errorf("%s, want %s", got, test.want)
				}
				return
			}
			s.addToList("list", "new")
			s.addDefault("a.default", 1)
			if s.text() != test.want {
				t.Errorf("got\n%s\nwant\n%s", s.text(), test.want)
			}
		})
	}
}

// A file that it does not understand is left alone.
func TestSettingsWithComments(t *testing.T) {
	dir := t.TempDir()
	const old = "{ // mine\n}"
	write(t, dir, ".luarc.json", old)
	(&expected{1, "", "~sockscript: cannot change \\.luarc\\.json, which is no plain JSON \\(.*\\): add \"workspace\\.library\": \\[\"\\.sockscript/types\"\\] .*\n"}).check(t, run1(t, dir, "", "types"))
	if read(t, dir, ".luarc.json") != old {
		t.Error("it was changed")
	}
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
