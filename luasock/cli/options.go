package cli

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"sockscript/luasock/spell"
)

// options are the command line.
type options struct {
	statements  []string
	modules     []string
	interactive bool
	timeout     time.Duration // 0 for none
	trace       string        // a file; "-" for standard error, "" for no trace
	noColor     bool
	help        bool
	version     bool
	script      string   // or a subcommand; "" for none, "-" for standard input
	args        []string // what stands behind it
	programs    []string // the options that are for programs, and were given
}

// traceToStderr is --trace without a file.
const traceToStderr = "-"

// flags are the options, as they stand before a script or a subcommand.
func (o *options) flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("sockscript", pflag.ContinueOnError)
	f.SetInterspersed(false) // they end at the script's name
	f.StringArrayVarP(&o.statements, "execute", "e", nil, "run the statement")
	f.BoolVarP(&o.interactive, "interactive", "i", false, "a prompt after the program")
	f.StringArrayVarP(&o.modules, "require", "l", nil, "require the module first")
	f.Var((*seconds)(&o.timeout), "timeout", "end the program after so many seconds")
	f.Var((*fileName)(&o.trace), "trace", "print every call on a socket, to a file or standard error")
	f.Lookup("trace").NoOptDefVal = traceToStderr
	f.BoolVar(&o.noColor, "no-color", false, "no colours")
	f.BoolVarP(&o.version, "version", "v", false, "print the version")
	f.BoolVarP(&o.help, "help", "h", false, "print the options")
	return f
}

// parse reads the command line. Options end at the script's name.
func parse(args []string) (o options, err error) {
	f := o.flags()
	if err := parseFlags(f, args); err != nil {
		return o, err
	}
	f.Visit(func(flag *pflag.Flag) {
		if flag.Name != "no-color" {
			o.programs = append(o.programs, flagName(flag))
		}
	})
	if rest := f.Args(); len(rest) > 0 {
		o.script, o.args = rest[0], rest[1:]
	}
	return o, nil
}

// flagName is an option as our help calls it: by its letter, if it has one.
func flagName(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

// parseFlags reads the options among the arguments. Its errors name the option,
// and for one that is unknown the nearest.
func parseFlags(f *pflag.FlagSet, args []string) error {
	var (
		unknown *pflag.NotExistError
		syntax  *pflag.InvalidSyntaxError
		missing *pflag.ValueRequiredError
		invalid *pflag.InvalidValueError
	)
	switch err := f.Parse(args); {
	case errors.As(err, &unknown):
		return unknownOption(f, unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames())
	case errors.As(err, &syntax):
		return fmt.Errorf("unknown option %s", syntax.GetSpecifiedFlag())
	case errors.As(err, &missing) && missing.GetSpecifiedShortnames() != "":
		return fmt.Errorf("option -%s needs a value", missing.GetSpecifiedName())
	case errors.As(err, &missing):
		return fmt.Errorf("option --%s needs a value", missing.GetSpecifiedName())
	case errors.As(err, &invalid) && invalid.GetFlag().Value.Type() == "bool":
		return fmt.Errorf("option %s takes no value", flagName(invalid.GetFlag()))
	case errors.As(err, &invalid):
		return fmt.Errorf("--%s must be %w, got %q", invalid.GetFlag().Name, errors.Unwrap(invalid), invalid.GetValue())
	default:
		return err
	}
}

// arguments reads the command line of a subcommand that has no options but help.
// When it is done with that, status is the exit status.
func arguments(name, usage string, args []string, stdout, stderr io.Writer) (rest []string, status int, done bool) {
	f := pflag.NewFlagSet(name, pflag.ContinueOnError)
	help := f.BoolP("help", "h", false, "print the usage")
	if err := parseFlags(f, args); err != nil {
		return nil, wrongUsage(stderr, fmt.Errorf("%s: %w", name, err)), true
	}
	if *help {
		fmt.Fprint(stdout, usage)
		return nil, exitOK, true
	}
	return f.Args(), exitOK, false
}

// unknownOption is the error of a long name, or of a letter among letters, which
// may have been meant as a long name.
func unknownOption(f *pflag.FlagSet, name, letters string) error {
	word := name
	if letters != "" {
		word, _, _ = strings.Cut(letters, "=")
	}
	meant := word
	if f.Lookup(word) == nil {
		meant = spell.Nearest(word, flagNames(f))
	}
	switch {
	case meant != "" && letters != "":
		return fmt.Errorf("unknown option -%s; did you mean --%s?", word, meant)
	case meant != "":
		return fmt.Errorf("unknown option --%s; did you mean --%s?", word, meant)
	case letters != "":
		return fmt.Errorf("unknown option -%s", name)
	}
	return fmt.Errorf("unknown option --%s", name)
}

// flagNames yields the long names of the options.
func flagNames(f *pflag.FlagSet) iter.Seq[string] {
	return func(yield func(string) bool) {
		more := true
		f.VisitAll(func(flag *pflag.Flag) { more = more && yield(flag.Name) })
	}
}

// seconds is the value of an option: a time.
type seconds time.Duration

func (s *seconds) Set(text string) error {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || !(n > 0) || n > math.MaxInt32 {
		return errors.New("seconds above 0")
	}
	*s = seconds(n * float64(time.Second))
	return nil
}

func (s *seconds) String() string { return time.Duration(*s).String() }
func (*seconds) Type() string     { return "seconds" }

// fileName is the value of an option: a file to write.
type fileName string

func (n *fileName) Set(text string) error {
	if text == "" {
		return errors.New("a file's name")
	}
	*n = fileName(text)
	return nil
}

func (n *fileName) String() string { return string(*n) }
func (*fileName) Type() string     { return "file" }
