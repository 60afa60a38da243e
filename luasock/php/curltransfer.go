package php

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// curlTransfer is one curl_exec: a request, those to which redirects lead, and
// what comes. It speaks HTTP/1.1 itself, because what curl shows of it, the header
// lines as they came and the bytes of a body that broke off, package net/http
// does not tell. Its connection lasts as long as curl_exec.
type curlTransfer struct {
	k     call
	h     *curlHandle
	began time.Time

	fp     *luasock.Stream // nil without a connection
	to     string          // where fp leads: scheme, host and port
	r      *bufio.Reader   // of fp
	came   bool            // a byte has come since the request was sent
	method string
	body   bool // the request has one
	target *url.URL
	from   string   // the URL whose redirect led to target
	first  *url.URL // whose server credentials are for

	write func(piece string) bool
	answer
}

// answer is what curl_getinfo tells of a request.
type answer struct {
	url            string
	method         string
	protocol       string
	status         int
	head           []string // the lines of the last head, with their endings
	headBytes      int
	sent           int // bytes of heads
	uploaded       int
	bytes          int // of the last body
	length         int // that its head says; -1 for none
	redirects      int
	local, remote  addr.Addr
	connects       int
	errno          int
	dns, connected time.Duration // since the beginning
	secured, ready time.Duration
	firstByte      time.Duration
	total          time.Duration
}

func (f curlFault) Error() string { return f.text }

// run makes the requests.
func (x *curlTransfer) run(target *url.URL) error {
	defer x.hangUp()
	x.target, x.first = target, target
	x.method, x.body = x.h.method(), x.h.sendsBody()
	most := x.h.number(curlMaxRedirs, curlMostRedirs)
	for {
		x.answer.url, x.answer.method = x.target.String(), x.method
		if err := x.exchange(); err != nil {
			return err
		}
		location := x.field("Location")
		if !x.follows() || location == "" {
			return nil
		}
		if most >= 0 && x.redirects >= most {
			return curlFault{47, fmt.Sprintf("Maximum (%d) redirects followed", most)}
		}
		next, err := x.target.Parse(strings.ReplaceAll(location, " ", "%20"))
		if err != nil {
			return curlFault{3, curlTexts[3]}
		}
		next.Fragment = ""
		if fault := checkURL(next); fault.code != 0 {
			return fault
		}
		x.redirects++
		x.redirect()
		x.from, x.target = x.target.String(), next
	}
}

// follows tells whether the answer is a redirect that is to be followed.
func (x *curlTransfer) follows() bool {
	return x.h.on(curlFollow) && x.status/100 == 3
}

// redirect is what a redirect makes of the method and the body.
func (x *curlTransfer) redirect() {
	kept := map[int]int{301: 1, 302: 2, 303: 4}[x.status] // CURL_REDIR_POST_…
	if !x.body || kept == 0 || x.h.number(curlPostRedir, 0)&kept != 0 {
		return
	}
	x.body = false
	if x.h.text(curlCustomRequest) == "" {
		x.method = "GET"
	}
}

// checkURL is the fault of a URL that HTTP cannot have.
func checkURL(u *url.URL) curlFault {
	port := 0
	if u.Port() != "" {
		n, err := addr.ParsePort(u.Port())
		if err != nil {
			return curlFault{3, curlTexts[3]}
		}
		port = n
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return curlFault{1, fmt.Sprintf("Protocol \"%s\" not supported or disabled in libcurl", u.Scheme)}
	case u.Hostname() == "" || u.Port() != "" && port == 0:
		return curlFault{3, curlTexts[3]}
	}
	if u.Path == "" {
		u.Path = "/"
	}
	return curlFault{}
}

// exchange makes one request. A kept connection that its peer had closed
// meanwhile is replaced.
func (x *curlTransfer) exchange() error {
	for {
		fresh, err := x.connect()
		if err != nil {
			return err
		}
		x.came = false
		err = x.send()
		if err == nil {
			err = x.receive()
		}
		if err == nil || fresh || x.came {
			return x.explained(err)
		}
		x.hangUp()
	}
}

// explained makes curl's fault of an error of the connection's.
func (x *curlTransfer) explained(err error) error {
	var fault curlFault
	switch {
	case err == nil, errors.As(err, &fault):
		return err
	case errors.Is(err, loop.ErrTimeout):
		return x.timedOut()
	case errors.Is(err, unix.ECONNRESET):
		x.errno = int(unix.ECONNRESET)
		return curlFault{56, "Recv failure: Connection reset by peer"}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return curlFault{52, "Empty reply from server"}
	}
	x.k.raise(err)
	return curlFault{56, "Recv failure: " + err.Error()}
}

// timedOut says how far the request had come.
func (x *curlTransfer) timedOut() error {
	ms := time.Since(x.began).Milliseconds()
	if x.length > 0 {
		return curlFault{28, fmt.Sprintf("Operation timed out after %d milliseconds with %d out of %d bytes received", ms, x.bytes, x.length)}
	}
	return curlFault{28, fmt.Sprintf("Operation timed out after %d milliseconds with %d bytes received", ms, x.bytes)}
}

// end is when the request must have ended; the zero Time: never.
func (x *curlTransfer) end() time.Time {
	if ms := x.h.limit(); ms > 0 {
		return x.began.Add(time.Duration(ms) * time.Millisecond)
	}
	return time.Time{}
}

// hangUp ends the connection.
func (x *curlTransfer) hangUp() {
	if x.fp != nil && !x.fp.IsClosed() {
		x.fp.Close()
	}
	x.fp = nil
}
