package cli

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestDaytime(t *testing.T) {
	script := scriptsDir + "/daytime.lua"
	server := start(t, ".", script, "server", "0")
	_, port, ok := strings.Cut(server.line(t), "daytime on 0.0.0.0:")
	if !ok {
		t.Fatal("the server does not tell its port")
	}
	for _, host := range []string{"127.0.0.1", "localhost"} {
		(&expected{0, "~[A-Z][a-z]{2} [A-Z][a-z]{2} \\d\\d \\d\\d:\\d\\d:\\d\\d \\d{4}\r\n", ""}).check(t, run1(t, ".", "", script, host, port))
	}
	server.signal(t, unix.SIGTERM)
	if got := server.end(t); got.status != 143 {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
	nobody := expected{1, "", "daytime.lua: no answer from 127.0.0.1:" + port + ": Connection refused\n"}
	nobody.check(t, run1(t, ".", "", script, "127.0.0.1", port))
	unknown := expected{1, "", "~daytime\\.lua: php_network_getaddresses: getaddrinfo for nope\\.invalid failed: .* \\(0\\)\n"}
	unknown.check(t, run1(t, ".", "", script, "nope.invalid", port))
	for _, wrong := range [][]string{{"-h"}, {"localhost", "http"}, {"localhost", "13", "x"}} {
		(&expected{2, "", "~usage: .*\n"}).check(t, run1(t, ".", "", append([]string{script}, wrong...)...))
	}
}

// ftpServer is as much of an FTP server as a client that lists and fetches needs.
type ftpServer struct {
	net.Listener
	files   map[string]string
	noEPSV  atomic.Bool // as old ones are
	cutting atomic.Bool // breaks a file off
}

func (s *ftpServer) serve() {
	for {
		conn, err := s.Accept()
		if err != nil {
			return
		}
		go s.talk(conn)
	}
}

func (s *ftpServer) talk(conn net.Conn) {
	defer conn.Close()
	say := func(lines ...string) { io.WriteString(conn, strings.Join(lines, "\r\n")+"\r\n") }
	say("220-This is a test.", "220-220 is not the end", " 220 nor is this", "220 Ready.")
	var data net.Listener
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		command, argument, _ := strings.Cut(lines.Text(), " ")
		switch command {
		case "USER":
			say("331 Password?")
		case "PASS":
			if argument != "secret" && argument != "guest@" {
				say("530 Login incorrect.")
				continue
			}
			say("230 Welcome.")
		case "TYPE":
			say("200 Binary.")
		case "EPSV", "PASV":
			data, _ = net.Listen("tcp4", "127.0.0.1:0")
			defer data.Close()
			port := data.Addr().(*net.TCPAddr).Port
			switch {
			case command == "PASV": // the address is not to be heeded
				say(fmt.Sprintf("227 Entering Passive Mode (192,0,2,1,%d,%d).", port>>8, port&255))
			case s.noEPSV.Load():
				say("500 Unknown command.")
			default:
				say(fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
			}
		case "LIST", "RETR":
			text, ok := s.files[command+" "+argument]
			if !ok {
				say("550 No such file.")
				continue
			}
			say("150 Here it comes.")
			to, err := data.Accept()
			if err != nil {
				return
			}
			io.WriteString(to, text)
			to.Close()
			if s.cutting.Load() {
				say("426 The disk has failed.")
			} else {
				say("226-Done.", "226 Good bye.")
			}
		case "QUIT":
			say("221 Bye.")
			return
		default:
			say("500 Unknown command.")
		}
	}
}

func TestFTP(t *testing.T) {
	binary := strings.Repeat("\x00\xff\r\nany byte ", 20000)
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	server := &ftpServer{Listener: l, files: map[string]string{
		"LIST ":             "drwxr-xr-x pub\r\n",
		"LIST pub/":         "-rw-r--r-- a.bin\r\n",
		"RETR pub/a.bin":    binary,
		"RETR hello, world": "hello\n",
		"RETR empty":        "",
	}}
	go server.serve()
	address := l.Addr().String()
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	script, dir := filepath.Join(wd, scriptsDir+"/ftp.lua"), t.TempDir()
	const usage = "~usage: .*\n"
	cases := []struct {
		name string
		args []string
		want expected
	}{
		{"the list of the folder", []string{address}, expected{0, "drwxr-xr-x pub\r\n", ""}},
		{"of another", []string{"bob:secret@" + address, "pub/"}, expected{0, "-rw-r--r-- a.bin\r\n", ""}},
		{"a file", []string{address, "pub/a.bin"}, expected{0, fmt.Sprintf("a.bin: %d bytes\n", len(binary)), ""}},
		{"to standard output", []string{address, "hello, world", "-"}, expected{0, "hello\n", ""}},
		{"an empty one", []string{address, "empty"}, expected{0, "empty: 0 bytes\n", ""}},
		{"one that is not there", []string{address, "nope"}, expected{1, "", "ftp.lua: the server says: 550 No such file.\n"}},
		{"a wrong password", []string{"bob:wrong@" + address, "pub/"}, expected{1, "", "ftp.lua: the server says: 530 Login incorrect.\n"}},
		{"a file that cannot be saved", []string{address, "pub/a.bin"}, expected{1, "", "~ftp\\.lua: a\\.bin: Is a directory\n"}},
		{"no host", nil, expected{2, "", usage}},
		{"a host too many", []string{"a", "b", "c"}, expected{2, "", usage}},
		{"a line end in a name", []string{address, "x\r\nDELE y"}, expected{2, "", usage}},
	}
	for _, noEPSV := range []bool{false, true} {
		server.noEPSV.Store(noEPSV)
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s, EPSV %v", c.name, !noEPSV), func(t *testing.T) {
				if strings.Contains(c.want.stderr, "directory") {
					os.RemoveAll(filepath.Join(dir, "a.bin"))
					os.Mkdir(filepath.Join(dir, "a.bin"), 0o755)
					defer os.Remove(filepath.Join(dir, "a.bin"))
				}
				c.want.check(t, run1(t, dir, "", append([]string{script}, c.args...)...))
				if c.name == "a file" {
					if got, err := os.ReadFile(filepath.Join(dir, "a.bin")); err != nil || string(got) != binary {
						t.Errorf("the file has %d bytes, %v", len(got), err)
					}
				}
			})
		}
	}
	server.cutting.Store(true)
	(&expected{1, "", "ftp.lua: the server says: 426 The disk has failed.\n"}).check(t, run1(t, dir, "", script, address, "pub/a.bin"))
	l.Close()
	(&expected{1, "", "ftp.lua: cannot connect to " + address + ": Connection refused\n"}).check(t, run1(t, dir, "", script, address))
	(&expected{1, "", "ftp.lua: no reply that FTP knows: HTTP/1.1 400 Bad Request\n"}).check(t, run1(t, dir, "", script, answering(t, "HTTP/1.1 400 Bad Request\n")))
	(&expected{1, "", "ftp.lua: no reply that FTP knows: the connection is over\n"}).check(t, run1(t, dir, "", script, answering(t, "")))
}

// answering is the address of a server that says a text to whoever connects, and
// closes.
func answering(t *testing.T, text string) string {
	t.Helper()
	return serving(t, func(conn net.Conn) { io.WriteString(conn, text) })
}

// serving is the address of a server that calls talk for each connection, one
// after the other, and closes it then.
func serving(t *testing.T, talk func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			talk(conn)
			conn.Close()
		}
	}()
	return l.Addr().String()
}

// The greetings are laid out as MySQL's manual has HandshakeV10, with the values
// that MySQL 8.0 and MariaDB 10.11 send.
func TestMySQLHello(t *testing.T) {
	const (
		mysql = "\x4a\x00\x00\x00" + // 74 bytes, packet 0
			"\x0a" + "8.0.36\x00" + "\x0b\x00\x00\x00" + // protocol, version, thread
			"\x3f\x1e\x5a\x2d\x10\x55\x6c\x08" + "\x00" + // salt, filler
			"\xff\xff" + "\xff" + "\x02\x00" + "\xff\xdf" + // capabilities, collation, status, more capabilities
			"\x15" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" + // length of the salt, reserved
			"\x22\x4b\x33\x7a\x01\x44\x61\x2e\x5f\x11\x09\x7c\x00" + "caching_sha2_password\x00"
		mariadb = "\x64\x00\x00\x00" +
			"\x0a" + "5.5.5-10.11.19-MariaDB-0+deb12u1\x00" + "\x05\x00\x00\x00" +
			")nph8}0s" + "\x00" +
			"\xfe\xf7" + "\x2d" + "\x02\x00" + "\xff\x81" +
			"\x15" + "\x00\x00\x00\x00\x00\x00\x1d\x00\x00\x00" +
			"vug&'-MzBxU#\x00" + "mysql_native_password\x00"
		tooMany = "\x17\x00\x00\x00" + "\xff" + "\x10\x04" + "Too many connections"
		blocked = "\x15\x00\x00\x00" + "\xff" + "\x6a\x04" + "#HY000Host blocked"
	)
	script := scriptsDir + "/mysql_hello.lua"
	for _, c := range []struct {
		name, greeting string
		want           expected
	}{
		{"MySQL 8", mysql, expected{0, "~(?s)protocol      10\nversion       8\\.0\\.36\nthread        11\ncollation     utf8mb4_0900_ai_ci\nstatus        autocommit\n" +
			"salt          3f1e5a2d10556c08224b337a0144612e5f11097c\nplugin        caching_sha2_password\nTLS           yes\n" +
			"capabilities  LONG_PASSWORD FOUND_ROWS .* DEPRECATE_EOF .* QUERY_ATTRIBUTES MULTI_FACTOR_AUTHENTICATION SSL_VERIFY_SERVER_CERT REMEMBER_OPTIONS\n", ""}},
		{"MariaDB", mariadb, expected{0, "~(?s)protocol      10\nversion       10\\.11\\.19-MariaDB-0\\+deb12u1\nthread        5\ncollation     utf8mb4_general_ci\nstatus        autocommit\n" +
			"salt          296e7068387d307376756726272d4d7a42785523\nplugin        mysql_native_password\nTLS           no\n" +
			"capabilities  FOUND_ROWS LONG_FLAG .* SESSION_TRACK DEPRECATE_EOF REMEMBER_OPTIONS\n", ""}},
		{"an error", tooMany, expected{1, "", "mysql_hello.lua: the server refuses: Too many connections (1040)\n"}},
		{"an error with a state", blocked, expected{1, "", "mysql_hello.lua: the server refuses: Host blocked (1130)\n"}},
		{"protocol 9", "\x05\x00\x00\x00\x093.21", expected{1, "", "mysql_hello.lua: protocol version 9 is not 10\n"}},
		{"cut short", mysql[:40], expected{1, "", "mysql_hello.lua: the greeting is cut short: closed\n"}},
		{"too short", "\x05\x00\x00\x00\x0a8.0\x00", expected{1, "", "mysql_hello.lua: the greeting is too short: 0a 38 2e 30 00\n"}},
		{"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", expected{1, "", "mysql_hello.lua: this is not MySQL: it begins with 53 53 48 2d\n"}},
		{"nothing", "", expected{1, "", "mysql_hello.lua: no greeting: closed\n"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			host, port, _ := net.SplitHostPort(answering(t, c.greeting))
			c.want.check(t, run1(t, ".", "", script, host, port))
		})
	}
	(&expected{1, "", "~mysql_hello\\.lua: cannot connect to unix:///nowhere: No such file or directory\n"}).check(t, run1(t, ".", "", script, "unix:///nowhere"))
	(&expected{2, "", "~usage: .*\n"}).check(t, run1(t, ".", "", script, "localhost", "mysql"))
}

// freePort is a port of TCP that nobody has for now.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return portOf(l.Addr())
}

// eventually calls try until it succeeds: a program that was started needs a
// while until it listens.
func eventually(t *testing.T, what string, try func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !try(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not happen:", what)
		}
	}
}

// The client sends what it is given, half-closes, and still gets the answer,
// whatever the bytes.
func TestNetcatClient(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		all, _ := io.ReadAll(conn) // to the half-close
		conn.Write(append(all, "and the end\n"...))
	}()
	host, port, _ := net.SplitHostPort(l.Addr().String())
	sent := strings.Repeat("\x00\xff\r\nany byte", 100000)
	got := run1(t, ".", sent, scriptsDir+"/netcat.lua", host, port)
	if got.status != 0 || got.stderr != "" || got.stdout != sent+"and the end\n" {
		t.Errorf("status %d, %d bytes, %q", got.status, len(got.stdout), got.stderr)
	}
	l.Close()
	(&expected{1, "", "netcat.lua: cannot connect to tcp://127.0.0.1:" + port + ": Connection refused\n"}).check(t, run1(t, ".", "", scriptsDir+"/netcat.lua", host, port))
	for _, wrong := range [][]string{{}, {"localhost"}, {"localhost", "http"}, {"-x", "localhost", "1"}, {"-l", "a", "1", "2"}} {
		(&expected{2, "", "~usage: .*\n"}).check(t, run1(t, ".", "", append([]string{scriptsDir + "/netcat.lua"}, wrong...)...))
	}
}

// The listener talks to the first who connects; it ends when that one does.
func TestNetcatListener(t *testing.T) {
	port := freePort(t)
	p := start(t, ".", scriptsDir+"/netcat.lua", "-l", "127.0.0.1", port)
	var conn net.Conn
	eventually(t, "netcat.lua listens", func() (ok bool) {
		var err error
		conn, err = net.Dial("tcp4", "127.0.0.1:"+port)
		return err == nil
	})
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	io.WriteString(conn, "to it\n")
	p.expect(t, "to it")
	io.WriteString(p.in, "from it\n")
	if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || line != "from it\n" {
		t.Errorf("got %q, %v", line, err)
	}
	conn.(*net.TCPConn).CloseWrite() // and its input is still open
	(&expected{0, "", "listening on 127.0.0.1:" + port + "\n"}).check(t, p.end(t))
}

func TestNetcatUDP(t *testing.T) {
	echo, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for buf := make([]byte, 2000); ; {
			n, from, err := echo.ReadFrom(buf)
			if err != nil {
				return
			}
			echo.WriteTo(buf[:n], from)
		}
	}()
	_, port, _ := net.SplitHostPort(echo.LocalAddr().String())
	(&expected{0, "hello\n", ""}).check(t, run1(t, ".", "hello\n", scriptsDir+"/netcat.lua", "-u", "127.0.0.1", port))

	port = freePort(t)
	p := start(t, ".", scriptsDir+"/netcat.lua", "-u", "-l", "127.0.0.1", port)
	conn, err := net.Dial("udp4", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	heard := make(chan struct{})
	go func() {
		for {
			io.WriteString(conn, "hello\n") // refused, until it listens
			select {
			case <-heard:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	p.expect(t, "hello")
	close(heard)
	io.WriteString(p.in, "welcome\n")
	buf := make([]byte, 100)
	eventually(t, "an answer", func() bool {
		n, err := conn.Read(buf)
		return err == nil && string(buf[:n]) == "welcome\n"
	})
	p.signal(t, unix.SIGTERM)
	if got := p.end(t); got.status != 143 {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
}

// Against the programs that people have, in both roles.
func TestNetcatPeers(t *testing.T) {
	for _, peer := range []struct {
		name           string
		listens, calls func(port string) []string
	}{
		{"socat",
			func(port string) []string {
				return []string{"-t10", "TCP-LISTEN:" + port + ",bind=127.0.0.1,reuseaddr", "-"}
			},
			func(port string) []string { return []string{"-t10", "-", "TCP:127.0.0.1:" + port} }},
		{"ncat",
			func(port string) []string { return []string{"-l", "127.0.0.1", port} },
			func(port string) []string { return []string{"127.0.0.1", port} }},
	} {
		path, err := exec.LookPath(peer.name)
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Log(err)
			continue
		}
		theirs := func(args []string) []string { return append([]string{path}, args...) }
		ours := func(args ...string) []string {
			return append([]string{binary, scriptsDir + "/netcat.lua"}, args...)
		}
		t.Run("ours calls "+peer.name, func(t *testing.T) {
			port := freePort(t)
			converse(t, theirs(peer.listens(port)), ours("127.0.0.1", port))
		})
		t.Run(peer.name+" calls ours", func(t *testing.T) {
			port := freePort(t)
			converse(t, ours("-l", "127.0.0.1", port), theirs(peer.calls(port)))
		})
	}
}

// converse has two programs that relay their standard input and output talk to
// each other; the second calls until the first listens.
func converse(t *testing.T, listens, calls []string) {
	t.Helper()
	run := func(command []string, stdin string) *process {
		cmd := exec.Command(command[0], command[1:]...)
		cmd.Stdin = strings.NewReader(stdin)
		return startCommand(t, cmd)
	}
	server := run(listens, "from the listener\n")
	var got result
	eventually(t, listens[0]+" listens", func() bool {
		got = run(calls, "from the caller\n").end(t)
		return !strings.Contains(got.stderr, "refused") || server.ended(0)
	})
	(&expected{0, "from the listener\n", "~(?s).*"}).check(t, got)
	(&expected{0, "from the caller\n", "~(?s).*"}).check(t, server.end(t))
}
