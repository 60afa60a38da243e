package trace

import (
	"bytes"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// captured runs calls on a Net whose calls are captured, and gives what tshark shows of them:
// a line for each packet with these fields.
func captured(t *testing.T, run func(n *sock.Net), fields ...string) []string {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("tshark is not installed")
		}
		t.Skip("tshark is not installed")
	}
	l, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	n := sock.New(l)
	defer n.Close()
	var b bytes.Buffer
	n.Observe = Capture(&b)
	run(n)
	name := filepath.Join(t.TempDir(), "x.pcapng")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	args := []string{"-r", name, "-T", "fields", "-E", "separator=/s", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command(tshark, args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tshark: %v %s", err, err.(*exec.ExitError).Stderr)
	}
	return strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// connection makes both ends of a TCP connection over an address.
func connection(t *testing.T, n *sock.Net, ip string) (client, server *sock.Sock) {
	t.Helper()
	family := unix.AF_INET
	if strings.Contains(ip, ":") {
		family = unix.AF_INET6
	}
	l := must[*sock.Sock](t)(n.Socket(family, unix.SOCK_STREAM, 0))
	if err := l.Bind(addr.Inet(netip.MustParseAddr(ip), 0)); err != nil {
		t.Skip(err)
	}
	l.Listen(1)
	at, _ := l.Getsockname()
	client = must[*sock.Sock](t)(n.Socket(family, unix.SOCK_STREAM, 0))
	client.SetNonblock(true)
	client.Connect(at)
	server = must[*sock.Sock](t)(l.Accept())
	client.SetNonblock(false)
	l.Close()
	return client, server
}

// Every byte between two sockets of one Net is there once, whoever is asked
// first, in segments that fit each other and have right checksums.
func TestCaptureOfTCP(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		got := captured(t, func(n *sock.Net) {
			client, server := connection(t, n, ip)
			server.Send([]byte("220 ready\r\n"), 0)
			client.Recv(3, unix.MSG_PEEK)
			client.Recv(3, 0)
			client.Recv(99, 0)
			client.Send([]byte("QUIT\r\n"), 0)
			client.Close()
			server.Recv(99, 0)
			server.Recv(99, 0)
			server.Close()
		}, "tcp.flags.str", "tcp.seq", "tcp.ack", "tcp.payload", "tcp.checksum.status", "tcp.analysis.flags")
		want := []string{
			"··········S· 0 0  1 ",
			"·······A··S· 0 1  1 ",
			"·······A···· 1 1  1 ",
			"·······AP··· 1 1 3232302072656164790d0a 1 ",
			"·······AP··· 1 12 515549540d0a 1 ",
			"·······A···F 7 12  1 ",
			"·······A···F 12 8  1 ",
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", ip, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// What the world sends is there too: here the other end is of another Net.
func TestCaptureOfAnotherProcess(t *testing.T) {
	other, err := loop.New()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	world := sock.New(other)
	defer world.Close()
	got := captured(t, func(n *sock.Net) {
		l := must[*sock.Sock](t)(world.ListenAll(0, 1))
		at, _ := l.Getsockname()
		s := must[*sock.Sock](t)(n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
		if err := s.Connect(addr.Inet(netip.MustParseAddr("127.0.0.1"), at.Port)); err != nil {
			t.Fatal(err)
		}
		peer := must[*sock.Sock](t)(l.Accept())
		peer.Send([]byte("hello"), 0)
		s.Recv(2, unix.MSG_PEEK)
		s.Recv(99, 0)
		s.Unread([]byte("lo"))
		s.Recv(99, 0)
		s.Send(bytes.Repeat([]byte("x"), 150000), unix.MSG_DONTWAIT)
		peer.Close()
		for err = nil; err == nil; {
			_, err = s.Recv(99, 0)
		}
		s.Close()
	}, "tcp.flags.str", "tcp.len", "frame.comment")
	text := strings.Join(got, "\n")
	for _, want := range []string{"·······AP··· 5 #1 recv\n", "·······AP··· 65000 #1 send\n·······AP··· 65000 #1 send\n·······AP··· 20000 #1 send\n"} {
		if strings.Count(text, want) != 1 {
			t.Errorf("%q is %d times in\n%s", want, strings.Count(text, want), text)
		}
	}
	if strings.Contains(text, " 2 #1 recv") {
		t.Errorf("what was looked at, or put back, is there again:\n%s", text)
	}
	if !strings.HasSuffix(text, "·······A···F 0 #1 close") && !strings.Contains(text, "·······A·R·· 0 #1 recv") {
		t.Errorf("it has no end:\n%s", text)
	}
}

func TestCaptureOfRefusal(t *testing.T) {
	got := captured(t, func(n *sock.Net) {
		s := must[*sock.Sock](t)(n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
		s.Bind(addr.Inet(netip.MustParseAddr("127.0.0.1"), 0))
		free, _ := s.Getsockname()
		c := must[*sock.Sock](t)(n.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
		if err := c.Connect(free); err == nil {
			t.Fatal("connected")
		}
	}, "tcp.flags.str", "frame.comment")
	if want := "··········S· #2 connect,·······A·R·· #2 connect"; strings.Join(got, ",") != want {
		t.Errorf("got %q", got)
	}
}

func TestCaptureOfDatagrams(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		got := captured(t, func(n *sock.Net) {
			family := map[bool]int{true: unix.AF_INET, false: unix.AF_INET6}[ip == "127.0.0.1"]
			a := must[*sock.Sock](t)(n.Socket(family, unix.SOCK_DGRAM, 0))
			b := must[*sock.Sock](t)(n.Socket(family, unix.SOCK_DGRAM, 0))
			if err := b.Bind(addr.Inet(netip.MustParseAddr(ip), 0)); err != nil {
				t.Skip(err)
			}
			at, _ := b.Getsockname()
			a.Sendto([]byte("ping"), 0, at)
			_, from, _ := b.Recvfrom(99, 0)
			b.Sendto([]byte("pong"), 0, from)
			a.Recvfrom(99, 0)
		}, "udp.payload", "udp.checksum.status", "frame.comment")
		if want := "70696e67 1 #1 sendto,706f6e67 1 #2 sendto"; strings.Join(got, ",") != want {
			t.Errorf("%s: got %q, want %q", ip, got, want)
		}
	}
}

func TestCaptureOfUnixSockets(t *testing.T) {
	got := captured(t, func(n *sock.Net) {
		a, b, err := n.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		if err != nil {
			t.Fatal(err)
		}
		a.Send([]byte("x"), 0)
		b.Recv(1, 0)
	}, "ip.src", "ip.dst", "tcp.dstport", "tcp.payload", "frame.comment")
	if text := strings.Join(got, "\n"); !strings.HasSuffix(text, "192.0.2.1 192.0.2.2 49153 78 #1 send\n192.0.2.2 192.0.2.1 49154 78 #2 recv") {
		t.Errorf("got\n%s", text)
	}
}

// Nothing that an Event may hold makes it panic.
func TestCaptureOfOddEvents(t *testing.T) {
	observe := Capture(io.Discard)
	for _, op := range []string{"recv", "send", "connect", "accept", "close", "tls read", "", "create_pair", "set_option"} {
		observe(after(0, 1, op, "x", nil))
		observe(from(after(0, 1, op, "", io.EOF), "127.0.0.1", 1))
		observe(sock.Event{Op: op})
	}
}
