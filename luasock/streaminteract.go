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

// errEscape ends the reading side of an interact when the keyboard's has ended.
var errEscape = errors.New("interact is over")

func interact(c bind.Call) int {
	vm, st := hostOf(c), readerArg(c, 1)
	keys, screen := vm.standardStream(0), vm.standardStream(1)
	restore := keys.file.Keys()
	defer restore()
	timeout := st.Timeout()
	st.SetTimeout(stream.Forever)
	defer st.SetTimeout(timeout)

	me, typed := vm.loop.Current(), error(nil)
	typist := vm.loop.Go("interact", func() {
		if typed = typeInto(keys.Stream, st); typed != io.EOF {
			me.Cancel(errEscape)
		}
	})
	defer vm.loop.Shielded(func() {
		typist.Cancel(errEscape)
		typist.Join(time.Time{})
		me.Forgive(errEscape)
	})
	_, err := st.CopyTo(screen.Stream, -1)
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

// typeInto sends what is typed until the escape key (no error) or the end of
// the keyboard's input (io.EOF), after which the peer may go on.
func typeInto(keys, to *stream.Stream) error {
	for {
		p, err := keys.Read(4096)
		if err == io.EOF && !keys.IsClosed() {
			shutDown(to)
		}
		if err != nil {
			return err
		}
		p = bytes.Clone(p) // the write may wait
		end := bytes.IndexByte(p, escapeKey)
		if end >= 0 {
			keys.Unread(p[end+1:])
			p = p[:end]
		}
		if _, err := to.Write(p); err != nil || end >= 0 {
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
