package sock

import (
	"errors"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// hostTexts are PHP's texts of the codes of a HostError.
var hostTexts = map[int]string{
	HostNotFound: "Unknown host",
	TryAgain:     "Host name lookup failure",
	NoRecovery:   "Unknown server error",
	NoAddress:    "No address associated with name",
}

// Strerror is the text of an error number: the system's own, or, below
// -10000, PHP's text of a failed look-up.
func Strerror(code int) string {
	if text, ok := errorTexts[code]; ok {
		return text
	}
	if text, ok := hostTexts[code]; ok {
		return text
	}
	if code < -10000 {
		return "Unknown resolver error"
	}
	if text := syscall.Errno(code).Error(); len(errorTexts) == 0 && code > 0 {
		return text
	}
	return "Unknown error " + strconv.Itoa(code)
}

// Reason is what the system says of an error, without the call and the file that
// Go names; another error's own text.
func Reason(err error) string {
	var errno unix.Errno
	if errors.As(err, &errno) {
		return Strerror(int(errno))
	}
	return err.Error()
}
