package luasock

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/hexdump"
	"sockscript/luasock/stream"
)

// expectMethods are those of Streams, and of Sockets, whose buffer they use.
var expectMethods = append([]bind.Row{
	{Name: "read_exactly", Sig: "fp:read_exactly(n)", Returns: "string or error", Doc: "Waits for n bytes and returns them. When the stream ends before, nil, \"closed\", 0, and what came stays readable.", Fn: readExactly},
	{Name: "read_until", Sig: "fp:read_until(what [, max])", Returns: "string or error", Doc: "Returns everything up to and with what: a text, {pattern = a Lua pattern}, or a function that is given the buffer and returns the length to take, or nil for more. Without it in the first max bytes (128 MB, of a pattern or function 4 MB): nil, a message, EMSGSIZE, and they stay readable.", Fn: readUntil},
	{Name: "read_all", Sig: "fp:read_all([max])", Returns: "string or error", Doc: "Returns everything up to the end, or max bytes. Without max that is at most 1 GB: beyond it nil, a message, EMSGSIZE.", Fn: readAll},
	{Name: "read_line", Sig: "fp:read_line([keep_ending=false])", Returns: "string or error", Doc: "Returns a line without its ending, \"\\n\" or \"\\r\\n\"; at the end what is left. A line of more than 128 MB is nil, a message, EMSGSIZE.", Fn: readLine},
	{Name: "peek", Sig: "fp:peek(n)", Returns: "string or error", Doc: "Waits for n bytes and returns them without taking them; at the end they may be fewer.", Fn: peek},
	{Name: "unread", Sig: "fp:unread(data)", Returns: "boolean", Doc: "Puts data back before what is still to be read.", Fn: unread},
	{Name: "buffered", Sig: "fp:buffered()", Returns: "integer", Doc: "Returns the number of bytes that can be read without asking the system.", Fn: buffered},
	{Name: "drain", Sig: "fp:drain([idle_seconds=0.1])", Returns: "integer or error", Doc: "Throws away what comes until it has been quiet for idle_seconds, and returns the number of bytes.", Fn: drain},
	{Name: "expect", Sig: "fp:expect(what [, timeout])", Returns: "string", Doc: "Is read_until that raises when what does not come, within timeout seconds if given; the message shows what was awaited, what came, and how long it waited.", Fn: expect},
	{Name: "send_after", Sig: "fp:send_after(what, data)", Returns: "string or error", Doc: "Waits for what as read_until does, sends data, and returns what came.", Fn: sendAfter},
}, interactMethods...)

func readExactly(c bind.Call) int {
	st, n := readerArg(c, 1), lengthArg(c, 2, 0)
	p, err := st.ReadExactly(n)
	return streamData(c, p, err)
}

func readUntil(c bind.Call) int {
	st, u := readerArg(c, 1), untilArg(c, 2)
	if c.Has(3) {
		u.Max = lengthArg(c, 3, 1)
	}
	p, err := st.ReadUntil(u)
	return streamData(c, p, err)
}

func readAll(c bind.Call) int {
	st, most := readerArg(c, 1), optLengthArg(c, 2, -1, 0)
	p, err := st.Contents(most)
	return streamData(c, p, err)
}

func readLine(c bind.Call) int {
	st := readerArg(c, 1)
	var p []byte
	var err error
	if c.Has(2) && c.Bool(2) {
		p, err = st.Gets(math.MaxInt)
	} else {
		p, err = st.ReadLine()
	}
	return streamData(c, p, err)
}

func peek(c bind.Call) int {
	st, n := readerArg(c, 1), lengthArg(c, 2, 0)
	p, err := st.Peek(n)
	return streamData(c, p, err)
}

func unread(c bind.Call) int {
	if err := readerArg(c, 1).Unread(bytesOf(c, 2)); err != nil {
		return streamFail(c, err)
	}
	return c.True()
}

func buffered(c bind.Call) int { return c.Integer(readerArg(c, 1).Buffered()) }

func drain(c bind.Call) int {
	st, idle := readerArg(c, 1), c.OptSeconds(2, 100*time.Millisecond)
	n, err := st.Drain(idle)
	return streamNumber(c, n, err)
}

func sendAfter(c bind.Call) int {
	st, u, data := readerArg(c, 1), untilArg(c, 2), bytesOf(c, 3)
	p, err := st.ReadUntil(u)
	if err != nil {
		return streamFail(c, err)
	}
	came := lua.LString(p) // before other tasks read
	if s, ok := bind.To[*Socket](c.Arg(1)); ok {
		_, err = s.Send(data, 0)
	} else {
		_, err = st.Write(data)
	}
	if err != nil {
		return streamFail(c, err)
	}
	return c.Return(came)
}

// mostSearched is how many bytes a pattern or function is given unless the script
// says otherwise: it begins anew with each piece that comes.
const mostSearched = 4 << 20

// untilArg reads what to wait for, argument i.
func untilArg(c bind.Call, i int) stream.Until {
	u := stream.Until{Match: matchArg(c, i)}
	if _, text := c.Arg(i).(lua.LString); !text {
		u.Max = mostSearched
	}
	return u
}

// matchArg reads what tells whether it has come.
func matchArg(c bind.Call, i int) stream.Match {
	switch what := c.Arg(i).(type) {
	case lua.LString:
		if what == "" {
			c.Wrong(i, "a text that is not empty")
		}
		return stream.Text([]byte(what))
	case *lua.LTable:
		f := c.Fields(i)
		f.Only("pattern")
		return matchPattern(c, f.Bytes("pattern"))
	case *lua.LFunction:
		return matchFunction(c, what)
	}
	c.Wrong(i, "a string, {pattern = …} or a function")
	return nil
}

// matchPattern asks the VM's string.find.
func matchPattern(c bind.Call, pattern string) stream.Match {
	find := c.L.GetField(c.L.GetMetatable(lua.LString("")), "__index")
	fn := c.L.GetField(find, "find")
	match := func(buf []byte) (int, bool) {
		c.L.Push(fn)
		c.L.Push(lua.LString(buf))
		c.L.Push(lua.LString(pattern))
		c.L.Call(2, 2)
		end, ok := c.L.Get(-1).(lua.LNumber)
		c.L.Pop(2)
		return int(end), ok
	}
	match(nil) // a malformed one raises now, and not when something comes
	return match
}

// matchFunction asks a function of the script's for the length to take.
func matchFunction(c bind.Call, fn *lua.LFunction) stream.Match {
	return func(buf []byte) (int, bool) {
		c.L.Push(fn)
		c.L.Push(lua.LString(buf))
		c.L.Call(1, 1)
		v := c.L.Get(-1)
		c.L.Pop(1)
		if v == lua.LNil || v == lua.LFalse {
			return 0, false
		}
		number, ok := v.(lua.LNumber)
		n, whole := bind.Whole(number)
		if !ok || !whole || n < 0 || n > len(buf) {
			c.Raise("%s: the function must return nil or a length of 0 to %d, got %s", c.Name(), len(buf), bind.Describe(v))
		}
		return n, true
	}
}

func expect(c bind.Call) int {
	st, u := readerArg(c, 1), untilArg(c, 2)
	began, before := time.Now(), st.Buffered()
	var left []byte
	u.Failed = func(buf []byte) { left = append(left, buf...) }
	if c.Has(3) {
		u.Limit = hostOf(c).loop.Deadline(c.Seconds(3))
	}
	p, err := st.ReadUntil(u)
	if err == nil {
		return c.Text(string(p))
	}
	if v := judge(err); v.Raise != nil || errors.Is(err, stream.ErrReading) {
		return streamFail(c, err)
	}
	c.Raise("%s", unexpected{awaited(c.Arg(2)), left, before, time.Since(began), judge(err).Message})
	return 0
}

// awaited says what expect waited for.
func awaited(what lua.LValue) string {
	switch what := what.(type) {
	case lua.LString:
		return strconv.Quote(string(what))
	case *lua.LTable:
		return "the pattern " + strconv.Quote(lua.LVAsString(what.RawGetString("pattern")))
	case *lua.LFunction:
		return fmt.Sprintf("what the function of %s:%d wants", what.Proto.SourceName, what.Proto.LineDefined)
	}
	return what.String()
}

// unexpected is the message of an expect that was in vain.
type unexpected struct {
	awaited string
	left    []byte // what is unread
	before  int    // how much of it was there when the wait began
	waited  time.Duration
	reason  string
}

// String is a line about the wait and one, with a dump, about what is unread.
func (u unexpected) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "expect: %s did not come: %s after %.3f s", u.awaited, u.reason, u.waited.Seconds())
	came := len(u.left) - min(u.before, len(u.left))
	fmt.Fprintf(&b, "\n  came: %s", excerpt(u.left[len(u.left)-came:]))
	if came < len(u.left) {
		fmt.Fprintf(&b, "\n  was there before: %s", excerpt(u.left[:len(u.left)-came]))
	}
	if len(u.left) == 0 {
		b.WriteString("\n  unread: nothing")
		return b.String()
	}
	fmt.Fprintf(&b, "\n  unread: %d bytes", len(u.left))
	const most = 256
	offset := max(0, len(u.left)-most)
	if offset > 0 {
		fmt.Fprintf(&b, ", the last %d of them", most)
	}
	dump := hexdump.Dump(string(u.left[offset:]), hexdump.Options{Offset: offset})
	b.WriteString("\n    " + strings.ReplaceAll(dump, "\n", "\n    "))
	return b.String()
}

// excerpt is a length and a quoted text, of a long one the end.
func excerpt(p []byte) string {
	const most = 200
	switch {
	case len(p) == 0:
		return "nothing"
	case len(p) > most:
		return fmt.Sprintf("%d bytes, …%q", len(p), p[len(p)-most:])
	}
	return fmt.Sprintf("%d bytes, %q", len(p), p)
}
