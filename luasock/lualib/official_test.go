package lualib

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// officialEdit changes a file of the official Lua 5.1 tests before it runs.
type officialEdit struct {
	reason   string
	from, to string // the text, as it stands in gopher-lua's copy
}

// The copies in gopher-lua's module have lines commented out that its own
// library does not pass. They are put back.
var officialComment = regexp.MustCompile(`(?m)^-- ?((?:  )?(?:assert|local [aik]|for k|end$|os\.setlocale)|             ")`)

var officialFiles = map[string][]officialEdit{
	"strings.lua": {{
		reason: "os.setlocale is no matter of strings; there is the C locale only, in which the rest of the file runs",
		from:   "os.setlocale(\"C\")\nassert(os.setlocale() == 'C')\nassert(os.setlocale(nil, \"numeric\") == 'C')\n",
	}},
	"pm.lua": {{
		reason: "gopher-lua's copy replaces the recursive function that returns 256 values by one with a table",
		from: `local function range (i, j)
  local ret = {}
  for k=i, j do; table.insert(ret, k); end
  return unpack(ret)
end
`,
	}},
}

// TestOfficialStrings runs the official Lua 5.1 tests of strings and patterns.
func TestOfficialStrings(t *testing.T) {
	dir := gopherLuaTests(t)
	for file, edits := range officialFiles {
		t.Run(file, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			code := officialComment.ReplaceAllString(string(source), "$1")
			for _, e := range edits {
				if strings.Count(code, e.from) != 1 {
					t.Fatalf("%q is there %d times", e.from, strings.Count(code, e.from))
				}
				code = strings.Replace(code, e.from, e.to, 1)
			}
			L, out := newStringState(t)
			mustRun(t, L, code)
			if !strings.HasSuffix(out.String(), "OK\n") {
				t.Errorf("it ends with %q", out)
			}
		})
	}
}

// gopherLuaTests is the folder in gopher-lua's module that has the tests.
func gopherLuaTests(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/yuin/gopher-lua").Output()
	dir := filepath.Join(strings.TrimSpace(string(out)), "_lua5.1-tests")
	if err != nil {
		t.Skipf("no module cache: %v", err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("gopher-lua's module has no tests: %v", err)
	}
	return dir
}
