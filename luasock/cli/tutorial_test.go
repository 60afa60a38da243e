package cli

import (
	"fmt"
	"io"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The tutorial's examples of fsockopen print what PHP's print.
func TestTutorialExamples(t *testing.T) {
	web, clock := webServer(t), timeServer(t)
	const noSuchHost = "no.such.host.invalid"
	for _, test := range []struct {
		name, script string
		args         []string
		want         string // "" for what PHP prints
	}{
		{"a page", "example1", strings.Fields("127.0.0.1 " + web), "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + page},
		{"nobody there", "example1", []string{"127.0.0.1", freePort(t)}, "Connection refused (111)<br />\n"},
		{"no such host", "example1", []string{noSuchHost, "80"}, ""},
		{"the time", "example2", strings.Fields("udp://127.0.0.1 " + clock), "Tue Nov 24 08:35:26 2026\r\n"},
		{"no such transport", "example2", []string{"foo://127.0.0.1", "13"}, "~ERROR: \\d+ - Unable to find the socket transport \"foo\" - did you forget to enable it when you configured PHP\\?<br />\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := run1(t, ".", "", append([]string{filepath.Join(scriptsDir, "php", test.script+".lua")}, test.args...)...)
			if test.want != "" {
				(&expected{0, test.want, "~(?s).*"}).check(t, got)
			}
			needPHP(t)
			out, err := exec.Command("php", append([]string{"-d", "display_errors=0", filepath.Join(tutorialDir, test.script+".php")}, test.args...)...).Output()
			if err != nil {
				t.Fatal(err)
			}
			if theirs := string(out); !strings.HasPrefix(test.want, "~") && got.stdout != theirs {
				t.Errorf("PHP's prints %q, the port %q", theirs, got.stdout)
			}
		})
	}
}

// page is longer than one read of the example, and its last line has no end.
var page = strings.Repeat("a line that is longer than the 127 bytes that fgets takes at once, "+
	"because that is what pages are made of: very long lines of hypertext, and short ones\n\n", 50) + "the end"

// webServer answers each connection with the page and gives its port.
func webServer(t *testing.T) string {
	t.Helper()
	_, port, _ := net.SplitHostPort(serving(t, func(conn net.Conn) {
		conn.SetDeadline(time.Now().Add(patience))
		io.ReadAtLeast(conn, make([]byte, 1000), len("GET / HTTP/1.1\r\nHost: www.example.com\r\nConnection: Close\r\n\r\n"))
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"+page)
	}))
	return port
}

// timeServer answers each datagram with a time (RFC 867) and gives its port.
func timeServer(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		for {
			_, from, err := conn.ReadFrom(make([]byte, 100))
			if err != nil {
				return
			}
			conn.WriteTo([]byte("Tue Nov 24 08:35:26 2026\r\n"), from)
		}
	}()
	return portOf(conn.LocalAddr())
}

func portOf(a net.Addr) string {
	_, port, _ := net.SplitHostPort(fmt.Sprint(a))
	return port
}
