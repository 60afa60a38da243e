package cli

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// reporterFlag adds a reporter to a list.
type reporterFlag struct{ list *[]namedReporter }

func (r *reporterFlag) Set(text string) error {
	if !slices.Contains(reporters, text) {
		return errors.New("pretty, tap, junit, json or github")
	}
	*r.list = append(*r.list, namedReporter{name: text})
	return nil
}
func (*reporterFlag) String() string { return "" }
func (*reporterFlag) Type() string   { return "reporter" }

type outputFlag struct{ list *[]namedReporter }

func (r *outputFlag) Set(text string) error {
	if len(*r.list) == 0 {
		*r.list = append(*r.list, namedReporter{name: "pretty"})
	}
	last := &(*r.list)[len(*r.list)-1]
	if last.file != "" {
		return errors.New("one for each --reporter, after it")
	}
	last.file = text
	return nil
}
func (*outputFlag) String() string { return "" }
func (*outputFlag) Type() string   { return "file" }

// anySeed is --shuffle without a seed.
const anySeed = "any"

// shuffle is whether the order is random, and from which seed.
type shuffle struct {
	on   bool
	seed int64
}

func (s *shuffle) Set(text string) error {
	s.on = true
	if text == anySeed {
		return nil
	}
	return (*seed)(&s.seed).Set(text)
}
func (*shuffle) String() string { return "" }
func (*shuffle) Type() string   { return "seed" }

type seed int64

func (s *seed) Set(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > 1<<53 {
		return errors.New("a whole number from 1")
	}
	*s = seed(n)
	return nil
}
func (*seed) String() string { return "" }
func (*seed) Type() string   { return "seed" }

// shard is i of n.
type shard struct{ i, n int }

func (s *shard) Set(text string) error {
	i, n, _ := strings.Cut(text, "/")
	var err1, err2 error
	s.i, err1 = strconv.Atoi(i)
	s.n, err2 = strconv.Atoi(n)
	if err1 != nil || err2 != nil || s.i < 1 || s.i > s.n {
		return errors.New("I/N with I from 1 to N")
	}
	return nil
}
func (*shard) String() string { return "" }
func (*shard) Type() string   { return "i/n" }

// atLeastOne is a number from 1.
type atLeastOne struct{ to *int }

func (n *atLeastOne) Set(text string) error {
	v, err := strconv.Atoi(text)
	if err != nil || v < 1 || v > 1<<30 {
		return errors.New("a whole number from 1")
	}
	*n.to = v
	return nil
}
func (*atLeastOne) String() string { return "" }
func (*atLeastOne) Type() string   { return "number" }
