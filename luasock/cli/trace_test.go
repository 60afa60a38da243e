package cli

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// talk is a program that makes some calls; a task of it too.
const talk = `
	local l = socket.create_listen(0)
	local _, port = l:getsockname()
	task.spawn(function() local c = l:accept() c:write(c:recv(9)) c:close() end)
	local fp = socket.fsockopen("127.0.0.1", port)
	fp:write("hello")
	print(fp:read(9), fp:read(9))
	print(socket.create(socket.AF_UNIX, socket.SOCK_STREAM):connect("/nope"))`

const talkPrints = "hello\tnil\tclosed\t0\nnil\tNo such file or directory\t2\n"

const talkTraced = `~#1 fd \d+ tcp create
#1 fd \d+ tcp 0\.0\.0\.0:\d+ bind 0\.0\.0\.0:0
#1 fd \d+ tcp 0\.0\.0\.0:\d+ listen
#2 fd \d+ tcp create
(?:#2 fd \d+ tcp 127\.0\.0\.1:\d+ - 127\.0\.0\.1:\d+ connect
|#3 fd \d+ tcp 127\.0\.0\.1:\d+ - 127\.0\.0\.1:\d+ accept
|#\d fd \d+ tcp 127\.0\.0\.1:\d+ -> 127\.0\.0\.1:\d+ send 5 bytes
    00000000  68 65 6c 6c 6f                                    \|hello\|
|#\d fd \d+ tcp 127\.0\.0\.1:\d+ <- 127\.0\.0\.1:\d+ recv 5 bytes
    00000000  68 65 6c 6c 6f                                    \|hello\|
|#2 fd \d+ tcp 127\.0\.0\.1:\d+ <- 127\.0\.0\.1:\d+ recv closed
|#3 fd \d+ tcp 127\.0\.0\.1:\d+ - 127\.0\.0\.1:\d+ close
)+#4 fd \d+ unix create
#4 fd \d+ unix connect /nope No such file or directory
`

func TestTrace(t *testing.T) {
	times := regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{6} `)
	dir := t.TempDir()
	write(t, dir, "talk.lua", talk)
	for _, args := range [][]string{{"--trace", "talk.lua"}, {"--trace", "-e", talk}} {
		got := run1(t, dir, "", args...)
		got.stderr = times.ReplaceAllString(got.stderr, "")
		(&expected{0, talkPrints, talkTraced}).check(t, got)
	}
	write(t, dir, "calls.txt", "what was there")
	(&expected{0, talkPrints, ""}).check(t, run1(t, dir, "", "--trace=calls.txt", "talk.lua"))
	text := times.ReplaceAllString(read(t, dir, "calls.txt"), "")
	(&expected{0, "", talkTraced}).check(t, result{0, "", text})
}

// A file *.pcapng is for Wireshark.
func TestTraceForWireshark(t *testing.T) {
	dir := t.TempDir()
	(&expected{0, talkPrints, ""}).check(t, run1(t, dir, "", "--trace=calls.pcapng", "-e", talk))
	if text := read(t, dir, "calls.pcapng"); !strings.HasPrefix(text, "\n\r\r\n") || !strings.Contains(text, "hello") {
		t.Errorf("%q", text)
	}
}

// What a program has done before it ends itself is in the file.
func TestTraceOfExit(t *testing.T) {
	dir := t.TempDir()
	(&expected{3, "", ""}).check(t, run1(t, dir, "", "--trace=calls.txt", "-e", "socket.create_listen(0) os.exit(3)"))
	if text := read(t, dir, "calls.txt"); !regexp.MustCompile(`\n.* listen\n$`).MatchString(text) {
		t.Error(text)
	}
}

func TestTraceThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	(&expected{2, "", "sockscript: cannot write nope/x: No such file or directory\n"}).check(t, run1(t, dir, "", "--trace=nope/x", "-e", "print(1)"))
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full here")
	}
	(&expected{0, "1\n", "sockscript: cannot write /dev/full: No space left on device\n"}).check(t, run1(t, dir, "", "--trace=/dev/full", "-e", "socket.create_listen(0) print(1)"))
}
