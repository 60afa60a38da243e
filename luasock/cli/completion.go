package cli

import (
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"sockscript/luasock"
	"sockscript/luasock/luatest"
)

const completionUsage = `usage: sockscript completion bash|zsh|fish

Prints what the shell completes the command line of sockscript from: options,
subcommands, Lua files, and what help knows. To have it always:

  bash   echo 'source <(sockscript completion bash)' >> ~/.bashrc
  zsh    echo 'source <(sockscript completion zsh)' >> ~/.zshrc, after compinit
  fish   sockscript completion fish > ~/.config/fish/completions/sockscript.fish

'sockscript completion topics' lists what help knows, a name a line.
`

// The scripts have @WORDS@ in the place of what fill knows.
var (
	//go:embed completion.bash
	bashScript string
	//go:embed completion.zsh
	zshScript string
	//go:embed completion.fish
	fishScript string
)

// completion is the subcommand completion.
func completion(args []string, _ *os.File, stdout, stderr io.Writer) int {
	rest, status, done := arguments("completion", completionUsage, args, stdout, stderr)
	if done {
		return status
	}
	if len(rest) != 1 {
		return wrongUsage(stderr, errors.New("completion needs the name of a shell: bash, zsh or fish"))
	}
	switch rest[0] {
	case "bash":
		fmt.Fprint(stdout, bashCompletion())
	case "zsh":
		fmt.Fprint(stdout, zshCompletion())
	case "fish":
		fmt.Fprint(stdout, fishCompletion())
	case "topics":
		return topics(stdout, stderr)
	default:
		return wrongUsage(stderr, fmt.Errorf("completion knows bash, zsh and fish, got %q", rest[0]))
	}
	return exitOK
}

// topics prints what help knows.
func topics(stdout, stderr io.Writer) int {
	vm, err := newVM(luasock.Options{Stderr: stderr})
	if err != nil {
		return fail(stderr, err)
	}
	defer vm.Close()
	vm.LoadPreloaded()
	luatest.Document(vm)
	names := slices.Sorted(vm.Topics())
	fmt.Fprintln(stdout, strings.Join(slices.Compact(names), "\n"))
	return exitOK
}

// shellOption is an option as shells are told of it.
type shellOption struct {
	letter, name string // one may be ""
	usage        string
	value        string // what follows it; "" for nothing
	attached     bool   // the value may be missing, and stands behind = if not
}

// shellOptions are the options before a script.
func shellOptions() []shellOption { return optionsOf((&options{}).flags()) }

func optionsOf(set *pflag.FlagSet) (list []shellOption) {
	set.VisitAll(func(f *pflag.Flag) {
		opt := shellOption{letter: f.Shorthand, name: f.Name, usage: f.Usage, value: f.Value.Type(), attached: f.NoOptDefVal != ""}
		switch opt.value {
		case "bool":
			opt.value, opt.attached = "", false
		case "stringArray":
			opt.value = "text"
		}
		list = append(list, opt)
	})
	return list
}

// testOptions are the options of the subcommand test.
func testOptions() []shellOption { return optionsOf((&testRun{}).flags()) }

var reporters = []string{"pretty", "tap", "junit", "json", "github"}

// bashCompletion is the script for bash.
func bashCompletion() string {
	var names, starts []string
	for _, sub := range subcommands() {
		names, starts = append(names, sub.name), append(starts, "start:"+sub.name)
	}
	words := func(options []shellOption) string {
		var list []string
		for _, o := range options {
			if o.letter != "" {
				list = append(list, "-"+o.letter)
			}
			list = append(list, "--"+o.name)
		}
		return strings.Join(list, `\n`)
	}
	return strings.NewReplacer(
		"@START@", strings.Join(starts, " | "), "@SUBCOMMANDS@", strings.Join(names, `\n`),
		"@OPTIONS@", words(shellOptions()), "@TEST@", words(testOptions()),
		"@REPORTERS@", strings.Join(reporters, `\n`), "@MODULES@", "socket.php",
	).Replace(bashScript)
}

// zshCompletion is the script for zsh.
func zshCompletion() string {
	var subs strings.Builder
	for _, sub := range subcommands() {
		fmt.Fprintf(&subs, "            '%s:%s'\n", sub.name, sub.does)
	}
	return strings.NewReplacer(
		"@SUBCOMMANDS@\n", subs.String(), "@OPTIONS@\n", zshOptions(shellOptions(), "        "), "@TEST@\n", zshOptions(testOptions(), "                "),
	).Replace(zshScript)
}

// zshOptions are options as _arguments takes them, a line each.
func zshOptions(options []shellOption, indent string) string {
	var b strings.Builder
	for _, o := range options {
		action := map[string]string{"file": "_files", "reporter": "(" + strings.Join(reporters, " ") + ")"}[o.value]
		text, equals, colon := "["+o.usage+"]", "=", ":"
		if o.attached {
			equals, colon = "=-", "::"
		}
		switch {
		case o.value == "":
			equals = ""
		case action == "":
			text += colon + o.value + ": "
		default:
			text += colon + o.value + ":" + action
		}
		if o.letter != "" && o.value == "" {
			fmt.Fprintf(&b, "%s'(-%s --%s)'{-%s,--%s}'%s' \\\n", indent, o.letter, o.name, o.letter, o.name, text)
		} else if o.letter != "" {
			fmt.Fprintf(&b, "%s'*'{-%s+,--%s%s}'%s' \\\n", indent, o.letter, o.name, equals, text)
		} else {
			fmt.Fprintf(&b, "%s'--%s%s%s' \\\n", indent, o.name, equals, text)
		}
	}
	return b.String()
}

// fishCompletion is the script for fish.
func fishCompletion() string {
	var names []string
	var subs strings.Builder
	for _, sub := range subcommands() {
		names = append(names, sub.name)
		fmt.Fprintf(&subs, "complete -c sockscript -n '__sockscript_at start' -a %s -d '%s'\n", sub.name, sub.does)
	}
	return strings.NewReplacer(
		"@NAMES@", strings.Join(names, " "), "@SUBCOMMANDS@\n", subs.String(),
		"@OPTIONS@\n", fishOptions(shellOptions(), "start"), "@TEST@\n", fishOptions(testOptions(), "test"),
	).Replace(fishScript)
}

func fishOptions(options []shellOption, place string) string {
	var b strings.Builder
	for _, o := range options {
		fmt.Fprintf(&b, "complete -c sockscript -n '__sockscript_at %s'", place)
		if o.letter != "" {
			b.WriteString(" -s " + o.letter)
		}
		b.WriteString(" -l " + o.name)
		switch {
		case o.value == "reporter":
			b.WriteString(" -x -a '" + strings.Join(reporters, " ") + "'")
		case o.value == "file" && !o.attached:
			b.WriteString(" -r -F")
		case o.value != "" && !o.attached:
			b.WriteString(" -x")
		}
		fmt.Fprintf(&b, " -d '%s'\n", o.usage)
	}
	return b.String()
}
