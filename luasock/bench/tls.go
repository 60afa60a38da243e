//go:build linux

package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// tlsScenarios are loads of TLS. A short connection makes one full handshake.
var tlsScenarios = []scenario{
	{name: "TLS, 64 busy", busy: 64},
	{name: "TLS, handshakes", busy: 16, short: true},
}

// tlsServers are sockscript's and Go's own, which is this program.
var tlsServers = []server{
	{name: "sockscript", start: own("tls.lua")},
	{name: "go crypto/tls", start: func(dir string) (*exec.Cmd, error) {
		self, err := os.Executable()
		return exec.Command(self, "-tlsserver", dir), err
	}},
}

// benchTLS compares the CPU of both for each echo and each handshake.
func benchTLS(dir string, rounds int, length time.Duration) error {
	if err := writeCertificate(dir); err != nil {
		return err
	}
	fmt.Printf("server CPU for each request in TLS, µs, median of %d turns of %v\n", rounds, length)
	for _, sc := range tlsScenarios {
		results := map[string][]result{}
		for range rounds {
			for _, s := range tlsServers {
				r, err := turnTLS(dir, s, sc, length)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", s.name, sc.name, err)
				}
				results[s.name] = append(results[s.name], r)
			}
		}
		printTLS(sc, results)
	}
	return nil
}

func turnTLS(dir string, s server, sc scenario, length time.Duration) (result, error) {
	return turnWith(dir, s, func(self, port string) *exec.Cmd {
		return exec.Command(self, "-tlsload", fmt.Sprintf("%s,%d,%t,%s", port, sc.busy, sc.short, length))
	})
}

func printTLS(sc scenario, results map[string][]result) {
	fmt.Printf("\n%-22s %8s %8s %8s %12s %8s\n", sc.name, "cpu", "user", "system", "requests/s", "ratio")
	median := func(name string) result {
		rs := results[name]
		slices.SortFunc(rs, func(a, b result) int { return int(1000 * (a.cpu() - b.cpu())) })
		return rs[len(rs)/2]
	}
	base := median(tlsServers[1].name).cpu()
	for _, s := range tlsServers {
		m := median(s.name)
		fmt.Printf("%-22s %8.2f %8.2f %8.2f %12.0f %8.2f\n", s.name, m.cpu(), m.user, m.system, m.perSec, m.cpu()/base)
	}
}

// serveTLS is Go's own server: a goroutine for each client.
func serveTLS(dir string) error {
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"))
	if err != nil {
		return err
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		return err
	}
	fmt.Println(l.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			buf := make([]byte, 8192)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				if _, err := conn.Write(buf[:n]); err != nil {
					return
				}
			}
		}()
	}
}

// tlsLoad is a load process: "port,busy,short,duration".
type tlsLoad struct {
	address string
	short   bool
	count   atomic.Int64
	until   atomic.Int64 // Unix nanoseconds
}

func runTLSLoad(spec string) {
	f := strings.Split(spec, ",")
	busy, _ := strconv.Atoi(f[1])
	length, _ := time.ParseDuration(f[3])
	l := &tlsLoad{address: "127.0.0.1:" + f[0], short: f[2] == "true"}
	warm := 300 * time.Millisecond
	l.until.Store(time.Now().Add(time.Hour).UnixNano())
	var all sync.WaitGroup
	for range busy {
		all.Go(func() {
			if err := l.run(); err != nil {
				fmt.Fprintln(os.Stderr, "load:", err)
				os.Exit(1)
			}
		})
	}
	time.Sleep(warm)
	l.count.Store(0)
	fmt.Println("start")
	time.Sleep(length)
	fmt.Println(l.count.Load())
	l.until.Store(0)
	all.Wait()
}

func (l *tlsLoad) run() error {
	var msg, buf [64]byte
	for {
		raw, err := net.Dial("tcp", l.address)
		if err != nil {
			return err
		}
		raw.(*net.TCPConn).SetLinger(0) // a reset at close leaves no TIME_WAIT behind
		conn := tls.Client(raw, &tls.Config{InsecureSkipVerify: true})
		for {
			if time.Now().UnixNano() > l.until.Load() {
				return raw.Close()
			}
			if _, err := conn.Write(msg[:]); err != nil {
				return err
			}
			if _, err := io.ReadFull(conn, buf[:]); err != nil {
				return err
			}
			l.count.Add(1)
			if l.short {
				break
			}
		}
		raw.Close()
	}
}

// writeCertificate puts cert.pem and key.pem (ECDSA, P-256) into the folder.
func writeCertificate(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotBefore: time.Now(), NotAfter: time.Now().Add(24 * time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "cert.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "key.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}
