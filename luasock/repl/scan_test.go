package repl

import (
	"slices"
	"testing"
)

func TestCallAround(t *testing.T) {
	for _, k := range []struct{ text, want string }{
		{"f(", "f"},
		{"f(g(1), ", "f"},
		{"f(g(", "g"},
		{"a.b.c:d(1, '(', ", "a.b.c:d"},
		{"t[1]:send(", "t[1]:send"},
		{"t['x y'].f(", "t['x y'].f"},
		{"f({1, 2, ", "f"},
		{"f(t[", "f"},
		{"x = f(1) + g (", ""},
		{"f(1)", ""},
		{"(", ""},
		{"if (", ""},
		{"print(('x'):rep(", ""},
		{"f(\n1,\n", "f"},
		{"f('open", "f"},
		{"f([[open", ""},
		{"f(-- )", ""},
		{"f(--[[ ) ]] ", "f"},
		{"f(']]'", "f"},
		{"))f(", "f"},
		{"", ""},
	} {
		if got := callAround(k.text); got != k.want {
			t.Errorf("%q: %q, want %q", k.text, got, k.want)
		}
	}
}

func TestPathBefore(t *testing.T) {
	for _, k := range []struct {
		text  string
		steps []string
		mark  byte
		word  string
		bad   bool
	}{
		{"so", nil, 0, "so", false},
		{"x = so", nil, 0, "so", false},
		{"socket.cr", []string{"socket"}, '.', "cr", false},
		{"a.b:c", []string{"a", "b"}, ':', "c", false},
		{"a[1].b", []string{"a", "[1]"}, '.', "b", false},
		{"f(a['x'].", []string{"a", "['x']"}, '.', "", false},
		{"a..b", nil, 0, "b", false},
		{"f().b", nil, '.', "b", true},
		{"].b", nil, '.', "b", true},
		{"", nil, 0, "", false},
	} {
		p := pathBefore(k.text)
		if !slices.Equal(p.steps, k.steps) || p.mark != k.mark || p.word != k.word || p.bad != k.bad {
			t.Errorf("%q: %+v", k.text, p)
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, text := range []string{"f(g('x', [[y]]", "a[1].b:c(", "--[==[ x", "'\\", "[=", "a]b"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		callAround(text)
		p := pathBefore(text)
		if p.from > p.at || text[p.at:] != p.word {
			t.Errorf("%q: %+v", text, p)
		}
	})
}
