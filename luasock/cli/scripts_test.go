package cli

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// scriptsDir is where the examples are; tutorialDir has what the document's
// PHP programs are and print.
const (
	scriptsDir  = "../../scripts"
	tutorialDir = "testdata/tutorial"
)

// The tutorial's server and client print what the document shows, byte for
// byte, against each other and against PHP's on the other side. The port is
// fixed and rests after each run, so each pair has a network of its own.
func TestTutorial(t *testing.T) {
	ours := func(name string) []string { return []string{binary, filepath.Join(scriptsDir, name+".lua")} }
	php := func(name string) []string { return []string{"php", filepath.Join(tutorialDir, name+".php")} }
	for _, test := range []struct {
		name           string
		server, client []string
	}{
		{"ours and ours", ours("server"), ours("client")},
		{"ours and PHP's", ours("server"), php("client")},
		{"PHP's and ours", php("server"), ours("client")},
		{"PHP's and PHP's", php("server"), php("client")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.server[0] == "php" || test.client[0] == "php" {
				needPHP(t)
			}
			if !inOwnNetwork(t) {
				return
			}
			server := startCommand(t, exec.Command(test.server[0], test.server[1:]...))
			waitForListener(t, server, 1935)
			for range 5 {
				client := startCommand(t, exec.Command(test.client[0], test.client[1:]...))
				(&expected{0, golden(t, "client.expected"), ""}).check(t, client.end(t))
			}
			(&expected{0, golden(t, "server.expected"), ""}).check(t, server.end(t))
		})
	}
}

// Where the port is taken, or nobody is there, one line says so.
func TestTutorialRefused(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	noServer := expected{1, "~(?s)<h2>TCP/IP Connection</h2>\nOK\\.\nconnect '127\\.0\\.0\\.1' port '1935'\\.\\.\\.\n",
		"~client\\.lua: cannot connect to 127\\.0\\.0\\.1:1935: Connection refused.*\n"}
	noServer.check(t, run1(t, wd, "", scriptsDir+"/client.lua"))

	taken := expected{1, "", "server.lua: cannot listen on 127.0.0.1:1935: Address already in use\n"}
	server := start(t, wd, scriptsDir+"/server.lua")
	waitForListener(t, server, 1935)
	taken.check(t, run1(t, wd, "", scriptsDir+"/server.lua"))
	for range 5 {
		run1(t, wd, "", scriptsDir+"/client.lua")
	}
	if got := server.end(t); got.status != 0 {
		t.Errorf("the server ended with %d: %s", got.status, got.stderr)
	}
	taken.check(t, run1(t, wd, "", scriptsDir+"/server.lua")) // TIME_WAIT
}

// The server's output appears as it happens.
func TestTutorialOutputAppears(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	server := start(t, ".", scriptsDir+"/server.lua")
	waitForListener(t, server, 1935)
	conn, err := net.Dial("tcp", "127.0.0.1:1935")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	server.expect(t, "success..")
	if _, err := io.WriteString(conn, "hello"); err != nil {
		t.Fatal(err)
	}
	server.expect(t, "receive:hello")
}

func TestEchoServer(t *testing.T) {
	server := start(t, ".", scriptsDir+"/echo_server.lua", "0")
	address := strings.TrimPrefix(server.line(t), "listening on ")
	const clients = 100
	var all sync.WaitGroup
	errs := make(chan error, clients)
	together := make(chan struct{}) // closed when every client is connected
	var connected sync.WaitGroup
	connected.Add(clients)
	for i := range clients {
		all.Go(func() {
			conn, err := net.DialTimeout("tcp", address, patience)
			connected.Done()
			if err != nil {
				errs <- err
				return
			}
			defer conn.Close()
			<-together
			errs <- echo(conn, fmt.Sprintf("client %d", i))
		})
	}
	connected.Wait()
	close(together)
	all.Wait()
	for range clients {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	server.signal(t, unix.SIGINT)
	if got := server.end(t); got.status != 130 {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
}

func TestConnections(t *testing.T) {
	server := start(t, ".", scriptsDir+"/echo_server.lua", "0")
	_, port, ok := strings.Cut(server.line(t), "listening on 127.0.0.1:")
	if !ok {
		t.Fatal("the server does not tell its port")
	}
	(&expected{0, "~300 connections at once, 600 answers, .* s\n", ""}).check(t, run1(t, ".", "", scriptsDir+"/connections.lua", "300", "2", port))
	server.signal(t, unix.SIGINT)
	server.end(t)
	(&expected{1, "", "~connections\\.lua: connect to port \\d+: Connection refused\n"}).check(t, run1(t, ".", "", scriptsDir+"/connections.lua", "1", "1", port))
}

// echo sends a text some times and reads it back.
func echo(conn net.Conn, text string) error {
	conn.SetDeadline(time.Now().Add(patience))
	buf := make([]byte, len(text))
	for range 3 {
		if _, err := io.WriteString(conn, text); err != nil {
			return err
		}
		if _, err := io.ReadFull(conn, buf); err != nil {
			return err
		}
		if string(buf) != text {
			return fmt.Errorf("%q came back as %q", text, buf)
		}
	}
	return nil
}

func TestChat(t *testing.T) {
	server := start(t, ".", scriptsDir+"/chat.lua", "server", "0")
	_, port, ok := strings.Cut(server.line(t), "chat on 127.0.0.1:")
	if !ok {
		t.Fatal("the server does not tell its port")
	}
	ann := start(t, ".", scriptsDir+"/chat.lua", "client", "ann", port)
	ann.expect(t, "ann is here")
	bob := start(t, ".", scriptsDir+"/chat.lua", "client", "bob", port)
	ann.expect(t, "bob is here")
	bob.expect(t, "bob is here")
	io.WriteString(ann.in, "hello\n")
	for _, p := range []*process{server, ann, bob} {
		if p == server {
			p.expect(t, "ann is here")
			p.expect(t, "bob is here")
		}
		p.expect(t, "ann: hello")
	}
	bob.in.Close()
	ann.expect(t, "bob is gone")
	(&expected{0, "~(bob is gone\n)?", ""}).check(t, bob.end(t))
	usage := expected{2, "", "~usage: .*\n"}
	usage.check(t, run1(t, ".", "", scriptsDir+"/chat.lua"))
}

// Other tasks run while one reads standard input.
func TestKeyboardIsAwaited(t *testing.T) {
	p := start(t, ".", "-e", `task.spawn(print, "others run") print(io.read("*l"))`)
	p.expect(t, "others run")
	io.WriteString(p.in, "typed\n")
	p.expect(t, "typed")
}

func TestUDPEcho(t *testing.T) {
	server := start(t, ".", scriptsDir+"/udp_echo.lua", "server", "0")
	_, port, ok := strings.Cut(server.line(t), "udp on 127.0.0.1:")
	if !ok {
		t.Fatal("the server does not tell its port")
	}
	(&expected{0, "hello\n", ""}).check(t, run1(t, ".", "", scriptsDir+"/udp_echo.lua", "client", "hello", port))
	if got := server.line(t); !strings.HasPrefix(got, "5 bytes from 127.0.0.1:") {
		t.Errorf("the server printed %q", got)
	}
	server.signal(t, unix.SIGTERM)
	if got := server.end(t); got.status != 143 {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
	nobody := expected{1, "", "~(no answer: .*\n){3}"}
	nobody.check(t, run1(t, ".", "", scriptsDir+"/udp_echo.lua", "client", "hello", port))
	(&expected{2, "", "~usage: .*\n"}).check(t, run1(t, ".", "", scriptsDir+"/udp_echo.lua"))
}

const pingRefused = "~ping\\.lua: neither raw nor datagram ICMP sockets are allowed here: .+\n"

func TestPing(t *testing.T) {
	got := run1(t, ".", "", scriptsDir+"/ping.lua", "127.0.0.1", "2")
	if strings.Contains(got.stderr, "neither raw") {
		(&expected{1, "", pingRefused}).check(t, got)
		t.Skip("no ICMP sockets are allowed here")
	}
	(&expected{0, "~(\\d+ bytes from 127\\.0\\.0\\.1: seq=[12] time=[\\d.]+ ms\n){2}2 sent, 2 received\n", ""}).check(t, got)
}

// Where neither kind of socket is allowed, ping says so.
func TestPingRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become somebody who may not")
	}
	if !inOwnNetwork(t) { // in a new one, no group may ping
		return
	}
	script, err := os.ReadFile(scriptsDir + "/ping.lua")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "-")
	cmd.Dir, cmd.Stdin = "/", bytes.NewReader(script)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	(&expected{1, "", pingRefused}).check(t, startCommand(t, cmd).end(t))
}

func TestPortscan(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	for _, port := range []int{1100, 1234, 1700} {
		l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	got := run1(t, ".", "", scriptsDir+"/portscan.lua", "127.0.0.1", "1000", "1700")
	(&expected{0, "~1100/tcp open  .*\n1234/tcp open  .*\n1700/tcp open  .*\n3 of 701 ports of 127\\.0\\.0\\.1 are open\n", ""}).check(t, got)
	got = run1(t, ".", "", scriptsDir+"/portscan.lua")
	(&expected{0, "0 of 1024 ports of 127.0.0.1 are open\n", ""}).check(t, got)
}

func TestHTTPGet(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil
		fmt.Fprintf(w, "%s %s of %s\n", r.Method, r.URL, r.Host)
	}))
	defer server.Close()
	host, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	(&expected{0, "HTTP/1.1 200 OK\r\nContent-Length: 23\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nGET /page of 127.0.0.1\n", ""}).check(t, run1(t, ".", "", scriptsDir+"/http_get.lua", host, port, "/page"))
	server.Close()
	(&expected{1, "~Connection refused \\(\\d+\\)<br />\n", ""}).check(t, run1(t, ".", "", scriptsDir+"/http_get.lua", host, port))
}

// Servers are trusted whose certificates the system's authorities have signed.
func TestHTTPSystemRoots(t *testing.T) {
	if runtime.GOOS == "darwin" {
		t.Skip("macOS has its authorities elsewhere")
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	roots := filepath.Join(t.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(roots, text, 0o600); err != nil {
		t.Fatal(err)
	}
	code := fmt.Sprintf("local r, err = http.get(%q) print(r and r.status, err)", server.URL)
	for file, want := range map[string]string{roots: "200\tnil\n", os.DevNull: "~nil\tcertificate for .*example.com.* is self-signed: .*\n"} {
		cmd := exec.Command(binary, "-e", code)
		cmd.Env = append(os.Environ(), "SSL_CERT_FILE="+file, "SSL_CERT_DIR=/nowhere")
		(&expected{0, want, ""}).check(t, startCommand(t, cmd).end(t))
	}
}

// The downloader goes on where the server broke off.
func TestDownload(t *testing.T) {
	dir, text := t.TempDir(), strings.Repeat("0123456789", 1000)
	script, err := filepath.Abs(scriptsDir + "/download.lua")
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if calls.Add(1) == 1 {
			w.Header().Set("Content-Length", "10000")
			io.WriteString(w, text[:4000])
			return
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	}))
	defer server.Close()
	url := server.URL + "/files/ten.bin?x=/y"
	(&expected{1, "", "download.lua: the connection was closed after 4000 of the body's 10000 bytes\ncall it again to go on from there\n"}).check(t, run1(t, dir, "", script, url))
	(&expected{0, "~ten.bin: 10000 bytes, of which 4000 were there, \\d+\\.\\d s\n", ""}).check(t, run1(t, dir, "", script, url))
	if got, err := os.ReadFile(filepath.Join(dir, "ten.bin")); string(got) != text {
		t.Errorf("the file has %d bytes, %v", len(got), err)
	}
	(&expected{0, "~index.html: 10000 bytes, .*\n", ""}).check(t, run1(t, dir, "", script, server.URL))
	(&expected{2, "", "usage: download.lua URL [FILE]\n"}).check(t, run1(t, dir, "", script))
}

// Every example begins by saying what it is, and a test here runs it.
func TestScriptsAreTested(t *testing.T) {
	var tests []byte
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests = append(tests, text...)
	}
	scripts, err := filepath.Glob(scriptsDir + "/*.lua")
	if err != nil || len(scripts) < 7 {
		t.Fatal(scripts, err)
	}
	for _, script := range scripts {
		name := strings.TrimSuffix(filepath.Base(script), ".lua")
		if !bytes.Contains(tests, []byte("/"+name+".lua")) && !bytes.Contains(tests, []byte(`ours("`+name+`")`)) {
			t.Errorf("no test runs %s", script)
		}
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(string(text), "-- ") {
			t.Errorf("%s does not begin by saying what it is", script)
		}
	}
}

func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(tutorialDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// needPHP skips the test without PHP; CI must have it.
func needPHP(t *testing.T) {
	t.Helper()
	out, err := exec.Command("php", "-m").Output()
	if err == nil && strings.Contains(string(out), "\nsockets\n") {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("PHP with sockets is needed in CI:", err)
	}
	t.Skip("there is no PHP with sockets here")
}

// networkVariable tells a test that it runs in a network of its own: its name.
const networkVariable = "SOCKSCRIPT_TEST_NETWORK"

// inOwnNetwork has the test run again, alone, in a process whose network is
// only a loopback of its own. There it is true; here it is false, and the other
// process's verdict is the test's.
func inOwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(networkVariable) == t.Name() {
		raiseLoopback(t)
		return true
	}
	var parts []string
	for part := range strings.SplitSeq(t.Name(), "/") {
		parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.count=1", "-test.run="+strings.Join(parts, "/"))
	cmd.Env = append(os.Environ(), networkVariable+"="+t.Name(), binaryVariable+"="+binary)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = ownNetwork()
	if err := cmd.Start(); err != nil {
		t.Skip("a network of its own is not allowed here:", err)
	}
	err := cmd.Wait()
	switch text := out.String(); {
	case err != nil:
		t.Errorf("in a network of its own: %v\n%s", err, text)
	case strings.Contains(text, "--- SKIP"):
		t.Skip(text)
	case !strings.Contains(text, "--- PASS: "+t.Name()+" "):
		t.Errorf("in a network of its own the test did not run:\n%s", text)
	}
	return false
}

// waitForListener waits until a process listens on a TCP port of this network.
// A connection would count as a client.
func waitForListener(t *testing.T, p *process, port int) {
	t.Helper()
	listening := regexp.MustCompile(fmt.Sprintf(`(?m)^ *\d+: [0-9A-F]+:%04X [0-9A-F:]+ 0A `, port))
	for deadline := time.Now().Add(patience); ; {
		table, err := os.ReadFile("/proc/self/net/tcp")
		if err != nil {
			t.Skip(err)
		}
		if listening.Match(table) {
			return
		}
		if p.ended(time.Millisecond) {
			t.Fatalf("the server ended: %+v", p.end(t))
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody listens on port", port)
		}
	}
}
