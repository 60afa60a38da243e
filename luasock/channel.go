package luasock

import (
	"fmt"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
)

var channelRows = []bind.Row{
	{Name: "channel", Sig: "channel([capacity=0])", Returns: "Channel", Doc: "Makes a channel, through which tasks pass values. With capacity 0 a sender waits until its value is received.", Fn: taskChannel},
	{Name: "select", Sig: "select(channels [, timeout])", Returns: "Channel? channel, any value, string? message", Doc: "Waits until one of the channels has something, and returns that channel and the value; for a closed one the channel, nil, \"closed\"; nil, \"timeout\".", Fn: taskSelect},
}

var channelClass = &bind.Class{
	Name:   "Channel",
	Doc:    "Passes values between tasks. task.channel makes it.",
	String: func(v any) string { return v.(*channel).String() },
}

var channelMethods = []bind.Row{
	{Name: "send", Sig: "ch:send(value [, timeout])", Returns: "boolean? ok, string? message", Doc: "Passes a value that is not nil. Returns true; nil, \"closed\"; nil, \"timeout\".", Fn: channelSend},
	{Name: "recv", Sig: "ch:recv([timeout])", Returns: "any value, string? message", Doc: "Returns the next value; nil, \"closed\" when the channel is closed and empty; nil, \"timeout\".", Fn: channelRecv},
	{Name: "close", Sig: "ch:close()", Returns: "boolean", Doc: "Ends the channel: what is in it can still be received. Closing again does nothing.", Fn: channelClose},
	{Name: "iter", Sig: "ch:iter()", Returns: "fun(): any", Doc: "For a loop over the values until the channel is closed: for v in ch:iter() do.", Fn: channelIter},
	{Name: "next", Sig: "ch:next()", Returns: "any value, string? message", Doc: "What iter's loop calls: recv without a timeout.", Fn: channelNext},
}

// channel passes values between tasks.
type channel struct {
	vm        *VM
	capacity  int
	buffer    []lua.LValue
	senders   []*handoff
	receivers []*handoff
	closed    bool
}

// handoff is a task that waits to give or to get a value, on one channel or, in
// a select, on several.
type handoff struct {
	task  *loop.Task
	value lua.LValue
	done  bool
	from  *channel // where a select got it
}

func (ch *channel) String() string {
	state := ""
	if ch.closed {
		state = " closed"
	}
	return fmt.Sprintf("channel: %d of %d%s", len(ch.buffer), ch.capacity, state)
}

// take removes the first task of a list that still waits: one that was
// cancelled or timed out in this turn does not, though it has not run yet.
func take(list *[]*handoff) *handoff {
	for len(*list) > 0 {
		h := (*list)[0]
		*list = (*list)[1:]
		if !h.done && h.task.State() == loop.Waiting {
			return h
		}
	}
	return nil
}

// pass completes a handoff and lets its task go on.
func (ch *channel) pass(h *handoff) {
	h.done, h.from = true, ch
	ch.vm.loop.Wake(h.task, nil)
}

// give passes a value without waiting, if that is possible.
func (ch *channel) give(v lua.LValue) bool {
	if r := take(&ch.receivers); r != nil {
		r.value = v
		ch.pass(r)
		return true
	}
	if len(ch.buffer) < ch.capacity {
		ch.buffer = append(ch.buffer, v)
		return true
	}
	return false
}

// get takes a value without waiting, if there is one.
func (ch *channel) get() (lua.LValue, bool) {
	var v lua.LValue
	if len(ch.buffer) > 0 {
		v = ch.buffer[0]
		ch.buffer[0] = nil
		ch.buffer = ch.buffer[1:]
		if s := take(&ch.senders); s != nil {
			ch.buffer = append(ch.buffer, s.value)
			ch.pass(s)
		}
		return v, true
	}
	if s := take(&ch.senders); s != nil {
		ch.pass(s)
		return s.value, true
	}
	return nil, false
}

// wait parks the current task until its handoff is done or a channel closes,
// and takes it off the lists. After an error the handoff was not done.
func (h *handoff) wait(vm *VM, why loop.Why, deadline time.Time, lists ...*[]*handoff) error {
	h.task = vm.loop.Current()
	for _, list := range lists {
		*list = append(*list, h)
	}
	err := vm.loop.Park(why, deadline)
	for _, list := range lists {
		*list = slices.DeleteFunc(*list, func(o *handoff) bool { return o == h })
	}
	return err
}

func taskChannel(c bind.Call) int {
	const most = 1 << 30
	vm := hostOf(c)
	ch := &channel{vm: vm, capacity: c.OptInt(1, 0, 0, most)}
	return c.Return(vm.env.New(channelClass, ch))
}

func channelArg(c bind.Call) *channel { return bind.Object[*channel](c, 1, channelClass) }

func channelSend(c bind.Call) int {
	ch, v, timeout := channelArg(c), c.Arg(2), c.OptSeconds(3, -1)
	if v == lua.LNil {
		c.Wrong(2, "a value other than nil")
	}
	if ch.closed {
		return c.Return(lua.LNil, lua.LString("closed"), bind.Int(0))
	}
	if ch.give(v) {
		return c.True()
	}
	h := &handoff{value: v}
	why := loop.Why{Op: "send", On: ch}
	if err := h.wait(ch.vm, why, ch.vm.loop.Deadline(timeout), &ch.senders); err != nil {
		return c.Fail(err)
	}
	if !h.done {
		return c.Return(lua.LNil, lua.LString("closed"), bind.Int(0))
	}
	return c.True()
}

func channelRecv(c bind.Call) int { return channelArg(c).recv(c, c.OptSeconds(2, -1)) }

func channelNext(c bind.Call) int { return channelArg(c).recv(c, -1) }

func (ch *channel) recv(c bind.Call, timeout time.Duration) int {
	if v, ok := ch.get(); ok {
		return c.Return(v)
	}
	if ch.closed {
		return c.Return(lua.LNil, lua.LString("closed"), bind.Int(0))
	}
	h := &handoff{}
	why := loop.Why{Op: "recv", On: ch}
	if err := h.wait(ch.vm, why, ch.vm.loop.Deadline(timeout), &ch.receivers); err != nil {
		return c.Fail(err)
	}
	if !h.done {
		return c.Return(lua.LNil, lua.LString("closed"), bind.Int(0))
	}
	return c.Return(h.value)
}

func channelClose(c bind.Call) int {
	ch := channelArg(c)
	ch.closed = true
	for _, list := range []*[]*handoff{&ch.senders, &ch.receivers} {
		for _, h := range *list {
			if !h.done {
				h.from = ch
				ch.vm.loop.Wake(h.task, nil)
			}
		}
	}
	return c.True()
}

func channelIter(c bind.Call) int {
	channelArg(c)
	return c.Return(hostOf(c).env.Methods(channelClass).RawGetString("next"), c.Arg(1))
}

func taskSelect(c bind.Call) int {
	list, timeout := c.List(1, "Channels"), c.OptSeconds(2, -1)
	vm := hostOf(c)
	values := map[*channel]lua.LValue{}
	var channels []*channel
	for k, v := range list {
		ch, ok := bind.To[*channel](v)
		if !ok {
			c.Bad(1, "channels must be a list of Channels, got %s at [%d]", bind.Describe(v), k+1)
		}
		channels = append(channels, ch)
		values[ch] = v
	}
	if channels == nil {
		c.Bad(1, "channels must not be empty")
	}
	return vm.selectFrom(c, channels, values, timeout)
}

func (vm *VM) selectFrom(c bind.Call, channels []*channel, values map[*channel]lua.LValue, timeout time.Duration) int {
	lists := make([]*[]*handoff, len(channels))
	for i, ch := range channels {
		if v, ok := ch.get(); ok {
			return c.Return(values[ch], v)
		}
		lists[i] = &ch.receivers
	}
	for _, ch := range channels {
		if ch.closed {
			return c.Return(values[ch], lua.LNil, lua.LString("closed"))
		}
	}
	h := &handoff{}
	if err := h.wait(vm, loop.Why{Op: "select"}, vm.loop.Deadline(timeout), lists...); err != nil {
		return c.Fail(err)
	}
	if !h.done {
		return c.Return(values[h.from], lua.LNil, lua.LString("closed"))
	}
	return c.Return(values[h.from], h.value)
}
