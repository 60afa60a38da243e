package luasock

import (
	"context"
	"io"
	"net/http"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func httpDownload(c bind.Call) int {
	h := newHTTPCall(c)
	url, path := c.Bytes(h.at), c.Bytes(h.at+1)
	if path == "" || strings.ContainsRune(path, 0) {
		c.Wrong(h.at+1, "a path")
	}
	o := h.options(h.at+2, url, http.MethodGet)
	d := &httpDownloading{path: path, bar: hostOf(c).progressOutput(o)}
	a, err := h.exchange(o, d.fetch)
	if err != nil {
		return h.fail(err)
	}
	t := hostOf(c).answerTable(a, false)
	t.RawSetString("resumed", lua.LNumber(d.resumed))
	return c.Return(lua.LNumber(a.size), t)
}

// httpDownloading is a download under way.
type httpDownloading struct {
	path    string
	bar     *os.File // where progress shows; nil for nowhere
	resumed int64    // bytes that an earlier call has left
}

// fetch goes on with the file, or begins it anew.
func (d *httpDownloading) fetch(x *httpExchange, ctx context.Context) (*httpAnswer, error) {
	part, err := openHTTPPart(ctx, d.path, x.to)
	if err != nil {
		return nil, err
	}
	defer part.close()
	resp, err := d.ask(ctx, x, part)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		err = part.restart(resp)
	case http.StatusPartialContent:
		d.resumed = part.have
	default:
		err = httpFailed(httpBadStatus, "the server answered %s", resp.Status)
	}
	if err == nil {
		err = d.copy(x, part, resp)
	}
	if err != nil {
		return nil, err
	}
	a := x.answerOf(resp)
	a.size = part.have
	return a, part.complete()
}

// ask asks for the rest of the file, and for all of it when the answer does not
// fit what is there.
func (d *httpDownloading) ask(ctx context.Context, x *httpExchange, part *httpPart) (*http.Response, error) {
	rest := part.rest()
	resp, err := x.send(ctx, rest)
	if err != nil || rest.Get("Range") == "" || resp.StatusCode == http.StatusOK || part.fits(resp) {
		return resp, err
	}
	if resp.StatusCode != http.StatusPartialContent && resp.StatusCode != http.StatusRequestedRangeNotSatisfiable {
		return resp, nil
	}
	resp.Body.Close()
	part.drop()
	return x.send(ctx, part.rest())
}

// copy writes the body to the file. What was written before an error stays.
func (d *httpDownloading) copy(x *httpExchange, part *httpPart, resp *http.Response) error {
	bar := newHTTPProgress(d.bar, d.path, part.have, resp.ContentLength)
	defer bar.end()
	began := part.have
	body := &httpBody{resp.Body, x.clock, "waiting for the rest of the body"}
	buf := make([]byte, 256<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			if err := part.write(buf[:n]); err != nil {
				return err
			}
			bar.add(n)
		}
		switch {
		case err == io.EOF:
			return part.check()
		case err != nil:
			return cutShort(err, part.have-began, resp.ContentLength)
		}
	}
}
