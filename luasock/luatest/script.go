package luatest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/spell"
)

var scriptRows = []bind.Row{
	{Name: "script", Sig: "script(stream, steps)", Returns: "string[]", Doc: "Has a conversation: each step is {send = data}, {expect = what [, timeout = 5]} as Stream:expect takes it, {wait = seconds}, {eof = true [, timeout = 5]} when the peer is to close, or {close = true}. Returns a list of what the expects got. An error names the step.", Fn: testScript},
}

// stepPatience is how long a step waits for the peer unless it says otherwise.
const stepPatience = 5.0

// stepKinds are the keys of which each step has one.
var stepKinds = []string{"send", "expect", "wait", "eof", "close"}

// conversation is a script that runs.
type conversation struct {
	c      bind.Call
	vm     *luasock.VM
	stream lua.LValue
	steps  *lua.LTable
	got    *lua.LTable
}

func testScript(c bind.Call) int {
	if ud, ok := c.Arg(1).(*lua.LUserData); !ok || c.L.GetField(ud, "expect") == lua.LNil {
		c.Wrong(1, "a Stream or a Socket")
	}
	v := &conversation{c, c.Host().(*luasock.VM), c.Arg(1), c.Table(2), c.L.NewTable()}
	kinds := make([]string, v.steps.Len())
	for i := range kinds {
		kinds[i] = v.kind(i + 1)
	}
	for i, kind := range kinds {
		step := v.steps.RawGetInt(i + 1).(*lua.LTable)
		if problem := v.run(kind, step); problem != "" {
			c.Raise("test.script: step %d of %d (%s): %s", i+1, len(kinds), stepText(kind, step), problem)
		}
	}
	return c.Return(v.got)
}

// kind is the key by which a step says what it does.
func (v *conversation) kind(i int) string {
	step, ok := v.steps.RawGetInt(i).(*lua.LTable)
	if !ok {
		v.c.Bad(2, "steps[%d] must be a table, got %s", i, bind.Describe(v.steps.RawGetInt(i)))
	}
	found := ""
	step.ForEach(func(k, _ lua.LValue) {
		name := lua.LVAsString(k)
		switch {
		case name == "timeout":
		case !slices.Contains(stepKinds, name):
			v.unknown(i, k, name)
		case found != "":
			v.c.Bad(2, "steps[%d] has both %s and %s: one a step", i, min(found, name), max(found, name))
		default:
			found = name
		}
	})
	if found == "" {
		v.c.Bad(2, "steps[%d] must have one of %s", i, strings.Join(stepKinds, ", "))
	}
	v.check(i, found, step)
	return found
}

// unknown raises: a step has a key that there is not.
func (v *conversation) unknown(i int, k lua.LValue, name string) {
	hint := ""
	if best := spell.Nearest(name, slices.Values(stepKinds)); best != "" {
		hint = fmt.Sprintf("did you mean %q? ", best)
	}
	v.c.Bad(2, "steps[%d] has an unknown key %s; %svalid are %s, timeout", i, bind.Describe(k), hint, strings.Join(stepKinds, ", "))
}

// check raises when a step's value is of the wrong kind.
func (v *conversation) check(i int, kind string, step *lua.LTable) {
	value, want := step.RawGetString(kind), ""
	switch kind {
	case "send":
		if value.Type() != lua.LTString {
			want = "a string"
		}
	case "expect":
		if t := value.Type(); t != lua.LTString && t != lua.LTTable && t != lua.LTFunction || value == lua.LString("") {
			want = "a text that is not empty, {pattern = …} or a function"
		}
	case "wait":
		if n, ok := value.(lua.LNumber); !ok || !(n >= 0) {
			want = "0 seconds or more"
		}
	default:
		if value != lua.LTrue {
			want = "true"
		}
	}
	if want != "" {
		v.c.Bad(2, "steps[%d].%s must be %s, got %s", i, kind, want, bind.Describe(value))
	}
	if timeout := step.RawGetString("timeout"); timeout != lua.LNil {
		if n, ok := timeout.(lua.LNumber); !ok || !(n >= 0) {
			v.c.Bad(2, "steps[%d].timeout must be 0 seconds or more, got %s", i, bind.Describe(timeout))
		}
	}
}

// run takes a step, and says what went wrong.
func (v *conversation) run(kind string, step *lua.LTable) string {
	timeout := lua.LValue(lua.LNumber(stepPatience))
	if t := step.RawGetString("timeout"); t != lua.LNil {
		timeout = t
	}
	value := step.RawGetString(kind)
	switch kind {
	case "send":
		_, problem := v.method("write", value)
		return problem
	case "expect":
		got, problem := v.method("expect", value, timeout)
		v.got.Append(got)
		return problem
	case "wait":
		v.c.Done(v.vm.Loop().Sleep(bind.Duration(float64(value.(lua.LNumber)))))
		v.c.L.Pop(1)
	case "eof":
		return v.eof(bind.Duration(float64(timeout.(lua.LNumber))))
	case "close":
		_, problem := v.method("close")
		return problem
	}
	return ""
}

// eof waits for the peer's end.
func (v *conversation) eof(timeout time.Duration) string {
	var got lua.LValue
	var problem string
	if v.vm.Loop().Within(timeout, func() { got, problem = v.method("read_exactly", lua.LNumber(1)) }) {
		return fmt.Sprintf("the peer has not closed within %v", timeout)
	}
	switch {
	case problem == "closed":
		return ""
	case problem != "":
		return problem
	}
	v.method("unread", got)
	n, _ := v.method("buffered")
	rest, _ := v.method("peek", n)
	return fmt.Sprintf("the peer has sent %q instead", cutText(lua.LVAsString(rest)))
}

// method calls a method of the stream. The problem is what it raised, or the
// message of its failure. A cancel is raised in the script's task.
func (v *conversation) method(name string, args ...lua.LValue) (lua.LValue, string) {
	L := v.c.L
	results, err := v.vm.Call(L, L.GetField(v.stream, name), append([]lua.LValue{v.stream}, args...)...)
	if err != nil {
		value := err.(*luasock.Error).Value
		text, ok := value.(lua.LString)
		if !ok {
			L.Error(value, 0)
		}
		return lua.LNil, unplaced(string(text))
	}
	if len(results) > 1 && results[0] == lua.LNil {
		return lua.LNil, lua.LVAsString(results[1])
	}
	if len(results) == 0 {
		return lua.LNil, ""
	}
	return results[0], ""
}

// unplaced is a message without the position before it: that of the script's
// call is told once.
func unplaced(message string) string {
	if i := strings.Index(message, "expect: "); i > 0 && !strings.Contains(message[:i], "\n") {
		return message[i+len("expect: "):]
	}
	return strings.TrimPrefix(message, "expect: ")
}

// stepText is a step for people: "expect "250 "".
func stepText(kind string, step *lua.LTable) string {
	switch value := step.RawGetString(kind).(type) {
	case lua.LString:
		return fmt.Sprintf("%s %q", kind, cutText(string(value)))
	case *lua.LTable:
		return fmt.Sprintf("%s pattern %q", kind, lua.LVAsString(value.RawGetString("pattern")))
	case lua.LNumber:
		return kind + " " + value.String()
	}
	return kind
}

// cutText cuts a long text for a message.
func cutText(text string) string {
	const most = 60
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
