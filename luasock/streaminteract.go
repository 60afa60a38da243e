package luasock

import (
	"bytes"
	"errors"
	"io"
	"time"

	"sockscript/luasock/bind"
	"sockscript/luasock/stream"
)

var interactMethods = []bind.Row{
	{Name: "interact", Sig: "fp:interact()", Returns: "boolean or error", Doc: "Hands the connection to the person at the keyboard: what is typed is sent, what comes is shown. Returns true at Ctrl-], and nil, \"closed\", 0 when the peer closes.", Fn: interact},
}

// escapeKey ends interact: Ctrl-].
const escapeKey = 0x1d

// errKeysClosed says that a script has closed standard input.
var errKeysClosed = errors.New("standard input is closed")

// errEscape ends the reading side of an interact when the keyboard's has ended.
var errEscape = errors.New("interact is over")

func interact(c bind.Call) int {
	vm, st := hostOf(c), readerArg(c, 1)
	next, done := vm.typist()
	defer done()
	timeout := st.Timeout()
	st.SetTimeout(stream.Forever)
	defer st.SetTimeout(timeout)

	me, typed := vm.loop.Current(), error(nil)
	typist := vm.loop.Go("interact", func() {
		if typed = typeInto(next, st); typed != io.EOF {
			me.Cancel(errEscape)
		}
	})
	defer vm.loop.Shielded(func() {
		typist.Cancel(errEscape)
		typist.Join(time.Time{})
		me.Forgive(errEscape)
	})
	_, err := st.CopyTo(vm.standardStream(1).Stream, -1)
	switch {
	case err == nil:
		err = io.EOF
	case err == errEscape && typed == nil:
		return c.True()
	case err == errEscape:
		err = typed
	}
	return streamFail(c, err)
}

// typist gives what is typed next, as Options.Typist has it. done gives the
// terminal back.
func (vm *VM) typist() (next func() (p []byte, more bool, err error), done func()) {
	if vm.options.Typist != nil {
		if next, done := vm.options.Typist(); next != nil {
			return next, done
		}
	}
	keys := vm.standardStream(0)
	return func() (p []byte, more bool, err error) {
		if p, err = keys.Read(4096); err == io.EOF && keys.IsClosed() {
			return nil, false, errKeysClosed
		}
		p = bytes.Clone(p) // the write may wait
		end := bytes.IndexByte(p, escapeKey)
		if end < 0 {
			return p, err == nil, err
		}
		keys.Unread(p[end+1:])
		return p[:end], false, nil
	}, keys.file.Keys()
}

// typeInto sends what is typed until there is no more: no error after the escape
// key; io.EOF at the end of the keyboard's input, after which the peer may go on.
func typeInto(next func() ([]byte, bool, error), to *stream.Stream) error {
	for {
		p, more, err := next()
		switch {
		case err == errKeysClosed:
			return io.EOF
		case err == io.EOF:
			shutDown(to)
		}
		if err == io.EOF && more {
			continue
		}
		if err != nil {
			return err
		}
		if _, err := to.Write(p); err != nil || !more {
			return err
		}
	}
}

// shutDown tells the peer that no more will be sent, where that can be told.
func shutDown(st *stream.Stream) {
	if t, ok := st.Transport().(interface{ Shutdown(how int) error }); ok {
		t.Shutdown(1)
	}
}
