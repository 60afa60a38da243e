package luatest

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestRun(t *testing.T) { Run(t, "testdata/go/*_test.lua") }

// TestRunOfBadTests fails, so it runs only in the process that TestRunTellsGo starts.
func TestRunOfBadTests(t *testing.T) {
	if os.Getenv("LUATEST_BAD") == "" {
		t.Skip("it is run by another test")
	}
	Run(t, "testdata/gofails/*_test.lua")
}

// go test knows each it by its name: it lists, selects and fails it.
func TestRunTellsGo(t *testing.T) {
	out := goTest(t, "TestRun$")
	for _, want := range []string{
		"--- PASS: TestRun/testdata/go/echo_test.lua/an_echo_server/gives_back_a_line (",
		"--- SKIP: TestRun/testdata/go/echo_test.lua/an_echo_server/waits_for_the_next (",
		": not today",
		"--- PASS: TestRun/testdata/go/echo_test.lua/an_echo_server/at_once/number_3 (",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "waits_for_the_next#01") {
		t.Errorf("a skipped test is told of twice:\n%s", out)
	}
	out = goTest(t, "TestRunOfBadTests")
	for _, want := range []string{
		"--- FAIL: TestRunOfBadTests/testdata/gofails/bad_test.lua/bad/fails (",
		"--- PASS: TestRunOfBadTests/testdata/gofails/bad_test.lua/bad/passes (",
		"     4 │ assert.equal(1, 2)\n",
		"expected: 1\n",
		"on the way\n",
		"cannot end\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	out = goTest(t, "TestRunOfBadTests/testdata/gofails/bad_test.lua/bad/passes")
	if strings.Contains(out, "bad/fails") || !strings.Contains(out, "bad/passes") {
		t.Errorf("-run does not select:\n%s", out)
	}
}

// goTest runs this test binary on some of its tests.
func goTest(t *testing.T, run string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", run, "-test.v")
	cmd.Env = append(os.Environ(), "LUATEST_BAD=1")
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(run, "Bad") {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}
