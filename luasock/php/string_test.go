package php

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// samplesOf makes calls of a function with arguments from a list, or from each
// argument's own.
func samplesOf(r *rand.Rand, n int, name string, lists ...[]sample) (samples []sample) {
	for range n {
		var php, lua []string
		for _, list := range lists {
			v := pick(r, list)
			if v.php == "-" { // left out, with all behind it
				break
			}
			php, lua = append(php, v.php), append(lua, v.lua)
		}
		samples = append(samples, sample{
			name + "(" + strings.Join(php, ", ") + ")", name + "(" + strings.Join(lua, ", ") + ")"})
	}
	return samples
}

// same are values that both languages write alike.
func same(list ...string) (samples []sample) {
	for _, s := range list {
		samples = append(samples, sample{s, s})
	}
	return samples
}

func TestStringsArePHPs(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	texts := same(`""`, `"a"`, `"abc"`, `"a,b,,c"`, `"  x y\t\n"`, `"hello world"`, `"aXbXc"`, `"zzabczz"`, `"0"`, `"6162"`, `"61g2"`, `"616"`, `"a\x00b"`)
	some := append(texts, same("5", "1.5", "true", "-")...)
	some = append(some, sample{"null", "nil"}, sample{"[1, 'x']", "{1, 'x'}"})
	numbers := same("0", "1", "2", "-1", "-3", "5", "100", "-100", "2.0", "1.5", `"2"`, `"x"`, "true", "-")
	masks := same(`" "`, `"a..c"`, `"z"`, `"c..a"`, `"..a"`, `"a.."`, `"a..b..c"`, `"."`, `""`, "-")
	lists := []sample{{"[]", "{}"}, {"['a', 'b']", "{'a', 'b'}"}, {"[1, 2.5, true, null]", "{1, 2.5, true}"}, {"['a' => 'x', 'b' => 'yy']", "{a = 'x', b = 'yy'}"}, {"['a', ['b']]", "{'a', {'b'}}"}}
	lists[2].php = "[1, 2.5, true]" // a table ends at nil
	all := append(append([]sample{}, some...), lists...)
	var samples []sample
	for _, call := range []struct {
		name  string
		lists [][]sample
	}{
		{"strlen", [][]sample{some}}, {"substr", [][]sample{texts, numbers, numbers}}, {"strpos", [][]sample{texts, some, numbers}},
		{"trim", [][]sample{texts, masks}}, {"rtrim", [][]sample{texts, masks}}, {"ltrim", [][]sample{texts, masks}},
		{"explode", [][]sample{same(`","`, `"X"`, `""`, `"b"`), some, numbers}}, {"implode", [][]sample{all, append(lists, sample{"-", "-"}, sample{"null", "nil"})}},
		{"str_repeat", [][]sample{some, numbers}}, {"ord", [][]sample{some}}, {"chr", [][]sample{numbers}},
		{"bin2hex", [][]sample{some}}, {"hex2bin", [][]sample{some}}, {"str_replace", [][]sample{all, all, all}},
		{"count", [][]sample{all, same("0", "1", "2", "-")}}, {"in_array", [][]sample{append(all, values...), append(lists, sample{"['0', 'abc', '1e1', 10, null, false]", "{'0', 'abc', '1e1', 10, false}"}), same("true", "false", "-")}},
	} {
		samples = append(samples, samplesOf(r, 150, call.name, call.lists...)...)
	}
	compareWithPHP(t, samples)
}

func TestDateIsPHPs(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	var samples []sample
	for range 300 {
		at := r.Int64N(1<<36) - 1<<34
		call := fmt.Sprintf(`date("d D j l N S w z W F m M n t L o Y y a A B g G h H i s u v e I O P p T Z c r U x X \\Y\\m k ?", %d)`, at)
		samples = append(samples, sample{call, call})
	}
	samples = append(samples, same(`date("")`, `date("Y", null_or_nil())`, `date("Y", "x")`, `date()`, `sleep(-1)`, `usleep(-1)`, `sleep("x")`, `usleep(0)`, `sleep(0)`, `microtime("x") == ""`, `time() > 1700000000`, `microtime(true) > 1.7e9`, `strlen(microtime())`)...)
	samples = append(samples, same(`unlink("/nowhere/to/be/found")`, `unlink("/")`, `unlink("a\x00b")`, `unlink("")`)...)
	for i := range samples {
		samples[i].php = strings.ReplaceAll(samples[i].php, "null_or_nil()", "null")
		samples[i].lua = strings.ReplaceAll(samples[i].lua, "null_or_nil()", "nil")
	}
	compareWithPHP(t, samples)
}

func TestDumpsArePHPs(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var tree func(depth int) sample
	tree = func(depth int) sample {
		if depth == 0 || r.IntN(3) == 0 {
			return pick(r, values)
		}
		var php, lua []string
		keys := r.Perm(5)
		list := r.IntN(2) == 0
		for i := range r.IntN(4) {
			v := tree(depth - 1)
			if v.lua == "nil" {
				v = sample{"0", "0"}
			}
			switch {
			case list:
				php, lua = append(php, v.php), append(lua, v.lua)
			default:
				key := keys[i]*3 + 7
				php, lua = append(php, fmt.Sprintf("%d => %s", key, v.php)), append(lua, fmt.Sprintf("[%d] = %s", key, v.lua))
			}
		}
		sorted := "[" + strings.Join(php, ", ") + "]"
		if !list {
			sorted = "ordered(" + sorted + ")"
		}
		return sample{sorted, "{" + strings.Join(lua, ", ") + "}"}
	}
	var samples []sample
	for range 500 {
		v := tree(3)
		samples = append(samples, v, sample{"print_r(" + v.php + ", true)", "print_r(" + v.lua + ", true)"}, sample{"print_r(" + v.php + ")", "print_r(" + v.lua + ")"})
	}
	compareWithPHP(t, samples)
}
