package php

import (
	"math"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

var selectRows = []bind.Row{
	differs(row("socket_select(?array &$read, ?array &$write, ?array &$except, ?int $seconds, int $microseconds = 0): int|false", "Waits until one of the sockets is ready; read, write and except come back with those that are.", socketSelect),
		"any number of descriptors (D9); a list comes back as a list, counted anew from 1"),
	differs(row("stream_select(?array &$read, ?array &$write, ?array &$except, ?int $seconds, ?int $microseconds = null): int|false", "Waits until one of the streams is ready; read, write and except come back with those that are.", streamSelect),
		"an element that is no open stream throws (D18); any number of descriptors; a list comes back as a list, counted anew from 1"),
}

// selection is what a select was asked: an entry for each element.
type selection struct {
	ready []sock.Ready
	keys  []lua.LValue
	value []lua.LValue
	list  []int // the argument in which it stood: 1, 2, 3
}

var selectEvents = [...]loop.Event{loop.In, loop.Out, loop.Pri}

// add takes in the elements of argument i; element says what one is.
func (q *selection) add(k call, i int, element func(v lua.LValue, want loop.Event) sock.Ready) {
	t := k.table(i)
	if t == nil {
		return
	}
	each(t, func(key, v lua.LValue) {
		q.ready = append(q.ready, element(v, selectEvents[i-1]))
		q.keys, q.value, q.list = append(q.keys, key), append(q.value, v), append(q.list, i)
	})
}

// each visits the elements of an array, its list part in order.
func each(t *lua.LTable, visit func(key, v lua.LValue)) {
	n := t.Len()
	for i := 1; i <= n; i++ {
		if v := t.RawGetInt(i); v != lua.LNil {
			visit(lua.LNumber(i), v)
		}
	}
	t.ForEach(func(key, v lua.LValue) {
		if i, ok := key.(lua.LNumber); !ok || i < 1 || i > lua.LNumber(n) || i != lua.LNumber(int(i)) {
			visit(key, v)
		}
	})
}

// isListTable tells whether an array has the keys 1 to n and no others.
func isListTable(t *lua.LTable) bool {
	list, n := true, lua.LNumber(t.Len())
	t.ForEach(func(key, _ lua.LValue) {
		i, ok := key.(lua.LNumber)
		list = list && ok && i >= 1 && i <= n && i == lua.LNumber(int(i))
	})
	return list
}

// answer returns how many elements are ready and, for each array that was given,
// an array of those.
func (q *selection) answer(k call) int {
	var arrays [4]lua.LValue
	for i := 1; i <= 3; i++ {
		arrays[i] = lua.LNil
		if k.table(i) != nil {
			arrays[i] = k.L.NewTable()
		}
	}
	type seen struct {
		list, fd int
	}
	counted := map[seen]bool{}
	for n, r := range q.ready {
		if r.Got == 0 {
			continue
		}
		i := q.list[n]
		counted[seen{i, r.N}] = true
		to := arrays[i].(*lua.LTable)
		if isListTable(k.table(i)) {
			to.Append(q.value[n])
		} else {
			to.RawSet(q.keys[n], q.value[n])
		}
	}
	arrays[0] = bind.Int(len(counted))
	return k.Return(arrays[:]...)
}

// untouched returns false and the arrays as they were.
func (k call) untouched() int { return k.no(k.arg(1), k.arg(2), k.arg(3)) }

func socketSelect(k call) int {
	var q selection
	for i := 1; i <= 3; i++ {
		q.add(k, i, func(v lua.LValue, want loop.Event) sock.Ready { return k.selectable(i, v, want) })
	}
	if len(q.ready) == 0 {
		k.throw("ValueError", "socket_select(): At least one array argument must be passed")
	}
	deadline := time.Time{}
	if k.has(4) {
		sec, usec := k.int(4), k.int(5)
		if usec > 999999 {
			sec, usec = sec+usec/1000000, usec%1000000
		}
		if sec < 0 || usec < 0 {
			k.net().LastErr = int(unix.EINVAL)
			k.warn("Unable to select [22]: Invalid argument")
			return k.untouched()
		}
		deadline = k.vm().Loop().Deadline(span(sec, usec))
	}
	if err := k.net().Select(q.ready, deadline); err != nil {
		k.raise(err)
		k.warn("Unable to select [%d]: %s", errno(err), sock.Strerror(errno(err)))
		return k.untouched()
	}
	return q.answer(k)
}

// span is seconds and microseconds as a Duration, at most Forever.
func span(sec, usec int) time.Duration {
	const most = math.MaxInt64/int64(time.Second) - 1
	if int64(sec) >= most {
		return bind.Forever
	}
	return time.Duration(sec)*time.Second + time.Duration(usec)*time.Microsecond
}

// selectable is an element of argument i of socket_select, an open Socket.
func (k call) selectable(i int, v lua.LValue, want loop.Event) sock.Ready {
	s, ok := luasock.SocketOf(v)
	switch {
	case !ok:
		k.typeError(i, "must only have elements of type Socket, %s given", typeName(v))
	case s.IsClosed():
		k.typeError(i, "contains a closed socket")
	}
	return s.Ready(want)
}

func streamSelect(k call) int {
	var q selection
	buffered := false
	for i := 1; i <= 3; i++ {
		q.add(k, i, func(v lua.LValue, want loop.Event) sock.Ready {
			fp, ok := luasock.StreamOf(v)
			if !ok || fp.IsClosed() {
				k.throw("TypeError", "stream_select(): supplied resource is not a valid stream resource")
			}
			r := fp.Ready(want)
			buffered = buffered || want == loop.In && r.Buffered
			return r
		})
	}
	if len(q.ready) == 0 {
		k.throw("ValueError", "No stream arrays were passed")
	}
	deadline := k.streamDeadline()
	if buffered {
		q.onlyBuffered()
		return q.answer(k)
	}
	if err := k.net().Select(q.ready, deadline); err != nil {
		k.raise(err)
		k.warn("Unable to select [%d]: %s", errno(err), sock.Strerror(errno(err)))
		return k.untouched()
	}
	return q.answer(k)
}

// streamDeadline reads seconds and microseconds of stream_select; the zero Time
// is never.
func (k call) streamDeadline() time.Time {
	sec, usec := k.int(4), k.int(5)
	switch {
	case !k.has(4) && usec != 0:
		k.valueError(5, "must be null when argument #4 ($seconds) is null")
	case !k.has(4):
		return time.Time{}
	case sec < 0:
		k.valueError(4, "must be greater than or equal to 0")
	case usec < 0:
		k.valueError(5, "must be greater than or equal to 0")
	}
	return k.vm().Loop().Deadline(span(sec+usec/1000000, usec%1000000))
}

// onlyBuffered finds ready what has bytes that were read ahead, and nothing else:
// so does PHP, without asking the system.
func (q *selection) onlyBuffered() {
	for n := range q.ready {
		r := &q.ready[n]
		if r.Want == loop.In && r.Buffered {
			r.Got = loop.In
		}
	}
}
