package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	statements []string
	modules    []string
	timeout    time.Duration // 0 for none
	help       bool
	version    bool
	topic      *string // of the subcommand help
	script     string  // "" for none, "-" for standard input
	args       []string
}

// valued are the options that take a value, and what they do with it.
var valued = map[string]func(o *options, value string) error{
	"-e": func(o *options, value string) error {
		o.statements = append(o.statements, value)
		return nil
	},
	"-l": func(o *options, value string) error {
		o.modules = append(o.modules, value)
		return nil
	},
	"--timeout": func(o *options, value string) error {
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || !(seconds > 0) || seconds > math.MaxInt32 {
			return fmt.Errorf("--timeout must be seconds above 0, got %q", value)
		}
		o.timeout = time.Duration(seconds * float64(time.Second))
		return nil
	},
}

// parse reads the command line. Options end at the script's name.
func parse(args []string) (options, error) {
	var o options
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			break
		}
		if arg == "-" || !strings.HasPrefix(arg, "-") {
			args = append([]string{arg}, args...)
			break
		}
		var err error
		if args, err = o.option(arg, args); err != nil {
			return o, err
		}
	}
	return o, o.positional(args)
}

// option takes in one option and returns the arguments behind its value.
func (o *options) option(arg string, rest []string) ([]string, error) {
	switch arg {
	case "-h", "--help":
		o.help = true
		return rest, nil
	case "-v", "--version":
		o.version = true
		return rest, nil
	}
	name, value, joined := strings.Cut(arg, "=")
	set := valued[name]
	if set == nil && len(arg) > 2 && valued[arg[:2]] != nil { // -lmodule
		set, value, joined = valued[arg[:2]], arg[2:], true
	}
	if set == nil {
		return nil, fmt.Errorf("unknown option %s", arg)
	}
	if !joined {
		if len(rest) == 0 {
			return nil, fmt.Errorf("option %s needs a value", arg)
		}
		value, rest = rest[0], rest[1:]
	}
	return rest, set(o, value)
}

// positional takes in the script and its arguments, or a subcommand.
func (o *options) positional(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if args[0] == "help" {
		if len(args) > 2 {
			return fmt.Errorf("help takes one name, got %d", len(args)-1)
		}
		topic := strings.Join(args[1:], "")
		o.topic = &topic
		return nil
	}
	o.script, o.args = args[0], args[1:]
	return nil
}
