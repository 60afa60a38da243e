package luasock

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

func TestHTTPDownload(t *testing.T) {
	runDownloads(t, []download{
		{name: "the whole file", code: `
			local n, r = http.download(url, "file")
			out(n, r.status, r.body, r.resumed, same("file"), exists("file.part"), exists("file.part.info")) --> =1000000 200 nil 0 true false false
			out(http.download(url, "file")) --> ~^1000000
			out(same("file")) --> =true`, asked: "- -"},
		{name: "goes on where it was interrupted", code: `
			out(http.download(url, "file")) --> =nil the connection was closed after 400000 of the body's 1000000 bytes 0 partial
			out(exists("file"), size("file.part")) --> =false 400000
			local n, r = http.download(url, "file")
			out(n, r.status, r.resumed, same("file"), exists("file.part"), exists("file.part.info")) --> =1000000 206 400000 true false false`,
			cut: []int{400000}, asked: "- bytes=400000-"},
		{name: "goes on again and again", code: `
			for i = 1, 3 do out((http.download(url, "file"))) end
			out((http.download(url, "file"))) --> =1000000
			out(same("file")) --> =true`, want: "nil\nnil\nnil\n1000000\ntrue",
			cut: []int{1, 100000, 899998}, asked: "- bytes=1- bytes=100001- bytes=999999-"},
		{name: "begins anew when the file has changed", code: `
			out((http.download(url, "file"))) --> =nil
			change()
			local n, r = http.download(url, "file")
			out(n, r.status, r.resumed, same("file")) --> =1000000 200 0 true`,
			cut: []int{400000}, asked: "- bytes=400000-"},
		{name: "begins anew when the file has changed and the server does not say so", code: `
			out((http.download(url, "file"))) --> =nil
			change()
			local n, r = http.download(url, "file")
			out(n, r.status, r.resumed, same("file")) --> =1000000 200 0 true`,
			cut: []int{400000}, asked: "- bytes=400000- -", ignoreIfRange: true},
		{name: "begins anew when the server ignores ranges", code: `
			out((http.download(url, "file"))) --> =nil
			local n, r = http.download(url, "file")
			out(n, r.status, same("file")) --> =1000000 200 true`,
			cut: []int{400000}, asked: "- bytes=400000-", ignoreRange: true},
		{name: "begins anew when the server has no such range", code: `
			out((http.download(url, "file"))) --> =nil
			io.open("file.part", "a"):write(("x"):rep(600000)):close()
			local n, r = http.download(url, "file")
			out(n, r.status, same("file")) --> =1000000 200 true`,
			cut: []int{400000}, asked: "- bytes=1000000- -"},
		{name: "goes on by the time of the last change", code: `
			out((http.download(url, "file"))) --> =nil
			out((http.download(url, "file"))) --> =1000000
			out(same("file")) --> =true`,
			cut: []int{400000}, asked: "- bytes=400000-", noTag: true},
		{name: "keeps nothing that it could not go on with", code: `
			out((http.download(url, "file"))) --> =nil
			out(exists("file.part"), exists("file.part.info")) --> =false false
			out((http.download(url, "file"))) --> =1000000`,
			cut: []int{400000}, asked: "- -", noTag: true, noTime: true},
		{name: "another URL is another file", code: `
			out((http.download(url, "file"))) --> =nil
			out((http.download(url .. "?b", "file"))) --> =1000000
			out(same("file")) --> =true`,
			cut: []int{400000}, asked: "- -"},
		{name: "an answer that is no file leaves the old one", code: `
			io.open("file", "w"):write("old"):close()
			out(http.download(url .. "missing", "file")) --> =nil the server answered 404 Not Found 0 status
			out(io.open("file"):read("*a"), exists("file.part")) --> =old false
			out(http.download("http://127.0.0.1:1/", "file")) --> =nil could not connect to 127.0.0.1:1: Connection refused 111 connect
			out(exists("file.part")) --> =false`},
		{name: "what cannot be written", code: `
			out(http.download(url, "none/file")) --> =nil cannot write none/file.part: No such file or directory 2 file
			os.execute("mkdir dir; ln -s /dev/full full.part")
			out(http.download(url, "dir")) --> =nil cannot write dir: Is a directory 21 file
			out(http.download(url, "full")) --> =nil cannot write full.part: No space left on device 28 file
			out(failure(http.download, url, "")) --> =bad argument #2 to 'download' (path must be a path, got "")
			out(failure(http.download, url, "a\0b")) --> ~path must be a path
			out(failure(http.download, url)) --> =bad argument #2 to 'download' (path must be a string, got no value)
			out(#socket.list()) --> =0`},
		{name: "a device is written to, a link is kept", code: `
			out((http.download(url, "/dev/null"))) --> =1000000
			out(exists("/dev/null.part")) --> =false
			os.execute("mkdir real; touch real/file; ln -s real/file link; mkfifo fifo")
			out((http.download(url, "link"))) --> =1000000
			out(same("real/file"), same("link")) --> =true true
			out(http.download(url, "fifo")) --> =nil cannot write fifo: No such device or address 6 file`},
		{name: "two at once do not mix", code: `
			local t = task.spawn(http.download, url .. "?stall", "file")
			while not exists("file.part") or size("file.part") == 0 do task.sleep(0.001) end
			out(http.download(url, "file")) --> =nil file.part is being written by another download 11 file
			t:cancel()
			out(t:join()) --> =nil cancelled
			out((http.download(url, "file"))) --> =1000000
			out(same("file")) --> =true`},
		{name: "in a session, with its options", code: `
			local s = http.session{headers = {["X-A"] = "b"}}
			out((s:download(url, "file"))) --> =1000000
			out(#socket.list()) --> =1
			s:close()`},
	})
}

// download is a row of a table of tests of downloads. The server's file has a
// million bytes.
type download struct {
	name  string
	code  string
	want  string
	asked string // the ranges that the server was asked for

	cut           []int // after how many bytes each answer breaks off
	ignoreRange   bool
	ignoreIfRange bool
	noTag, noTime bool
}

func runDownloads(t *testing.T, downloads []download) {
	for _, d := range downloads {
		t.Run(d.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			f := newFileServer(t, d)
			vm := openVM(t, Options{})
			vm.L.SetGlobal("change", vm.L.NewFunction(f.change))
			vm.L.SetGlobal("same", vm.L.NewFunction(f.same))
			s := script{code: d.code, want: d.want}
			got, err := vm.run(t, httpPrelude+fmt.Sprintf(`url = %q
				function exists(path) local f = io.open(path) if f then f:close() end return f ~= nil end
				function size(path) local f = io.open(path) local n = f:seek("end") f:close() return n end
			`, f.url), d.code)
			s.report(t, s.check(got))
			f.mu.Lock()
			defer f.mu.Unlock()
			if asked := strings.Join(f.asked, " "); err != nil || d.asked != "" && asked != d.asked {
				t.Errorf("the server was asked for %q, want %q; %v", asked, d.asked, err)
			}
		})
	}
}

// A download takes no more memory for a larger file.
func TestHTTPDownloadStreams(t *testing.T) {
	const size = 200 << 20
	t.Chdir(t.TempDir())
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		piece := make([]byte, 1<<20)
		for range size / len(piece) {
			w.Write(piece)
		}
	}))
	defer server.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	vm := openVM(t, Options{})
	got, err := vm.run(t, fmt.Sprintf("url = %q", server.URL), `out((http.download(url, "/dev/null")))`)
	runtime.ReadMemStats(&after)
	if err != nil || len(got) != 1 || got[0] != fmt.Sprint(size) {
		t.Fatalf("%q, %v", got, err)
	}
	if took := after.TotalAlloc - before.TotalAlloc; took > size/4 {
		t.Errorf("%d bytes were allocated for %d", took, size)
	}
}

// A terminal shows how far a download is, nothing else does.
func TestHTTPDownloadProgress(t *testing.T) {
	for _, test := range []struct {
		name, options string
		terminal      bool
		want          bool
	}{
		{"on a terminal", "", true, true},
		{"on a terminal, unwanted", "{progress = false}", true, false},
		{"elsewhere", "", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			f := newFileServer(t, download{})
			shown, stderr := terminalOrPipe(t, test.terminal)
			vm := openVM(t, Options{Stderr: stderr})
			code := fmt.Sprintf(`out((http.download(%q, "the\27file", %s)))`, f.url, test.options)
			got, err := vm.run(t, "", strings.Replace(code, ", )", ")", 1))
			if err != nil || len(got) != 1 || got[0] != "1000000" {
				t.Errorf("%q, %v", got, err)
			}
			stderr.Close()
			text := string(<-shown)
			if strings.Contains(text, "the?file 100%") != test.want || !test.want && text != "" {
				t.Errorf("it showed %q", text)
			}
		})
	}
}

// terminalOrPipe gives a file to write on, and what was written when it is
// closed.
func terminalOrPipe(t *testing.T, terminal bool) (<-chan []byte, *os.File) {
	t.Helper()
	var r, w *os.File
	var err error
	if terminal {
		r, w = openTerminal(t)
	} else if r, w, err = os.Pipe(); err != nil {
		t.Fatal(err)
	}
	shown := make(chan []byte, 1)
	go func() {
		text, _ := io.ReadAll(r) // of a terminal it ends with EIO
		r.Close()
		shown <- text
	}()
	return shown, w
}

// fileServer serves a file of a million bytes, which may change.
type fileServer struct {
	download
	url string

	mu       sync.Mutex
	content  []byte
	modified time.Time
	asked    []string
}

func newFileServer(t *testing.T, d download) *fileServer {
	f := &fileServer{download: d, modified: time.Now().Add(-time.Hour)}
	f.fill(1)
	server := httptest.NewServer(f)
	f.url = server.URL + "/"
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return f
}

func (f *fileServer) fill(seed uint64) {
	f.content = make([]byte, 1000000)
	random := rand.New(rand.NewPCG(seed, seed))
	for i := range f.content {
		f.content[i] = byte(random.Uint32())
	}
}

func (f *fileServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	content, modified, limit := f.content, f.modified, -1
	if len(f.cut) > 0 {
		limit, f.cut = f.cut[0], f.cut[1:]
	}
	asked := r.Header.Get("Range")
	f.asked = append(f.asked, max(asked, "-"))
	f.mu.Unlock()
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	if !f.noTag {
		w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(content)))
	}
	if f.noTime {
		modified = time.Time{}
	}
	if f.ignoreRange {
		r.Header.Del("Range")
	}
	if f.ignoreIfRange {
		r.Header.Del("If-Range")
	}
	if r.URL.RawQuery == "stall" {
		w.Header().Set("Content-Length", "1000000")
		w.Write(content[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return
	}
	http.ServeContent(&cutWriter{w, limit}, r, "", modified, bytes.NewReader(content))
}

// cutWriter breaks the connection off after some bytes; -1 is never.
type cutWriter struct {
	http.ResponseWriter
	left int
}

func (w *cutWriter) Write(p []byte) (int, error) {
	if w.left < 0 || len(p) <= w.left {
		if w.left >= 0 {
			w.left -= len(p)
		}
		return w.ResponseWriter.Write(p)
	}
	w.ResponseWriter.Write(p[:w.left])
	w.ResponseWriter.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

// change makes the server's file another of the same size.
func (f *fileServer) change(*lua.LState) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fill(2)
	f.modified = f.modified.Add(time.Minute)
	return 0
}

// same tells whether a file is what the server has.
func (f *fileServer) same(L *lua.LState) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, err := os.ReadFile(L.CheckString(1))
	L.Push(lua.LBool(err == nil && bytes.Equal(text, f.content)))
	return 1
}
