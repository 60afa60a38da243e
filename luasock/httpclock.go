package luasock

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http/httptrace"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// httpClock measures the parts of one request and cancels it when one takes too
// long. Its methods may be called by any goroutine: net/http tells it from
// several.
type httpClock struct {
	limits httpTimeouts
	cancel context.CancelCauseFunc

	mu        sync.Mutex
	start     time.Time
	doing     string    // what is being done, for the message
	phase     httpPhase // in which the request is
	since     time.Time
	timer     *time.Timer // that ends the phase
	total     *time.Timer
	connected bool // what dials tell is of another request's connection
	stopped   bool
	remote    net.Addr // of the connection
	spent     httpTimeouts
	before    httpTimeouts // spent, before the present attempt
}

// newHTTPClock starts the clock of a request.
func newHTTPClock(limits httpTimeouts, cancel context.CancelCauseFunc) *httpClock {
	now := time.Now()
	k := &httpClock{limits: limits, cancel: cancel, start: now}
	if limits[httpTotal] > 0 {
		k.total = time.AfterFunc(limits[httpTotal], k.expire)
	}
	k.enter(httpIdle, "beginning")
	return k
}

// enter begins a phase, which ends the one before it. Within httpIdle it begins
// anew.
func (k *httpClock) enter(phase httpPhase, doing string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begin(phase, doing)
}

func (k *httpClock) begin(phase httpPhase, doing string) {
	if k.stopped { // a goroutine of net/http's is late
		return
	}
	k.leave()
	k.phase, k.doing, k.since = phase, doing, time.Now()
	if limit := k.limits[phase]; limit > 0 {
		k.timer = time.AfterFunc(limit, k.expire)
	}
}

func (k *httpClock) leave() {
	if k.timer != nil {
		k.timer.Stop()
		k.timer = nil
	}
	if !k.since.IsZero() {
		k.spent[k.phase] += time.Since(k.since)
	}
}

// expire is called by the timers.
func (k *httpClock) expire() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.cancel(httpError{httpTimedOut, "timeout while " + k.doing, int(unix.ETIMEDOUT)})
}

// stop ends the last phase and returns how long each took, and with whom it was.
func (k *httpClock) stop() (httpTimeouts, net.Addr) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.leave()
	if k.total != nil {
		k.total.Stop()
	}
	k.stopped, k.since = true, time.Time{}
	k.spent[httpTotal] = time.Since(k.start)
	return k.spent, k.remote
}

// dialing is enter for a connection in the making, unless the request has got
// another meanwhile.
func (k *httpClock) dialing(phase httpPhase, doing string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.connected {
		k.begin(phase, doing)
	}
}

// wants begins an attempt: the request, or one after a redirect, wants a
// connection.
func (k *httpClock) wants(hostPort string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.connected = false
	k.begin(httpConnect, "connecting to "+hostPort)
	k.before = k.spent
}

// got says that there is a connection. One that was there took no time.
func (k *httpClock) got(i httptrace.GotConnInfo) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.connected, k.remote = true, i.Conn.RemoteAddr()
	k.begin(httpIdle, httpSending)
	if i.Reused {
		copy(k.spent[:httpFirstByte], k.before[:httpFirstByte])
	}
}

// is tells whether the request is, or has stopped, in a phase.
func (k *httpClock) is(phase httpPhase) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.phase == phase
}

// hasConnection tells whether there is a connection for the present attempt.
func (k *httpClock) hasConnection() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.connected
}

// trace has net/http tell the clock. The look-ups and connects are told by
// httpDial. Each redirect goes through all of it again.
func (k *httpClock) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn:  k.wants,
		DNSStart: func(i httptrace.DNSStartInfo) { k.dialing(httpDNS, "looking up "+i.Host) },
		DNSDone:  func(httptrace.DNSDoneInfo) {},
		ConnectStart: func(_, address string) {
			k.dialing(httpConnect, "connecting to "+address)
		},
		ConnectDone:          func(_, _ string, _ error) {},
		TLSHandshakeStart:    func() { k.dialing(httpTLS, "waiting for the TLS handshake") },
		TLSHandshakeDone:     func(tls.ConnectionState, error) {},
		GotConn:              k.got,
		WroteRequest:         func(httptrace.WroteRequestInfo) { k.wrote() },
		GotFirstResponseByte: func() { k.enter(httpIdle, "waiting for the rest of the answer") },
	}
}

// wrote begins the wait for an answer, which may have come before all was sent.
func (k *httpClock) wrote() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.doing == httpSending {
		k.begin(httpFirstByte, "waiting for the first byte")
	}
}

const httpSending = "sending the request"

// httpBody is a body that tells the clock of every piece.
type httpBody struct {
	io.Reader
	clock *httpClock
	doing string
}

func (b *httpBody) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.clock.enter(httpIdle, b.doing)
	return n, err
}
