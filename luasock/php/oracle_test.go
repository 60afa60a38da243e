package php

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"sockscript/luasock"
)

// sample is one call of a function as both languages write it.
type sample struct{ php, lua string }

// compareWithPHP runs the samples in PHP and here, and compares what they give:
// the result, or the exception's class and text, and the warnings before.
func compareWithPHP(t *testing.T, samples []sample) {
	t.Helper()
	needPHP(t)
	var theirs strings.Builder
	theirs.WriteString(`<?php set_error_handler(function($n, $m) { echo "warning ", $m, "\n"; });
		function sorted($a) { // as a table prints: numbers before strings, 1 to n as a list
			if (!is_array($a)) return $a;
			uksort($a, fn($x, $y) => is_int($x) <=> is_int($y) ? (is_int($x) ? -1 : 1) : $x <=> $y);
			return array_keys($a) === range(1, count($a)) ? array_values($a) : $a;
		}
		function ordered($a) { ksort($a); return $a; }
		function show($f) { try { var_dump($f()); } catch (Throwable $e) { echo get_class($e), ": ", $e->getMessage(), "\n"; } echo "--\n"; }
	`)
	var ours strings.Builder
	ours.WriteString(`require "socket.php" () set_error_handler(function(n, m) echo("warning ", m, "\n") end)
		local function show(f) local ok, v = pcall(f) if ok then var_dump(v) else echo(tostring(v), "\n") end echo "--\n" end
	`)
	for i, s := range samples {
		fmt.Fprintf(&theirs, "show(function() { return %s; });\n", s.php)
		if i%1000 == 0 { // a chunk has room for so many functions
			ours.WriteString("end do\n")
		}
		fmt.Fprintf(&ours, "show(function() return %s end)\n", s.lua)
	}
	program := strings.Replace(ours.String(), "end do\n", "do\n", 1) + "end"
	cmd := exec.Command("php", "-d", "display_errors=stderr")
	cmd.Stdin = strings.NewReader(theirs.String())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	want, err := cmd.Output()
	if err != nil {
		t.Fatalf("php: %v\n%s", err, stderr.Bytes())
	}
	compareSamples(t, samples, string(want), runHere(t, program))
}

func compareSamples(t *testing.T, samples []sample, theirs, ours string) {
	t.Helper()
	want, got := strings.Split(theirs, "--\n"), strings.Split(ours, "--\n")
	if len(want) != len(samples)+1 || len(got) != len(samples)+1 {
		t.Fatalf("%d samples gave %d results in PHP, %d here: %.300s", len(samples), len(want)-1, len(got)-1, ours)
	}
	failures := 0
	for i, s := range samples {
		if want[i] != got[i] {
			t.Errorf("%s\n\tPHP:  %.200q\n\there: %.200q", s.php, want[i], got[i])
			if failures++; failures == 20 {
				t.Fatal("and perhaps more")
			}
		}
	}
}

// runHere runs a Lua program that has require "socket.php" and gives what it
// prints.
func runHere(t *testing.T, program string) string {
	t.Helper()
	var out bytes.Buffer
	vm, err := luasock.New(luasock.Options{Stdout: &out, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	Open(vm)
	fn, err := vm.Load([]byte(program), "=program")
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Do(fn); err != nil {
		t.Fatalf("%v, after %s", err, out.Bytes())
	}
	return out.String()
}

// literal is a text as both languages write it.
func literal(s string) (php, lua string) {
	var p, l strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&p, `\x%02x`, s[i])
		fmt.Fprintf(&l, `\x%02x`, s[i])
	}
	return `"` + p.String() + `"`, `"` + l.String() + `"`
}

// values are what the samples are made of, as both languages write them.
var values = []sample{
	{"0", "0"}, {"1", "1"}, {"-1", "-1"}, {"42", "42"}, {"255", "255"}, {"-12345", "-12345"}, {"65536", "65536"},
	{"4294967296", "4294967296"}, {"0.5", "0.5"}, {"-2.5", "-2.5"}, {"1.005", "1.005"}, {"123456.789", "123456.789"}, {"1.5e-7", "1.5e-7"},
	{"1.25e30", "1.25e30"}, {"true", "true"}, {"false", "false"}, {"null", "nil"},
	{`""`, `""`}, {`"a"`, `"a"`}, {`"hello world"`, `"hello world"`}, {`"12abc"`, `"12abc"`}, {`" 7.9e1x"`, `" 7.9e1x"`}, {`"-0x1A"`, `"-0x1A"`}, {`"."`, `"."`}, {`"1e"`, `"1e"`},
	{"[]", "{}"}, {"[1, 2]", "{1, 2}"},
}

func pick[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func TestPackIsPHPs(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	codes := strings.Split("aAZhHcCsSnviIlLNVqJPQfgGdeExX@y", "")
	counts := []string{"", "", "", "1", "2", "3", "0", "*", "7"}
	var samples []sample
	for range 3000 {
		format := ""
		for range 1 + r.IntN(3) {
			format += pick(r, codes) + pick(r, counts)
		}
		php, lua := literal(format)
		php, lua = "bin2hex(pack("+php, "bin2hex(pack("+lua
		for range r.IntN(6) {
			v := pick(r, values)
			php, lua = php+", "+v.php, lua+", "+v.lua
		}
		samples = append(samples, sample{php + "))", lua + "))"})
	}
	names := []string{"", "x", "y", "a1", "7"}
	for range 3000 {
		var parts []string
		for range 1 + r.IntN(3) {
			code := pick(r, codes)
			if strings.Contains("qQJP", code) { // beyond 2^53 not exact here
				code = "V"
			}
			parts = append(parts, code+pick(r, counts)+pick(r, names))
		}
		data := make([]byte, r.IntN(12))
		for i := range data {
			data[i] = pick(r, []byte("\x00\x01\x7f\x00 ab\n"))
		}
		format, luaFormat := literal(strings.Join(parts, "/"))
		text, luaText := literal(string(data))
		samples = append(samples, sample{
			"sorted(unpack(" + format + ", " + text + "))", "unpack(" + luaFormat + ", " + luaText + ")"})
	}
	for _, code := range []string{"q", "Q", "J", "P"} {
		for _, n := range []string{"1", "-1", "9007199254740991"} {
			call := fmt.Sprintf(`unpack("%s", pack("%s", %s))`, code, code, n)
			samples = append(samples, sample{"sorted(" + call + ")", call})
		}
	}
	compareWithPHP(t, samples)
}

func TestSprintfIsPHPs(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	flags := []string{"", "", "", "-", "+", "0", " ", "'*", "-0", "+0", "0-", "'x-", "+-", "-'0"}
	widths := []string{"", "", "", "1", "5", "12", "0", "*", "1$*"}
	precisions := []string{"", "", "", ".", ".0", ".1", ".3", ".10", ".60", ".*"}
	numbers := []string{"", "", "", "", "1$", "2$", "3$", "0$", "99999999999$"}
	letters := strings.Split("sssdduxXobceEfFgGhHlysd%", "")
	var samples []sample
	for range 4000 {
		var format strings.Builder
		for range 1 + r.IntN(2) {
			format.WriteString(pick(r, []string{"", "a", "=", "%%"}))
			format.WriteString("%" + pick(r, numbers) + pick(r, flags) + pick(r, widths) + pick(r, precisions) + pick(r, letters))
			format.WriteString(pick(r, []string{"", "z", "%"}))
		}
		php, lua := literal(format.String())
		php, lua = "sprintf("+php, "sprintf("+lua
		for range r.IntN(4) {
			v := pick(r, values)
			php, lua = php+", "+v.php, lua+", "+v.lua
		}
		samples = append(samples, sample{php + ")", lua + ")"})
	}
	for _, letter := range letters {
		samples = append(samples, sample{`sprintf("%` + letter + `|%+5` + letter + `", INF, NAN)`, `sprintf("%` + letter + `|%+5` + letter + `", 1/0, 0/0)`})
	}
	compareWithPHP(t, samples)
}
