package php

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// pairsDir has the programs of the suite: NAME.php and its port NAME.lua, and
// what runs before each of them.
const pairsDir = "../testdata/php"

// command is the path of the command, built once; certificate is the path of a certificate for
// localhost with its key.
var command, certificate string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "php")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	command = filepath.Join(dir, "sockscript")
	build := exec.Command("go", "build", "-o", command, "sockscript")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "cannot build the command:", err)
		return 1
	}
	certificate = filepath.Join(dir, "localhost.pem")
	if err := writeCertificate(certificate); err != nil {
		fmt.Fprintln(os.Stderr, "cannot make a certificate:", err)
		return 1
	}
	return m.Run()
}

// writeCertificate makes a certificate that is its own authority, and its key.
func writeCertificate(path string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})
	text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	return os.WriteFile(path, text, 0o600)
}

// needPHP skips a test where there is no PHP, or one without what the suite
// needs; where CI is true it fails instead.
func needPHP(t *testing.T) {
	t.Helper()
	out, err := exec.Command("php", "-r", `echo PHP_VERSION, function_exists("socket_create") ? "" : " without sockets";`).CombinedOutput()
	switch text := string(out); {
	case err == nil && strings.HasPrefix(text, "8.2") && !strings.Contains(text, "without"):
		return
	case os.Getenv("CI") == "true":
		t.Fatalf("PHP 8.2 with its extension sockets is needed: %v %s", err, text)
	default:
		t.Skipf("PHP 8.2 with its extension sockets is needed: %v %s", err, text)
	}
}

// needFor skips a pair whose PHP program uses an extension that PHP lacks; where
// CI is true it fails instead.
func needFor(t *testing.T, name string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(pairsDir, name+".php"))
	if err != nil {
		t.Fatal(err)
	}
	for extension, sign := range map[string]string{"curl": "curl_init(", "pcntl": "serve(", "openssl": "CERTIFICATE"} {
		if !strings.Contains(string(source), sign) {
			continue
		}
		out, err := exec.Command("php", "-r", "echo extension_loaded('"+extension+"') ? 'yes' : 'no';").Output()
		switch {
		case err == nil && string(out) == "yes":
		case os.Getenv("CI") == "true":
			t.Fatalf("PHP's extension %s is needed (apt-get install php-%s)", extension, extension)
		default:
			t.Skipf("PHP's extension %s is needed (apt-get install php-%s)", extension, extension)
		}
	}
}

// Each program prints under PHP what its port prints here, byte for byte, and on
// standard error too, but for the places in the files.
func TestConformance(t *testing.T) {
	needPHP(t)
	names := pairs(t)
	const least = 120
	if len(names) < least {
		t.Errorf("there are %d pairs, want %d", len(names), least)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			needFor(t, name)
			t.Parallel()
			want := runPair(t, "php", "-d", "display_errors=0", "-d", "log_errors=1", "-d", "error_log=", "-d", "html_errors=0",
				"-d", "error_reporting=32767", "-d", "default_socket_timeout=60", "-d", "date.timezone=UTC",
				"-d", "auto_prepend_file="+filepath.Join(pairsDir, "_prelude.php"), filepath.Join(pairsDir, name+".php"))
			got := runPair(t, command, "-e", fmt.Sprintf("dofile(%q)", filepath.Join(pairsDir, "_prelude.lua")), filepath.Join(pairsDir, name+".lua"))
			if got.stdout != want.stdout {
				t.Errorf("standard output differs:\n%s", difference(want.stdout, got.stdout))
			}
			if got.stderr != want.stderr {
				t.Errorf("standard error differs:\n%s", difference(want.stderr, got.stderr))
			}
		})
	}
}

// pairs lists the programs that stand there in both languages; one that stands
// alone is a fault.
func pairs(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(pairsDir, "*.php"))
	if err != nil {
		t.Fatal(err)
	}
	ports, _ := filepath.Glob(filepath.Join(pairsDir, "*.lua"))
	if len(files) != len(ports) {
		t.Errorf("there are %d programs and %d ports", len(files), len(ports))
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".php"); !strings.HasPrefix(name, "_") {
			names = append(names, name)
		}
	}
	return names
}

type printed struct{ stdout, stderr string }

var place = regexp.MustCompile(`(?m) in \S+ on line \d+$`)

// runPair runs a program with a scratch directory of its own, whose path is short
// enough for AF_UNIX.
func runPair(t *testing.T, name string, args ...string) printed {
	t.Helper()
	scratch, err := os.MkdirTemp("", "p")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(scratch)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "SCRATCH="+scratch, "CERTIFICATE="+certificate, "TZ=UTC")
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); ctx.Err() != nil {
		t.Errorf("%s: %v", name, err)
	}
	return printed{stdout.String(), place.ReplaceAllString(stderr.String(), "")}
}

// difference shows the lines from the first that differs.
func difference(want, got string) string {
	const shown = 6
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	cut := func(lines []string) string {
		return strings.Join(lines[min(i, len(lines)):min(i+shown, len(lines))], "\n\t")
	}
	return fmt.Sprintf("from line %d\nPHP:\n\t%s\nport:\n\t%s", i+1, cut(w), cut(g))
}
