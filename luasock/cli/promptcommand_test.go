package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestPromptCommands(t *testing.T) {
	p := sit(t, nil)
	if got := p.enters(".sockets"); got != "no socket is open" {
		t.Errorf(".sockets shows %q", got)
	}
	if got := p.enters(".tasks"); got != "no task runs" {
		t.Errorf(".tasks shows %q", got)
	}
	if got := p.enters(".send x"); !strings.HasPrefix(got, "there is no connection yet") {
		t.Errorf(".send shows %q", got)
	}
	listening := p.enters(".listen tcp://127.0.0.1:0")
	port, ok := strings.CutPrefix(strings.TrimSuffix(listening, " listening"), "stream: tcp 127.0.0.1:")
	if !ok {
		t.Fatalf(".listen shows %q", listening)
	}
	p.enters("server = _")
	connected := p.enters(".connect tcp://127.0.0.1:" + port)
	if !strings.HasSuffix(connected, " -> 127.0.0.1:"+port+" connected") {
		t.Errorf(".connect shows %q", connected)
	}
	for _, k := range []struct{ line, want string }{
		{"client = _", ""},
		{`.send "HELLO\r\n"`, "7 bytes sent"},
		{`.send more\0`, "5 bytes sent"},
		{"peer = server:accept()", ""},
		{".recv", `"HELLO\r\nmore\x00"`}, // peer is the last that was made
		{"_", `"HELLO\r\nmore\x00"`},
		{"client", connected},
		{".close", ""},
		{"client", "stream: closed"},
		{"peer", ""},
		{".recv", "nil     closed  0"},
		{".time 1 + 1", "~2\n.*s"},
		{".time x = ", "~(?s)stdin:1: syntax error near '<eof>'.*"},
		{".nothing", "there is no command .nothing; .help lists them"},
		{".sokets", "there is no command .sokets; did you mean .sockets?"},
		{".load", ".load needs FILE: runs a script here"},
		{".load nowhere.lua", "cannot read nowhere.lua: No such file or directory"},
		{".save nowhere/x.lua", "cannot write nowhere/x.lua: No such file or directory"},
		{".connect 127.0.0.1", "tcp://127.0.0.1 has no port, as tcp://127.0.0.1:80 has"},
		{".connect 127.0.0.1 1", "nil     Connection refused      111 (ECONNREFUSED)"},
		{".connect tcp://127.0.0.1:1 {socket = {bindto = 7}}", "~(?s).*bindto.*"},
		{".exit", "there is no command .exit; did you mean .quit?"},
		{"quit = 1", ""},
		{"quit", "1"},
		{".hx", "there is no command .hx; did you mean .hex?"},
		{".sock", "there is no command .sock; did you mean .sockets?"},
		{".tasks x", ".tasks takes nothing, got x"},
		{".hex maybe", ".hex must be on or off, got maybe"},
		{".close 1000", "there is no socket with the descriptor 1000; .sockets lists all"},
		{".close 1 + {}", "~(?s)stdin:1: attempt to perform arithmetic on a table value.*"},
		{".help socket.gettime", "socket.gettime()\n  Returns the time in seconds since 1970, with fractions."},
		{".help peer:bind", `there is no help on "peer:bind"`},
		{".help peer:gts", `there is no help on "peer:gts"; did you mean peer:gets?`},
		{"help 'socket.bnd'", "stdin:1: bad argument #1 to 'help' (there is no help on \"socket.bnd\"; did you me\nan socket.bind?)"},
		{".help .time", ".time EXPR\n  evaluates, and says how long it took"},
		{".help sockets", ".sockets\n  lists every open socket"},
		{".help .tme", "there is no command .tme; did you mean .time?"},
		{".help nothing.at.all", `there is no help on "nothing.at.all"`},
		{".connect tcp://127.0.0.1:1", "nil     Connection refused      111 (ECONNREFUSED)"},
	} {
		got := p.enters(k.line)
		if pattern, ok := strings.CutPrefix(k.want, "~"); ok && regexp.MustCompile("^(?:"+pattern+")$").MatchString(got) {
			continue
		}
		if k.line != "peer" && got != k.want {
			t.Errorf("%s\nshows %q\nwant  %q", k.line, got, k.want)
		}
	}
	got := p.enters(".sockets")
	want := `fd +kind +state +local +remote +in +out +age +name
\d+ +tcp +listening +127.0.0.1:` + port + ` +- +0 +0 +\S+s +server
\d+ +tcp +connected +127.0.0.1:` + port + ` +127.0.0.1:\d+ +12 +0 +\S+s +peer \*`
	if !regexp.MustCompile("^" + want + "$").MatchString(got) {
		t.Errorf(".sockets shows\n%s\nwant\n%s", got, want)
	}
	p.enters("task.spawn(function() local s = socket.create_listen(0) number = s:fd() s:accept() print('accept is over') end)")
	got = p.enters(".tasks")
	if want := `task +state +at +waits in\nstdin:1 +waiting +stdin:1 +accept on tcp 0.0.0.0:\d+ listening`; !regexp.MustCompile("^" + want + "$").MatchString(got) {
		t.Errorf(".tasks shows\n%s", got)
	}
	if got := p.enters(".close number"); !strings.Contains(got, "must be a Socket or a Stream, got") {
		t.Errorf(".close number shows %q", got)
	}
	p.enters(".close " + p.enters("number"))
	p.sees("\naccept is over\n")
	if got := p.enters(".help"); !strings.Contains(got, ".connect URL") || !strings.Contains(got, "The locals") {
		t.Errorf(".help shows %q", got)
	}
	p.ready()
	p.types(".quit\r")
	if status := p.gone(); status != 0 {
		t.Errorf("exit status %d", status)
	}
}

// The connection that commands are about is a global, which a script may have for
// something else.
func TestPromptNamesTheConnection(t *testing.T) {
	p := sit(t, nil)
	p.enters("a, b = socket.stream_pair(1, 1, 0)")
	p.enters("b")
	p.enters("a:write('for b')")
	for _, k := range []struct{ line, want string }{
		{"connection == b", "true"},
		{"connection:read(5)", `"for b"`},
		{"a", "stream: unix connected"},
		{"connection == a", "true"},
		{"connection = 'mine'", ""},
		{"b", "stream: unix connected"},
		{"connection", `"mine"`},
		{".send x", "1 byte sent"},
		{"a:read(1)", `"x"`},
	} {
		if got := p.enters(k.line); got != k.want {
			t.Errorf("%s shows %q, want %q", k.line, got, k.want)
		}
	}
	if got := p.enters(".sockets"); strings.Contains(got, "connection") {
		t.Errorf(".sockets shows\n%s", got)
	}
	p.leaves()
}

// .hex on shows what moves, whoever moves it.
func TestPromptHex(t *testing.T) {
	p := sit(t, nil)
	p.enters("a, b = socket.stream_pair(1, 1, 0)")
	p.enters(".hex on")
	p.enters("a:write('HELLO\\r\\n')")
	p.sees("send 7 bytes")
	p.sees("00000000  48 45 4c 4c 4f 0d 0a                              |HELLO..|")
	p.enters("task.spawn(function() b:gets() end)")
	p.sees("recv 7 bytes")
	p.enters(".hex off")
	p.enters("a:write('quiet')")
	if p.leaves(); strings.Contains(p.shows(), "|quiet|") {
		t.Error(".hex off still shows bytes")
	}
}

// What --trace prints appears above the line that is being typed.
func TestPromptTraces(t *testing.T) {
	p := sit(t, []string{"--trace"})
	p.enters("function show() end")
	peer := p.serve()
	p.types("'half typ")
	p.until("the line", func(s *screen) bool { return s.text(s.row) == "> 'half typ" })
	fmt.Fprintln(peer, "HELLO")
	p.until("the bytes above the line", func(s *screen) bool {
		return s.text(s.row) == "> 'half typ" && s.text(s.row-1) == "    00000000  48 45 4c 4c 4f 0a                                 |HELLO.|"
	})
	p.types("\x15")
	p.leaves()
}

// Of TLS .hex shows what is inside, of a stream too that had it before.
func TestPromptHexOfTLS(t *testing.T) {
	p := sit(t, nil)
	for _, line := range []string{
		"c = test.certificate{'localhost'}",
		"context = {ssl = {local_cert = c.cert, local_pk = c.key, cafile = c.ca, peer_name = 'localhost'}}",
		"a, b = socket.stream_pair(1, 1, 0)",
		"function serve() b:enable_crypto(true, socket.STREAM_CRYPTO_METHOD_TLS_SERVER, context) b:write(b:gets()) end",
		"function start() task.spawn(serve) return a:enable_crypto(true, socket.STREAM_CRYPTO_METHOD_TLS_CLIENT, context) end",
	} {
		p.enters(line)
	}
	if got := p.enters("start()"); got != "true" {
		t.Fatalf("the handshake gives %q", got)
	}
	p.enters(".hex on")
	shows := func(line, want string) {
		t.Helper()
		got := p.enters(line)
		if !strings.Contains(got, want) || strings.Contains(got, "send") || strings.Contains(got, "recv") {
			t.Errorf("%s shows\n%s", line, got)
		}
	}
	shows("a:write('HELLO\\n')", "|HELLO.|")
	shows("a:gets()", "tls read 6 bytes\n    00000000  48 45 4c 4c 4f 0a                                 |HELLO.|")
	p.enters("task.spawn(b.enable_crypto, b, false)")
	if got := p.enters("a:enable_crypto(false)"); !regexp.MustCompile("(?m)^true$").MatchString(got) {
		t.Fatalf("the end of TLS gives %q", got)
	}
	if got := p.enters("a:write('plain')"); !strings.Contains(got, "send 5 bytes") {
		t.Errorf("after TLS it shows\n%s", got)
	}
	p.leaves()
}

// .save writes a script that does the same.
func TestPromptSaves(t *testing.T) {
	p := sit(t, nil)
	for _, line := range []string{
		"srv = socket.create_listen(0)",
		"local _, port = srv:getsockname() number = port",
		"number = nothing.at.all",
		"task.spawn(function() local s = srv:accept() s:write(s:read(100):upper()) s:close() end)",
		"2 + 3",
		"=_ * 2",
		"print(_)",
		"socket.stream_client('tcp://127.0.0.1:' .. number)",
		`.send hello\n`,
		".recv",
		"print((_))",
	} {
		p.enters(line)
	}
	if got := p.enters(".save session.lua"); got != "10 entries in session.lua" {
		t.Errorf(".save shows %q", got)
	}
	p.leaves()
	text, err := os.ReadFile(filepath.Join(p.cmd.Dir, "session.lua"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "session.lua")
	cmd.Dir = p.cmd.Dir
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "10\nHELLO\n\n" {
		t.Errorf("the saved script\n%sprints %q, %v", text, out, err)
	}
}
