package php

import (
	"errors"
	"math"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

// errno is the number of an error of the system, or of a look-up.
func errno(err error) int {
	var host *sock.HostError
	var number unix.Errno
	switch {
	case errors.As(err, &host):
		return host.Code
	case errors.As(err, &number):
		return int(number)
	}
	return int(unix.EBADF)
}

// failed is how a function of ext/sockets fails: it warns with a text and the
// system's error, unless the call would just have had to wait, and returns
// false with further results. What ends the task is raised.
func (k call) failed(err error, text string, more ...lua.LValue) int {
	k.raise(err)
	code := errno(err)
	if _, host := err.(*sock.HostError); host {
		text = "Host lookup failed"
	}
	if code != int(unix.EAGAIN) && code != int(unix.EINPROGRESS) {
		k.warn("%s [%d]: %s", text, code, sock.Strerror(code))
	}
	return k.no(more...)
}

// done returns true, or fails.
func (k call) done(err error, text string) int {
	if err != nil {
		return k.failed(err, text)
	}
	return k.True()
}

// number returns how many bytes were sent, or fails.
func (k call) number(n int, err error, text string) int {
	if err != nil {
		return k.failed(err, text)
	}
	return k.Integer(n)
}

func socketLastError(k call) int {
	if k.has(1) {
		return k.Integer(k.socket(1).LastErr())
	}
	return k.Integer(k.net().LastErr)
}

func socketClearError(k call) int {
	if k.has(1) {
		k.socket(1).ClearErr()
	} else {
		k.net().LastErr = 0
	}
	return k.Return(lua.LNil)
}

func socketStrerror(k call) int {
	code := k.int(1)
	if code < math.MinInt32 || code > math.MaxInt32 {
		k.valueError(1, "must be between %d and %d", math.MinInt32, math.MaxInt32)
	}
	return k.Text(sock.Strerror(code))
}
