package cli

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A server and a client at one prompt.
func TestPromptSession(t *testing.T) {
	p := sit(t, nil)
	_, port, _ := strings.Cut(strings.TrimSuffix(p.enters(".listen 127.0.0.1:0"), " listening"), "127.0.0.1:")
	p.enters("server = _")
	p.types("function serve(client)\r  for line in client:lines() do\r    client:write(line:upper() .. '\\n')\r  end\r  print('the client has left')\rend\r")
	p.enters("t = task.spawn(function() serve(server:accept()) end)")
	if got := p.enters(".connect " + port); !strings.HasSuffix(got, "-> 127.0.0.1:"+port+" connected") {
		t.Errorf(".connect shows %q", got)
	}
	p.enters(`.send hello\n`)
	if got := p.enters(".recv"); got != `"HELLO\n"` {
		t.Errorf(".recv shows %q", got)
	}
	if got := p.enters(".tasks"); !strings.Contains(got, "stdin:2  read on tcp 127.0.0.1:"+port) {
		t.Errorf(".tasks shows %q", got)
	}
	if got := p.enters(".sockets"); strings.Count(got, "connected") != 2 || !strings.Contains(got, "server") {
		t.Errorf(".sockets shows %q", got)
	}
	p.enters(".close")
	p.until("what the task prints", func(s *screen) bool { // it stands in the function too
		return strings.Contains(s.String(), "\nthe client has left\n") && atPrompt(s)
	})
	if got := p.enters("t:status()"); got != `"done"` {
		t.Errorf("the task is %s", got)
	}
	p.leaves()
}

// The session that the README shows is what such a session shows, but for numbers of
// ports and descriptors and times.
func TestPromptShowsWhatTheReadmeSays(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := codeBlocks(string(text))
	i := slices.IndexFunc(blocks, func(b string) bool { return strings.HasPrefix(b, "$ sockscript\n> ") })
	if i < 0 {
		t.Fatal("there is no session in the README")
	}
	p := sit(t, nil)
	port := "7777"
	for _, entry := range strings.Split(strings.TrimPrefix(blocks[i], "$ sockscript"), "\n> ")[1:] {
		row := p.row()
		var want []string
		for j, line := range strings.Split(strings.TrimSuffix(entry, "\n"), "\n") {
			more, ok := strings.CutPrefix(line, ">> ")
			switch {
			case j == 0 && strings.HasPrefix(line, ".listen"):
				p.types(strings.Replace(line, port, "0", 1) + "\r")
			case j == 0:
				p.types(strings.Replace(line, "7777", port, 1) + "\r")
			case ok:
				p.sees(">>")
				p.types(more + "\r")
				row++
			default:
				want = append(want, line)
			}
		}
		got := p.shown(row)
		if name, ok := strings.CutSuffix(got, " listening"); ok && port == "7777" {
			port = name[strings.LastIndexByte(name, ':')+1:]
		}
		if got, want := unnumbered(got), unnumbered(strings.Join(want, "\n")); got != want {
			t.Errorf("%s\nshows\n%s\nthe README says\n%s", entry, got, want)
		}
	}
	p.leaves()
}

// unnumbered is a text with every number, and the blanks behind it, made one.
func unnumbered(text string) string {
	text = regexp.MustCompile(`[\d.]*\d`).ReplaceAllString(text, "N")
	return regexp.MustCompile(` +`).ReplaceAllString(text, " ")
}
