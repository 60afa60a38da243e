// Package trace shows what went over the wire. What it has are observers, for
// luasock.Options.Observe: [Text] prints each call on a socket as it ends, a
// [Record] keeps the last calls of each socket until somebody asks. [Tee] joins
// several.
//
// An observer is called on the goroutine that owns the loop, between two steps of
// the script, and must not wait: a writer that blocks stops every task.
//
// Where a socket has TLS, and somebody tells of its plaintext as "tls read" and
// "tls write", that is shown in place of the ciphertext.
package trace

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

// Tee returns an observer that tells each of the observers in turn; nil ones are
// passed over. Of none it is nil.
func Tee(observers ...func(sock.Event)) func(sock.Event) {
	var list []func(sock.Event)
	for _, o := range observers {
		if o != nil {
			list = append(list, o)
		}
	}
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return func(e sock.Event) {
		for _, o := range list {
			o(e)
		}
	}
}

// Direction is where the bytes of a call went.
type Direction int8

const (
	Neither Direction = iota // the call moves none
	In
	Out
)

// DirectionOf tells the direction from the Op of an Event.
func DirectionOf(op string) Direction {
	switch strings.TrimPrefix(op, tlsPrefix) {
	case "recv", "recvfrom", "recvmsg", "read":
		return In
	case "send", "sendto", "sendmsg", "write":
		return Out
	}
	return Neither
}

// tlsPrefix begins the Op of an Event whose Data were or will be encrypted.
const tlsPrefix = "tls "

func isTLS(op string) bool { return strings.HasPrefix(op, tlsPrefix) }

// errorText is an error as a script sees it.
func errorText(err error) string {
	var errno unix.Errno
	switch {
	case errors.Is(err, io.EOF):
		return "closed"
	case errors.Is(err, sock.ErrClosed), errors.Is(err, sock.ErrClosedUnder):
		return "socket is closed"
	case errors.As(err, &errno):
		return sock.Strerror(int(errno))
	}
	return err.Error()
}
