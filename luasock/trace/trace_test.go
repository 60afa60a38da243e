package trace

import (
	"errors"
	"io"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// start is when the events of these tests begin.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// after is an event so many milliseconds after the start.
func after(ms int, id uint64, op, data string, err error) sock.Event {
	return sock.Event{Time: start.Add(time.Duration(ms) * time.Millisecond), ID: id, FD: int(id) + 10, Op: op, Data: []byte(data), Err: err}
}

var refused = &os.SyscallError{Syscall: "connect", Err: unix.ECONNREFUSED}

func from(e sock.Event, host string, port int) sock.Event {
	e.Addr = addr.Inet(netip.MustParseAddr(host), port)
	return e
}

var textCases = []struct {
	name   string
	o      Options
	events []sock.Event
	want   string
}{
	{"a call without bytes", Options{}, []sock.Event{after(0, 1, "listen", "", nil)}, `
03:04:05.000000 #1 fd 11 listen
`},
	{"time since the start", Options{Start: start}, []sock.Event{after(1500, 1, "create", "", nil)}, `
+1.500000 #1 fd 11 create
`},
	{"an address that was given", Options{Start: start}, []sock.Event{from(after(0, 1, "connect", "", refused), "127.0.0.1", 1)}, `
+0.000000 #1 fd 11 connect 127.0.0.1:1 Connection refused
`},
	{"bytes in both directions", Options{Start: start}, []sock.Event{after(0, 1, "send", "hello", nil), after(1, 1, "recv", "x", nil)}, `
+0.000000 #1 fd 11 -> send 5 bytes
    00000000  68 65 6c 6c 6f                                    |hello|
+0.001000 #1 fd 11 <- recv 1 byte
    00000000  78                                                |x|
`},
	{"the name of an option, or its numbers", Options{Start: start}, []sock.Event{
		{Time: start, ID: 1, FD: 11, Op: "set_option", Option: sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_REUSEADDR}},
		{Time: start, ID: 1, FD: 11, Op: "get_option", Option: sock.Option{Level: 12345, Name: 6}, Err: &os.SyscallError{Syscall: "getsockopt", Err: unix.EINVAL}}}, `
+0.000000 #1 fd 11 set_option SO_REUSEADDR
+0.000000 #1 fd 11 get_option 12345/6 Invalid argument
`},
	{"a datagram's address", Options{Start: start}, []sock.Event{from(after(0, 1, "recvfrom", "", nil), "::1", 53)}, `
+0.000000 #1 fd 11 <- [::1]:53 recvfrom 0 bytes
`},
	{"the end, and other errors", Options{Start: start}, []sock.Event{after(0, 1, "recv", "", io.EOF),
		after(0, 1, "recv", "", sock.ErrClosedUnder), after(0, 1, "recv", "", loop.ErrTimeout), after(0, 1, "recv", "", errors.New("own"))}, `
+0.000000 #1 fd 11 <- recv closed
+0.000000 #1 fd 11 <- recv socket is closed
+0.000000 #1 fd 11 <- recv timeout
+0.000000 #1 fd 11 <- recv own
`},
	{"a part that was sent before an error", Options{Start: start}, []sock.Event{after(0, 1, "send", "ab", &os.SyscallError{Syscall: "send", Err: unix.EPIPE})}, `
+0.000000 #1 fd 11 -> send 2 bytes Broken pipe
    00000000  61 62                                             |ab|
`},
	{"no more than Most bytes", Options{Start: start, Most: 2}, []sock.Event{after(0, 1, "send", "abc", nil)}, `
+0.000000 #1 fd 11 -> send 3 bytes
    00000000  61 62                                             |ab|
    … 1 byte more
`},
	{"only bytes", Options{Start: start, Bytes: true}, []sock.Event{after(0, 1, "create", "", nil), after(0, 1, "recv", "", io.EOF)}, `
+0.000000 #1 fd 11 <- recv closed
`},
	{"in colour", Options{Start: start, Color: true}, []sock.Event{after(0, 1, "send", "a", io.EOF)}, `
` + "\x1b[90m+0.000000\x1b[0m #1 fd 11 \x1b[32m->\x1b[0m \x1b[32msend\x1b[0m 1 byte \x1b[31mclosed\x1b[0m\n" +
		"    \x1b[90m00000000 \x1b[36m 61                                              \x1b[0m  |\x1b[36ma\x1b[0m|\n"},
	{"of TLS the plaintext, once it is told of, and errors", Options{Start: start}, []sock.Event{
		after(0, 1, "recv", "220 start\n", nil), after(0, 1, "tls write", "secret", nil), after(0, 1, "send", "\x17\x03\x03...", nil),
		after(0, 1, "recv", "\x17\x03\x03...", nil), after(0, 1, "tls read", "answer", nil), after(0, 2, "send", "other", nil), after(1, 1, "recv", "", io.EOF)}, `
+0.000000 #1 fd 11 <- recv 10 bytes
    00000000  32 32 30 20 73 74 61 72  74 0a                    |220 start.|
+0.000000 #1 fd 11 -> tls write 6 bytes
    00000000  73 65 63 72 65 74                                 |secret|
+0.000000 #1 fd 11 <- tls read 6 bytes
    00000000  61 6e 73 77 65 72                                 |answer|
+0.000000 #2 fd 12 -> send 5 bytes
    00000000  6f 74 68 65 72                                    |other|
+0.001000 #1 fd 11 <- recv closed
`},
	{"between its start and its stop no ciphertext", Options{Start: start}, []sock.Event{
		after(0, 1, "recv", "a", nil), after(0, 1, "tls start", "", nil), after(0, 1, "send", "\x16\x03\x01\x00\x05\x01...", nil),
		after(0, 1, "tls handshake", "", nil), after(0, 1, "recv", "\x15\x03\x03", nil), after(0, 1, "tls stop", "", nil), after(0, 1, "recv", "b", nil)}, `
+0.000000 #1 fd 11 <- recv 1 byte
    00000000  61                                                |a|
+0.000000 #1 fd 11 tls start
+0.000000 #1 fd 11 tls handshake
+0.000000 #1 fd 11 tls stop
+0.000000 #1 fd 11 <- recv 1 byte
    00000000  62                                                |b|
`},
}

func TestText(t *testing.T) {
	for _, test := range textCases {
		t.Run(test.name, func(t *testing.T) {
			var b strings.Builder
			observe := Text(&b, test.o)
			for _, e := range test.events {
				observe(e)
			}
			same(t, b.String(), test.want[1:])
		})
	}
}

// A Record prints the same, as long as it has all.
func TestRecordPrintsAsText(t *testing.T) {
	for _, test := range textCases {
		var r Record
		for _, e := range test.events {
			r.Observe(e)
		}
		if len(r.Sockets()) == 1 {
			t.Run(test.name, func(t *testing.T) { same(t, r.Text(test.o), test.want[1:]) })
		}
	}
}

func TestRecordKeepsTheLast(t *testing.T) {
	r := Record{Limits: Limits{Messages: 2, Bytes: 3, Sockets: 2}}
	for ms, op := range []string{"a", "b", "c", "d"} {
		r.Observe(after(ms, 1, op, "", nil))
	}
	r.Observe(after(9, 1, "send", "12345", nil))
	r.Observe(after(9, 2, "recv", "", unix.EPIPE))
	same(t, r.Text(Options{Start: start}), `#1 … 3 calls before
+0.003000 #1 fd 11 d
+0.009000 #1 fd 11 -> send 5 bytes
    00000000  31 32 33                                          |123|
    … 2 bytes more
+0.009000 #2 fd 12 <- recv Broken pipe
`)
	r.Observe(after(10, 3, "y", "", nil))
	r.Observe(after(11, 3, "z", "", nil))
	same(t, r.Text(Options{Start: start}), "+0.009000 #2 fd 12 <- recv Broken pipe\n+0.010000 #3 fd 13 y\n+0.011000 #3 fd 13 z\n")
	same(t, r.Text(Options{Start: start}, 3, 1, 7), "+0.010000 #3 fd 13 y\n+0.011000 #3 fd 13 z\n")
	if m := r.Messages(3); len(m) != 2 || m[1].Op != "z" || r.Messages(1) != nil {
		t.Errorf("Messages: %v, %v", m, r.Messages(1))
	}
	if info, ok := r.Socket(3); !ok || info.FD != 13 {
		t.Errorf("Socket: %v %v", info, ok)
	}
	r.Forget(2)
	same(t, r.Text(Options{Start: start}), "+0.010000 #3 fd 13 y\n+0.011000 #3 fd 13 z\n")
	r.Reset()
	r.Forget(3)
	same(t, r.Text(Options{}), "")
}

// Where something was said is not forgotten for many sockets on which nothing was.
func TestRecordForgetsSilentSocketsFirst(t *testing.T) {
	r := Record{Limits: Limits{Sockets: 2}}
	r.Observe(after(1, 1, "send", "1", nil))
	for id := range uint64(5) {
		r.Observe(after(2, 2+id, "accept", "", nil))
	}
	if got := r.Sockets(); !slices.Equal(got, []uint64{1, 6}) {
		t.Errorf("it keeps %d", got)
	}
}

// The bytes of an event are the observer's only during the call.
func TestRecordCopiesBytes(t *testing.T) {
	var r Record
	data := []byte("first")
	e := after(0, 1, "send", "", nil)
	e.Data = data
	r.Observe(e)
	copy(data, "XXXXX")
	if m := r.Messages(1); len(m) != 1 || string(m[0].Data) != "first" {
		t.Errorf("it keeps %q", m[0].Data)
	}
}

// A TLS handshake is not shown when the plaintext is; what came before it is.
func TestRecordHidesHandshake(t *testing.T) {
	var r Record
	hello := "\x16\x03\x01\x00\x05\x01..."
	for _, e := range []sock.Event{
		after(0, 1, "recv", "220 x\n", nil), after(1, 1, "send", hello, nil), after(2, 1, "recv", "\x16\x03\x03\x00\x05\x02..", nil),
		after(3, 1, "recv", "the rest of it", nil),
	} {
		r.Observe(e)
	}
	if n := len(r.Messages(1)); n != 4 {
		t.Errorf("%d messages before there is plaintext", n)
	}
	r.Observe(after(4, 1, "tls read", "x", nil))
	if m := r.Messages(1); len(m) != 2 || m[0].Size != 6 || m[1].Op != "tls read" {
		t.Errorf("%d messages", len(m))
	}
}

// Once its rings are full, a Record makes no garbage.
func TestRecordReusesMemory(t *testing.T) {
	r := Record{Limits: Limits{Messages: 4}}
	e := after(0, 1, "send", strings.Repeat("x", 5000), nil)
	if n := testing.AllocsPerRun(100, func() { r.Observe(e) }); n != 0 {
		t.Errorf("%v allocations an event", n)
	}
}

func TestTee(t *testing.T) {
	if Tee() != nil || Tee(nil, nil) != nil {
		t.Error("of no observer one is made")
	}
	var heard []string
	hear := func(name string) func(sock.Event) {
		return func(e sock.Event) { heard = append(heard, name+e.Op) }
	}
	Tee(nil, hear("1"))(sock.Event{Op: "x"})
	Tee(hear("a"), nil, hear("b"))(sock.Event{Op: "y"})
	if got := strings.Join(heard, " "); got != "1x ay by" {
		t.Error(got)
	}
}

// Sockets of the kernel show kind and addresses as soon as they have them.
func TestAddresses(t *testing.T) {
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n := sock.New(l)
	defer n.Close()
	var text strings.Builder
	var r Record
	n.Observe = Tee(Text(&text, Options{}), r.Observe)
	server, err := n.ListenAll(0, 1)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := server.Getsockname()
	client, _ := n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	client.SetNonblock(true)
	client.Connect(addr.Inet(netip.MustParseAddr("127.0.0.1"), at.Port))
	accepted, err := server.Accept()
	if err != nil {
		t.Fatal(err)
	}
	accepted.Send([]byte("x"), 0)
	client.SetNonblock(false)
	client.Recv(1, 0)
	client.Close()
	udp, _ := n.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	udp.Sendto([]byte("x"), 0, addr.Inet(netip.MustParseAddr("127.0.0.1"), at.Port))
	one, _, _ := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	one.Send([]byte("x"), 0)
	want := `(?m)\A
# tcp create
# tcp 0.0.0.0:S bind 0.0.0.0:0
# tcp 0.0.0.0:S listen
# tcp create
# tcp 127.0.0.1:\d+ (- 127.0.0.1:S connect|connect 127.0.0.1:S) Operation now in progress
# tcp 127.0.0.1:S - 127.0.0.1:\d+ accept
# tcp 127.0.0.1:S -> 127.0.0.1:\d+ send 1 byte
    .*
# tcp 127.0.0.1:\d+ <- 127.0.0.1:S recv 1 byte
    .*
# tcp 127.0.0.1:\d+ - 127.0.0.1:S close
# udp create
# udp 0.0.0.0:\d+ -> 127.0.0.1:S sendto 1 byte
    .*
# unix create_pair
# unix create_pair
# unix -> send 1 byte
    .*
\z`
	want = strings.ReplaceAll(strings.ReplaceAll(want, "#", `[\d:.]+ #\d+ fd \d+`), ":S", at.String()[len("0.0.0.0"):])
	want = strings.Replace(want, "\n", "", 1)
	if !regexp.MustCompile(want).MatchString(text.String()) {
		t.Errorf("got\n%swant\n%s", &text, want)
	}
	if got := r.Text(Options{}, client.ID()); !strings.Contains(got, "127.0.0.1:"+strings.Split(at.String(), ":")[1]+" recv 1 byte") {
		t.Errorf("got\n%s", got)
	}
}

func same(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Nor is ciphertext when the record of the handshake has been overwritten.
func TestRecordHidesCiphertextForGood(t *testing.T) {
	r := Record{Limits: Limits{Messages: 2}}
	for _, e := range []sock.Event{
		after(0, 1, "send", "\x16\x03\x01\x00\x05\x01...", nil), after(1, 1, "recv", "\x16\x03\x03\x00\x05\x02..", nil),
		after(2, 1, "tls write", "x", nil), after(3, 1, "send", "\x17\x03\x03", nil),
	} {
		r.Observe(e)
	}
	if m := r.Messages(1); len(m) != 1 || m[0].Op != "tls write" {
		t.Errorf("%d messages", len(m))
	}
}
