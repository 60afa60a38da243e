package luasock

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Other people's servers.
func TestHTTPInterop(t *testing.T) {
	for _, test := range []struct {
		program string
		args    func(dir string, port int) []string
		server  string // its header, a pattern of Lua's
		ranges  bool
		gzip    bool
	}{
		{"nginx", nginx, "nginx", true, true},
		{"python3", func(dir string, port int) []string {
			return []string{"-m", "http.server", "--bind", "127.0.0.1", "--directory", dir, fmt.Sprint(port)}
		}, "SimpleHTTP", false, false},
	} {
		t.Run(test.program, func(t *testing.T) {
			url, content := serveFiles(t, test.program, test.args)
			t.Chdir(t.TempDir())
			code := `
				local s = http.session()
				local r = s:get(url .. "/text.txt")
				out(r.status, #r.body, r.headers.server:match(server)) --> =200 100000 ` + test.server + `
				out(s:get(url .. "/none").status) --> =404
				out(s:request{url = url .. "/text.txt", method = "HEAD"}.headers["content-length"] == "100000") --> =true
				local raw = s:get(url .. "/text.txt", {headers = {["Accept-Encoding"] = "gzip"}})
				out(raw.headers["content-encoding"] == "gzip" and #raw.body < 1000) --> =` + fmt.Sprint(test.gzip) + `
				out((http.download(url .. "/file", "file", {max = 5}))) --> =1000000
				s:close()`
			vm := openVM(t, Options{})
			s := script{code: code}
			got, err := vm.run(t, httpPrelude+fmt.Sprintf("url, server = %q, %q", url, test.server), code)
			s.report(t, s.check(got))
			if err != nil {
				t.Error(err)
			}
			if got, err := os.ReadFile("file"); string(got) != string(content) {
				t.Errorf("the file differs: %d bytes, %v", len(got), err)
			}
			resumeInterrupted(t, url, content, test.ranges)
		})
	}
}

// resumeInterrupted cancels a download in its middle, through a relay that
// stops, and goes on without it.
func resumeInterrupted(t *testing.T, url string, content []byte, ranges bool) {
	t.Helper()
	address := strings.TrimPrefix(url, "http://")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		in, err := l.Accept()
		if err != nil {
			return
		}
		defer in.Close()
		out, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		defer out.Close()
		request := make([]byte, 4096)
		n, _ := in.Read(request)
		out.Write(request[:n])
		for left := 500000; left > 0; {
			n, err := out.Read(request[:min(left, len(request))])
			if err != nil {
				return
			}
			in.Write(request[:n])
			left -= n
		}
	}()
	vm := openVM(t, Options{})
	got, err := vm.run(t, httpPrelude, fmt.Sprintf(`
		local url, relay, address = %q, %q, %q
		local n, err = http.download(url .. "/file", "again", {resolve = {[address] = relay}})
		out(n, (err:gsub("%%d+ of", "N of")))
		local n, r = http.download(url .. "/file", "again")
		out(n, r.status, r.resumed > 0)`, url, l.Addr(), address))
	want := "1000000 200 false"
	if ranges {
		want = "1000000 206 true"
	}
	if err != nil || len(got) != 2 || got[0] != "nil the connection was closed after N of the body's 1000000 bytes" || got[1] != want {
		t.Errorf("got %q, want %q; %v", got, want, err)
	}
	if got, err := os.ReadFile("again"); string(got) != string(content) {
		t.Errorf("the resumed file differs: %d bytes, %v", len(got), err)
	}
}

// serveFiles starts a server of files on a free port.
func serveFiles(t *testing.T, program string, args func(dir string, port int) []string) (url string, content []byte) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		skipWithout(t, program)
	}
	dir := t.TempDir()
	os.Chmod(dir, 0o755)
	for i := range 250000 {
		content = append(content, byte(i>>8), byte(i), byte(i>>16), 7)
	}
	write := func(name string, text []byte) {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
		hourAgo := time.Now().Add(-time.Hour)
		os.Chtimes(file, hourAgo, hourAgo)
	}
	write("file", content)
	write("text.txt", []byte(strings.Repeat("0123456789", 10000)))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().(*net.TCPAddr)
	l.Close()
	cmd := exec.Command(path, args(dir, address.Port)...)
	var output strings.Builder
	cmd.Stderr = &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	eventually(t, program, func() string {
		c, err := net.Dial("tcp", address.String())
		if err != nil {
			return err.Error()
		}
		c.Close()
		return ""
	})
	return "http://" + address.String(), content
}

// nginx writes a configuration of one process in the foreground.
func nginx(dir string, port int) []string {
	conf := fmt.Sprintf(`
daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
	access_log off;
	types { text/plain txt; }
	gzip on;
	gzip_types text/plain;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	server { listen 127.0.0.1:%[2]d; root %[1]s; }
}
`, dir, port)
	file := filepath.Join(dir, "nginx.conf")
	os.WriteFile(file, []byte(conf), 0o644)
	return []string{"-p", dir, "-e", "stderr", "-c", file}
}
