package lualib

import (
	"fmt"
	"strings"
	"testing"
)

func TestWordsStandWhereTheySay(t *testing.T) {
	for _, test := range []struct{ name, source, want string }{
		{"names, strings, keywords", "local x = y.z 'str' -- c\nif a then b() end", "1:7 x 1:11 y 1:13 z 1:15 str 2:4 a 2:11 b"},
		{"a #! line", "#!/bin/x y\nx = 1", "2:1 x"},
		{"escapes that the scanner does not know", `a = "\u{20AC}\x41" .. b`, `1:1 a 1:5 €A 1:23 b`},
		{"\\z skips lines", "a = '1\\z\n  2' b()", "1:1 a 1:5 12 2:6 b"},
		{"a string over lines", "a = '1\\\n2' b = [[\nx\n]] c()", "1:1 a 1:5 1\n2 2:4 b 2:8 x\n 4:4 c"},
		{"line ends of two bytes", "a = 1\r\nb = 2\n\rc = 3", "1:1 a 2:1 b 3:1 c"},
		{"numbers that are written otherwise", "a = 0x1p4 + 010 b = 2", "1:1 a 1:17 b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			tree, err := Parse([]byte(test.source), "@x")
			if err != nil {
				t.Fatal(err)
			}
			var words []string
			for _, w := range tree.Words {
				words = append(words, fmt.Sprintf("%d:%d %s", w.Line, w.Column, w.Text))
			}
			if got := strings.Join(words, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Parse finds what Load finds.
func TestParseErrors(t *testing.T) {
	for source, want := range map[string]string{
		"x = = 1":                "x:1: syntax error near '='",
		"#!x\ny = (":             "x:2: syntax error near '<eof>'",
		"goto nope":              "x:1: no visible label 'nope' for <goto> at line 1",
		"x = '\\xZZ'":            "x:1: hexadecimal digit expected near ''\\xZ'",
		strings.Repeat("(", 300): "x:1: chunk has too many syntax levels near '('",
		"break":                  "x:1: no loop to break",
	} {
		_, err := Parse([]byte(source), "@x")
		if err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", source, err, want)
		}
	}
}
