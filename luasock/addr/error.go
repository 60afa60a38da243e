package addr

import (
	"fmt"
	"strconv"
	"strings"
)

// Error says why something is no address. It is this package's only error:
//
//	path must be at most 107 bytes, got 120
//	path must be without NUL bytes, got "a\x00b"
//	abstract name must be at most 108 bytes, got 120
//	address must be without NUL bytes, got "a\x00b:80"
//	address must be host:port, [host]:port or host, got "[::1"
//	port must be 0 to 65535, got "http"
//	IPv4 socket address must be at least 16 bytes, got 8
//	IPv6 socket address must be at least 28 bytes, got 24
type Error struct {
	What string // the part that is wrong
	Want string // what is valid there
	Got  string // what came: a quoted text, cut at 64 bytes, or a length in bytes
}

// Error returns the message, "what must be want, got got".
func (e *Error) Error() string {
	return e.What + " must be " + e.Want + ", got " + e.Got
}

func tooLong(what string, limit, length int) *Error {
	return &Error{what, fmt.Sprintf("at most %d bytes", limit), strconv.Itoa(length)}
}

func tooShort(what string, least, length int) *Error {
	return &Error{what, fmt.Sprintf("at least %d bytes", least), strconv.Itoa(length)}
}

// quote quotes a text for a message, and cuts a long one.
func quote(text string) string {
	const most = 64
	if len(text) > most {
		return strconv.Quote(text[:most]) + "..."
	}
	return strconv.Quote(text)
}

// escape writes the runes of a name that do not print, bytes that are no
// UTF-8, and the backslash as strconv.Quote does, so that no two names look
// alike. A quotation mark stays as it is.
func escape(name string) string {
	quoted := strconv.Quote(name)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}
