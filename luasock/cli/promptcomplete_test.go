package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestPromptCompletes(t *testing.T) {
	p := sit(t, nil)
	if err := os.WriteFile(filepath.Join(p.cmd.Dir, "script one.lua"), []byte("one = 1"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(p.cmd.Dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.enters("s = socket.create(socket.AF_INET, socket.SOCK_STREAM) own = {one = {two = {socket.STDOUT}}, ['not a name'] = 1}")
	for _, k := range []struct{ typed, want string }{
		{"soc\t", "socket"},
		{"socket.create_l\t", "socket.create_listen"},
		{"socket.AF_INET6\t", "socket.AF_INET6"},
		{"socket.SO_REUSEP\t", "socket.SO_REUSEPORT"},
		{"s:recvf\t", "s:recvfrom"},
		{"s:read_ex\t", "s:read_exactly"},
		{"own.o\t", "own.one"},
		{"own.one.two[1]:interac\t", "own.one.two[1]:interact"},
		{"own['one'].tw\t", "own['one'].two"},
		{"print(s:getpeern\t", "print(s:getpeername"},
		{"task.current().na\t", "task.current().na"},
		{"string.form\t", "string.format"},
		{"func\t", "function"},
		{"x = 'scr\t", "x = 'script one.lua"},
		{"x = 'fol\t", "x = 'folder/"},
		{"-- soc\t", "-- soc"},
		{"require('socket.p\t", "require('socket.php"},
		{"p = require \"script o\t", "p = require \"script one"},
		{"help('socket.bi\t", "help('socket.bind"},
		{"help \"Task:j\t", "help \"Task:join"},
		{"'soc\t", "'soc"},
		{".soc\t", ".sockets"},
		{".load scr\t", ".load script one.lua"},
		{"s.create_list\t", "s.create_list"},
		{"nope.x\t", "nope.x"},
	} {
		p.ready()
		p.types(k.typed + "!")
		p.until(fmt.Sprintf("%q", k.want+"!"), func(s *screen) bool { return s.text(s.row) == "> "+k.want+"!" })
		p.types("\x15") // Ctrl-U
	}
	p.ready()
	p.types("s:re\t")
	p.until("the choice", func(s *screen) bool {
		return s.text(s.row) == "> s:re" && strings.Contains(s.text(s.row+1), "read_exactly") && strings.Contains(s.String(), "recvmsg")
	})
	p.types("cv(")
	p.until("the choice to go", func(s *screen) bool { return !strings.Contains(s.text(s.row+1), "read_exactly") })
	p.types("\x15")
	p.leaves()
}

func TestPromptShowsSignatures(t *testing.T) {
	p := sit(t, nil)
	p.enters("s = socket.create(socket.AF_INET, socket.SOCK_STREAM)")
	for _, k := range []struct{ typed, want string }{
		{"socket.bind(", "socket.bind(s, address [, port=0])  Gives the socket its local address"},
		{"socket.bind(s, '127.0.0.1', ", "socket.bind(s, address [, port=0])  Gives the socket its local address"},
		{"s:bind('127.0.0.1'", "s:bind(address [, port=0])  Gives the socket its local address"},
		{"s:listen(", "s:listen([backlog=0])  Makes the socket one that accepts connections; backl"},
		{"s:close(", "s:close()  Closes the socket"},
		{"socket.STDOUT:write(", "fp:write(data [, length])"},
		{"print(tostring(", "tostring(v)  v as text, by its metamethod __tostring if it has one"},
		{"print(tostring(1), ", "print(...)  Writes the arguments to standard output, with tabs between"},
		{"string.format(", "string.format("},
		{"x = (", ""},
		{"nope(", ""},
	} {
		p.ready()
		p.types(k.typed)
		p.until(fmt.Sprintf("%q below", k.want), func(s *screen) bool {
			below := s.text(s.row + 1)
			return strings.HasSuffix(s.text(s.row), strings.TrimRight(k.typed, " ")) && strings.HasPrefix(below, k.want) && (k.want != "") == (below != "")
		})
		p.types("\x15")
		p.until("the hint to go", func(s *screen) bool { return atPrompt(s) })
	}
	p.leaves()
}

// .help fits a screen of 24 lines and 80 columns.
func TestPromptHelpFitsAScreen(t *testing.T) {
	p := sitIn(t, t.TempDir(), 200, nil)
	lines := strings.Split(p.enters("help"), "\n")
	for _, same := range []string{"?", ".help"} {
		if got := p.enters(same); got != strings.Join(lines, "\n") {
			t.Errorf("%s shows %q", same, got)
		}
	}
	if len(lines) > 23 {
		t.Errorf(".help takes %d lines", len(lines))
	}
	for _, line := range lines {
		if utf8.RuneCountInString(line) > 80 {
			t.Errorf(".help has a line that is too long: %s", line)
		}
	}
	p.leaves()
}
