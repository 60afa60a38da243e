package luasock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

// httpPart is the file of a download that is not complete: path.part, with
// path.part.info beside it, which says of what it is the beginning. A path that
// is no regular file, such as a device, is written to as it is.
type httpPart struct {
	path   string // of the complete file
	file   *os.File
	direct bool
	have   int64 // bytes
	all    int64 // bytes of the complete file; -1 when nobody has said
	info   httpPartInfo
}

// httpPartInfo tells whether what a server has is still what was begun.
type httpPartInfo struct {
	Of        string // the URL's SHA-256: there may be a password in it
	Validator string // for If-Range; "" when there is none
	All       int64  // bytes; -1 when the server did not say
}

// openHTTPPart opens what there is of a file, and makes it if there is nothing.
func openHTTPPart(ctx context.Context, path string, from *url.URL) (*httpPart, error) {
	sum := sha256.Sum256([]byte(from.String()))
	p := &httpPart{path: path, all: -1, info: httpPartInfo{Of: hex.EncodeToString(sum[:])}}
	if to, err := filepath.EvalSymlinks(path); err == nil {
		p.path = to // a rename would replace the link
	}
	old, err := os.Stat(p.path)
	if err == nil && !old.Mode().IsRegular() {
		p.direct = true
		p.file, err = os.OpenFile(p.path, os.O_WRONLY|unix.O_NONBLOCK, 0)
		return p, cannotWrite(p.path, err)
	}
	if p.file, err = os.OpenFile(p.name(), os.O_RDWR|os.O_CREATE, 0o666); err != nil {
		return nil, cannotWrite(p.name(), err)
	}
	if err := p.begin(ctx); err != nil {
		p.file.Close()
		return nil, err
	}
	return p, nil
}

func (p *httpPart) name() string { return p.path + ".part" }

func (p *httpPart) infoName() string { return p.name() + ".info" }

// begin takes the file for this download alone, and reads how far it is.
func (p *httpPart) begin(ctx context.Context) error {
	if err := p.lock(ctx); err != nil {
		return err
	}
	there, err := p.file.Stat()
	if err != nil {
		return cannotWrite(p.name(), err)
	}
	var info httpPartInfo
	text, err := os.ReadFile(p.infoName())
	if err != nil || json.Unmarshal(text, &info) != nil || info.Of != p.info.Of || info.Validator == "" {
		return nil // it is begun anew
	}
	p.info, p.have, p.all = info, there.Size(), info.All
	_, err = p.file.Seek(p.have, 0)
	return cannotWrite(p.name(), err)
}

// lock locks the file. It waits a moment for one that was cancelled just now.
func (p *httpPart) lock(ctx context.Context) error {
	for deadline := time.Now().Add(time.Second); ; {
		err := unix.Flock(int(p.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || !errors.Is(err, unix.EWOULDBLOCK) {
			return nil // a file system without locks is no reason not to write
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return httpError{httpBadFile, p.name() + " is being written by another download", int(unix.EWOULDBLOCK)}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// rest are the header fields that ask for what is missing.
func (p *httpPart) rest() http.Header {
	header := http.Header{"Accept-Encoding": {"identity"}}
	if p.have > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", p.have))
		header.Set("If-Range", p.info.Validator)
	}
	return header
}

// fits tells whether an answer is the rest of what is there: RFC 9110, 15.3.7.
func (p *httpPart) fits(resp *http.Response) bool {
	var from, to, all int64
	if resp.StatusCode != http.StatusPartialContent {
		return false
	}
	_, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &all)
	if err != nil || from != p.have || p.all >= 0 && all != p.all {
		return false
	}
	p.all = all
	return p.info.Validator == resp.Header.Get("ETag") || p.info.Validator == resp.Header.Get("Last-Modified")
}

// restart begins the file anew with an answer, and notes of what it is the
// beginning.
func (p *httpPart) restart(resp *http.Response) error {
	p.all = resp.ContentLength
	if p.direct {
		return nil
	}
	p.drop()
	if err := p.file.Truncate(0); err != nil && !errors.Is(err, unix.EINVAL) { // of a device
		return cannotWrite(p.name(), err)
	}
	p.info.Validator, p.info.All = validator(resp.Header), p.all
	if p.info.Validator == "" {
		return nil
	}
	text, err := json.Marshal(p.info)
	if err == nil {
		err = os.WriteFile(p.infoName(), text, 0o666)
	}
	return cannotWrite(p.infoName(), err)
}

// validator is what tells one version of a file from another for certain: a
// strong ETag, or a time that was not just now when it was sent (RFC 9110,
// 8.8.2.2).
func validator(header http.Header) string {
	if tag := header.Get("ETag"); tag != "" {
		if strings.HasPrefix(tag, "W/") {
			return ""
		}
		return tag
	}
	modified, err := http.ParseTime(header.Get("Last-Modified"))
	date, errDate := http.ParseTime(header.Get("Date"))
	if err != nil || errDate != nil || date.Sub(modified) < time.Second {
		return ""
	}
	return header.Get("Last-Modified")
}

// drop forgets what is there.
func (p *httpPart) drop() {
	os.Remove(p.infoName())
	p.have, p.info.Validator = 0, ""
	p.file.Seek(0, 0)
}

func (p *httpPart) write(data []byte) error {
	n, err := p.file.Write(data)
	p.have += int64(n)
	if p.direct {
		return cannotWrite(p.path, err)
	}
	return cannotWrite(p.name(), err)
}

// check tells whether all of the file is there.
func (p *httpPart) check() error {
	if p.all >= 0 && p.have != p.all {
		return httpFailed(httpCutShort, "the server sent %d of the file's %d bytes", p.have, p.all)
	}
	return nil
}

// complete gives the file its name.
func (p *httpPart) complete() error {
	if p.direct {
		return nil
	}
	if err := os.Rename(p.name(), p.path); err != nil {
		return cannotWrite(p.path, err)
	}
	os.Remove(p.infoName())
	return nil
}

// close closes the file. What no later download could go on with is removed.
func (p *httpPart) close() {
	if !p.direct && (p.have == 0 || p.info.Validator == "") {
		if mine, err := p.file.Stat(); err == nil {
			if there, err := os.Stat(p.name()); err == nil && os.SameFile(mine, there) {
				os.Remove(p.name())
				os.Remove(p.infoName())
			}
		}
	}
	p.file.Close()
}

// cannotWrite is a failure to write to a path, nil for none.
func cannotWrite(path string, err error) error {
	var errno unix.Errno
	switch {
	case err == nil:
		return nil
	case errors.As(err, &errno):
		return httpError{httpBadFile, fmt.Sprintf("cannot write %s: %s", path, sock.Strerror(int(errno))), int(errno)}
	}
	return httpFailed(httpBadFile, "cannot write %s: %v", path, err)
}
