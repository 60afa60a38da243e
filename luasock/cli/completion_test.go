package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// completionCases are command lines up to the cursor, and what must, and what
// must not, be among the completions.
var completionCases = []struct {
	line     string
	has, not []string
}{
	{"ch", []string{"check"}, []string{"types", "notes.txt"}},
	{"", []string{"check", "completion", "help", "types", "main.lua", "sub"}, []string{"--timeout", "notes.txt", "socket.bind"}},
	{"--t", []string{"--timeout", "--trace"}, []string{"--version", "-e"}},
	{"--timeout 5 --no", []string{"--no-color"}, nil},
	{"-e x ty", []string{"types"}, nil},
	{"ma", []string{"main.lua"}, nil},
	{"sub/", []string{"sub/deep.lua"}, nil},
	{"main.lua no", []string{"notes.txt"}, []string{"--no-color"}},
	{"check ", []string{"main.lua", "sub"}, []string{"check", "notes.txt"}},
	{"check main.lua su", []string{"sub"}, nil},
	{"types ", []string{"sub"}, []string{"main.lua", "check"}},
	{"completion ", []string{"bash", "fish", "zsh"}, []string{"main.lua"}},
	{"help socket.bi", []string{"socket.bind"}, []string{"socket.accept"}},
	{"help pri", []string{"print"}, nil},
	{"help socket.bind ", nil, []string{"socket.bind", "check"}},
}

func TestBashCompletion(t *testing.T) {
	skipUnlessInstalled(t, "bash")
	for _, test := range append(completionCases, []struct {
		line     string
		has, not []string
	}{
		{"help Task:jo", []string{"join"}, []string{"Task:join"}}, // bash replaces what is behind the colon
		{"help Task:", []string{"join", "cancel"}, nil},
		{"--trace=no", []string{"notes.txt"}, nil},
		{"-l so", []string{"socket.php"}, nil},
		{"-l ma", []string{"main"}, nil},
		{"-e ", nil, []string{"check", "main.lua"}},
	}...) {
		got := complete(t, "bash", `
			source <(sockscript completion bash)
			line=$1
			IFS=' ' read -ra words <<<"${line//[=:]/ & }"
			[[ $line == *[=:\ ] ]] && [[ $line != *[=:] ]] && words+=("")
			[[ -z $line ]] && words=("")
			COMP_WORDS=(sockscript "${words[@]}")
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_sockscript
			printf '%s\n' "${COMPREPLY[@]}"`, test.line)
		checkCompletions(t, test.line, got, test.has, test.not)
	}
}

func TestFishCompletion(t *testing.T) {
	skipUnlessInstalled(t, "fish")
	for _, test := range completionCases {
		got := complete(t, "fish", `sockscript completion fish | source; complete -C "sockscript $argv[-1]" | string replace -r '\t.*' ''; true`, test.line)
		notes := slices.Index(test.not, "notes.txt") // fish lists other files too, last
		checkCompletions(t, test.line, got, test.has, slices.Concat(test.not[:max(notes, 0)], test.not[notes+1:]))
	}
}

// zsh is asked in a terminal of its own, which lists what it finds.
func TestZshCompletion(t *testing.T) {
	skipUnlessInstalled(t, "zsh")
	var lines []string
	for _, test := range completionCases {
		lines = append(lines, test.line)
	}
	answers := strings.Split(strings.Join(complete(t, "zsh", zshAsks, lines...), "\n"), "=end")
	if len(answers) != len(lines)+1 {
		t.Fatalf("%d answers to %d lines: %q", len(answers), len(lines), answers)
	}
	for i, test := range completionCases {
		has := slices.Clone(test.has)
		for i := range has {
			has[i] = filepath.Base(has[i]) // zsh gives what is behind the folder
		}
		checkCompletions(t, test.line, strings.Split(answers[i], "\n"), has, test.not)
	}
}

// zshAsks has a second zsh, in a terminal, complete each line, and prints every
// match; after those of a line "=end".
const zshAsks = `
zmodload zsh/zpty
zpty z zsh -f -i
zpty -w z 'PROMPT=; autoload -Uz compinit; compinit -u -D; source <(sockscript completion zsh)'
zpty -w z 'compadd() {
	[[ $1 == -[OAD] || "$*" == *" -"[OAD]" "* ]] && { builtin compadd "$@"; return }
	local -a found
	builtin compadd -O found "$@"
	print -rl -- "<"${^found}">"
	builtin compadd "$@"
}
finish() { print "(END)" }
zle -N finish
bindkey "^I" complete-word "^Y" finish "^U" kill-whole-line
print "(READY)"'
zpty -r z line '*(READY)*'
for line; do
	zpty -n -w z $'\x15'"sockscript $line"$'\t\x19'
	zpty -r z answer '*(END)*'
	print -r -- $answer | grep -o '<[^<>]*>' | tr -d '<>'
	print -r -- "=end"
done
zpty -d z
true
`

func checkCompletions(t *testing.T, line string, got, has, not []string) {
	t.Helper()
	for i := range got {
		got[i] = strings.TrimSuffix(strings.TrimSuffix(got[i], " "), "/")
	}
	for _, want := range has {
		if !slices.Contains(got, want) {
			t.Errorf("%q: there is no %q in %q", line, want, got)
		}
	}
	for _, bad := range not {
		if slices.Contains(got, bad) {
			t.Errorf("%q: there is %q in %q", line, bad, got)
		}
	}
}

// complete runs a shell that prints the completions of a line, in a folder with
// some files.
func complete(t *testing.T, shell, script string, lines ...string) []string {
	t.Helper()
	dir, home := t.TempDir(), t.TempDir()
	write(t, dir, "main.lua", "")
	write(t, dir, "sub/deep.lua", "")
	write(t, dir, "notes.txt", "")
	args := []string{"-c", script, shell}
	if shell == "fish" {
		args = []string{"--no-config", "-c", script, "--"}
	}
	cmd := exec.Command(shell, append(args, lines...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_DATA_HOME="+home)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v %s", shell, err, err.(*exec.ExitError).Stderr)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func skipUnlessInstalled(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is not installed", program)
		}
		t.Skipf("%s is not installed", program)
	}
}
