package cli

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The server and the client of tls_echo.lua against each other.
func TestTLSEcho(t *testing.T) {
	dir := certificate(t)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	server := start(t, ".", scriptsDir+"/tls_echo.lua", "server", cert, key, "0")
	line := server.line(t)
	port := line[strings.LastIndex(line, ":")+1:]
	silent, err := net.Dial("tcp", strings.TrimPrefix(line, "TLS on "))
	if err != nil {
		t.Fatal(line, err)
	}
	defer silent.Close()
	(&expected{0, "~hello \\(TLSv1\\.3, TLS_.*\\)\n", ""}).check(t, run1(t, ".", "", scriptsDir+"/tls_echo.lua", "client", "hello", port, cert))
	if line := server.line(t); !strings.HasSuffix(line, " is gone") {
		t.Errorf("the server printed %q", line)
	}
	untrusted := expected{1, "", "~tls_echo\\.lua: certificate for localhost is self-signed: .*\n"}
	untrusted.check(t, run1(t, ".", "", scriptsDir+"/tls_echo.lua", "client", "hello", port))
	if line := server.line(t); !strings.Contains(line, "the peer has broken TLS off") {
		t.Errorf("the server printed %q", line)
	}
	server.signal(t, unix.SIGTERM)
	if got := server.end(t); got.status != 143 {
		t.Errorf("status %d: %s", got.status, got.stderr)
	}
	(&expected{2, "", "~usage: .*\n"}).check(t, run1(t, ".", "", scriptsDir+"/tls_echo.lua"))
}

func TestHTTPSGet(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/chunks" {
			w.(http.Flusher).Flush()
		}
		fmt.Fprintf(w, "you want %s from %s\n", r.URL.Path, r.Host)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	cafile := filepath.Join(t.TempDir(), "ca.pem")
	writePEM(t, cafile, "CERTIFICATE", server.Certificate().Raw)
	for _, path := range []string{"/page", "/chunks"} {
		(&expected{0, "you want " + path + " from 127.0.0.1\n", "~(?s)TLSv1\\.3, TLS_.*, certificate for example\\.com, .*HTTP/1\\.0 200 OK\n.*"}).
			check(t, run1(t, ".", "", scriptsDir+"/https_get.lua", server.URL+path, cafile))
	}
	(&expected{1, "", "~https_get\\.lua: cannot connect to 127\\.0\\.0\\.1: certificate for .* is .*\n"}).
		check(t, run1(t, ".", "", scriptsDir+"/https_get.lua", server.URL))
	(&expected{2, "", "~usage: .*\n"}).check(t, run1(t, ".", "", scriptsDir+"/https_get.lua", "http://127.0.0.1/"))
}

func TestStartTLSSMTP(t *testing.T) {
	dir := certificate(t)
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	mails := make(chan string, 1)
	go serveSMTP(listener, dir, mails)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	cert := filepath.Join(dir, "cert.pem")
	args := []string{scriptsDir + "/starttls_smtp.lua", "localhost:" + port, "me@example.org", "you@example.org"}
	(&expected{0, "speaking TLSv1.3\n250 taken\n", ""}).check(t, run1(t, ".", "Subject: hi\n\n.dot\n", append(args, cert)...))
	if mail := <-mails; mail != "Subject: hi\r\n\r\n..dot\r\n" {
		t.Errorf("the mail is %q", mail)
	}
	(&expected{1, "", "~starttls_smtp\\.lua: no TLS: certificate for localhost is self-signed: .*\n"}).check(t, run1(t, ".", "", args...))
	(&expected{2, "", "~usage: .*\n"}).check(t, run1(t, ".", "", args[0]))
}

// serveSMTP takes one mail from each client, inside TLS only.
func serveSMTP(listener net.Listener, dir string, mails chan<- string) {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		panic(err)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		fmt.Fprint(conn, "220 ready\r\n")
		in, inTLS := bufio.NewReader(conn), false
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				break
			}
			switch verb, _, _ := strings.Cut(strings.TrimSpace(line), " "); {
			case verb == "EHLO" && !inTLS:
				fmt.Fprint(conn, "250-hello\r\n250 STARTTLS\r\n")
			case verb == "STARTTLS":
				fmt.Fprint(conn, "220 go on\r\n")
				conn = tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{pair}})
				in, inTLS = bufio.NewReader(conn), true
			case !inTLS:
				fmt.Fprint(conn, "530 Must issue a STARTTLS command first\r\n")
			case verb == "DATA":
				fmt.Fprint(conn, "354 go on\r\n")
				mails <- mailOf(in)
				fmt.Fprint(conn, "250 taken\r\n")
			case verb == "QUIT":
				fmt.Fprint(conn, "221 bye\r\n")
			default:
				fmt.Fprint(conn, "250 fine\r\n")
			}
		}
		conn.Close()
	}
}

func mailOf(in *bufio.Reader) (mail string) {
	for {
		line, err := in.ReadString('\n')
		if err == io.EOF || line == ".\r\n" {
			return mail
		}
		mail += line
	}
}

// certificate writes cert.pem and key.pem, of localhost, into a folder.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	writePEM(t, filepath.Join(dir, "cert.pem"), "CERTIFICATE", der)
	writePEM(t, filepath.Join(dir, "key.pem"), "PRIVATE KEY", keyDER)
	return dir
}

func writePEM(t *testing.T, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
