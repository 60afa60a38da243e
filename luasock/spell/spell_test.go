package spell

import (
	"slices"
	"testing"
)

func TestNearest(t *testing.T) {
	names := []string{"connect", "conect", "accept", "bind", "send", "read", "eof", "gets", "AF_INET", "AF_INET6", "a", "help"}
	for _, test := range []struct{ word, want string }{
		{"connct", "conect"}, // of two, the first in order
		{"acecpt", "accept"}, // two that changed places
		{"bnd", "bind"},
		{"bin", "bind"},
		{"sendd", "send"},
		{"rd", ""}, // a short word needs to be nearer
		{"ef", ""}, // half of it
		{"self", ""},
		{"eoff", "eof"},
		{"AF_INET7", "AF_INET"},
		{"accept", ""}, // it is one
		{"listen", ""},
		{"x", ""}, // any one letter would do
		{"", ""},
	} {
		if got := Nearest(test.word, slices.Values(names)); got != test.want {
			t.Errorf("%q: %q, want %q", test.word, got, test.want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"abc", "bca", 2}, {"kitten", "sitting", 3}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("%q, %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
