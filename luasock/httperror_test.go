package luasock

import (
	"context"
	"errors"
	"net/url"
	"testing"
)

// net/http does not say why a connection of HTTP/2 was lost before its first
// request.
func TestHTTPLostBeforeTheRequest(t *testing.T) {
	x := &httpExchange{session: &httpSession{ctx: context.Background()}, clock: newHTTPClock(httpTimeouts{}, nil)}
	defer x.clock.stop()
	x.clock.wants("example.org:443")
	err := x.explain(&url.Error{Op: "Get", URL: "https://example.org", Err: errors.New("http2: client conn could not be established")})
	if want := (httpError{kind: httpLost, text: "the connection to example.org:443 is lost"}); err != want {
		t.Errorf("got %#v, want %#v", err, want)
	}
}

func TestHTTPPlain(t *testing.T) {
	err := errors.New("net/http: HTTP/1.x transport connection broken: net/http: server response headers exceeded 10 bytes; aborted")
	if got, want := plain(err), "server response headers exceeded 10 bytes; aborted"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
