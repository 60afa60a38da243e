package luatest

import (
	"bytes"
	"encoding/json"
	"errors"
	commandline "flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var update = commandline.Bool("update", false, "write the golden files anew")

// compareFile compares a file with a text; "" for a file that is not there.
func compareFile(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil && !(want == "" && os.IsNotExist(err)) {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s has\n%s\nwant\n%s", path, got, want)
	}
}

// masks takes out of a report what is another each time.
var masks = []struct{ pattern, with string }{
	{`\b\d+(\.\d+)? ms\b`, "0 ms"},
	{`\b\d+\.\d\d s\b`, "0 s"},
	{`duration_ms: [\d.]+`, "duration_ms: 0"},
	{`"seconds":[\d.e-]+`, `"seconds":0`},
	{`"time":"[^"]*"`, `"time":""`},
	{` time="[\d.]+"`, ` time="0"`},
	{`timestamp="[^"]*"`, `timestamp=""`},
	{`hostname="[^"]*"`, `hostname=""`},
	{`\+\d+\.\d{6}`, "+0.000000"},
	{`\bfd \d+`, "fd 0"},
	{`127\.0\.0\.1:\d+`, "127.0.0.1:0"},
	{`0\.0\.0\.0:\d+`, "0.0.0.0:0"},
	{`#\d+ fd`, "#0 fd"},
}

func mask(text string) string {
	for _, m := range masks {
		text = regexp.MustCompile(m.pattern).ReplaceAllString(text, m.with)
	}
	return text
}

// reporters are all of them, with the names of their golden files.
var reporters = []struct {
	name string
	make func(w io.Writer) Reporter
}{
	{"pretty", func(w io.Writer) Reporter { return Pretty(w, PrettyOptions{}) }},
	{"color", func(w io.Writer) Reporter { return Pretty(w, PrettyOptions{Color: true}) }},
	{"tap", TAP},
	{"junit", JUnit},
	{"json", JSONLines},
	{"github", GitHub},
}

// The reports of a failing suite are kept, so that they are looked at.
func TestReports(t *testing.T) {
	outputs := make([]bytes.Buffer, len(reporters))
	s := Suite{Paths: []string{"testdata/failing"}, Jobs: 2, Seed: 4711}
	for i, r := range reporters {
		s.Reporters = append(s.Reporters, r.make(&outputs[i]))
	}
	if _, err := s.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, r := range reporters {
		path := filepath.Join("testdata", "failing."+r.name+".golden")
		got := mask(outputs[i].String())
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: the report has changed ('go test ./luasock/luatest -run Reports -update' accepts it):\n%s", r.name, diffLines(strings.Split(string(want), "\n"), strings.Split(got, "\n")))
		}
	}
	t.Run("tap for prove", func(t *testing.T) { checkTAP(t, outputs[2].Bytes()) })
	t.Run("junit for Jenkins", func(t *testing.T) { checkJUnit(t, outputs[3].Bytes()) })
	t.Run("json", func(t *testing.T) { checkJSON(t, outputs[4].Bytes()) })
}

// run runs a program with an input.
func runProgram(t *testing.T, input []byte, name string, args ...string) (output string, err error) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stdin = bytes.NewReader(input)
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed, in CI", name)
		}
		t.Skipf("%s is not installed", name)
	}
	return string(out), err
}

// checkTAP has prove read the report.
func checkTAP(t *testing.T, report []byte) {
	path := filepath.Join(t.TempDir(), "report.tap")
	if err := os.WriteFile(path, report, 0o666); err != nil {
		t.Fatal(err)
	}
	out, _ := runProgram(t, nil, "prove", "-e", "cat", path)
	tests := bytes.Count(report, []byte("\nok ")) + bytes.Count(report, []byte("\nnot ok "))
	if strings.Contains(out, "Parse errors") || !regexp.MustCompile(`Files=1, Tests=`+strconv.Itoa(tests)+`,`).MatchString(out) {
		t.Errorf("prove says of %d tests:\n%s", tests, out)
	}
}

// checkJUnit has xmllint compare the report with the schema of what Jenkins reads.
func checkJUnit(t *testing.T, report []byte) {
	if out, err := runProgram(t, report, "xmllint", "--noout", "--schema", "testdata/junit.xsd", "-"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// checkJSON reads each line.
func checkJSON(t *testing.T, report []byte) {
	types := map[string]int{}
	for line := range bytes.Lines(report) {
		var object struct{ Type string }
		if err := json.Unmarshal(line, &object); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		types[object.Type]++
	}
	if types["start"] != 1 || types["end"] != 1 || types["file"] != 3 || types["test"] < 10 {
		t.Errorf("there are %v", types)
	}
}
