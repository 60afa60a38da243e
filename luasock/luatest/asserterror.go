package luatest

import (
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// try calls a function that should raise, or should not, and gives the error
// without the position at its beginning.
func try(c bind.Call, i int) (value lua.LValue, raised bool) {
	fn := c.Arg(i)
	if !callable(c.L, fn) {
		c.Wrong(i, "a function")
	}
	_, err := fileOf(c).vm.Call(c.L, fn)
	if err == nil {
		return lua.LNil, false
	}
	value = errorValue(err)
	if value == bind.Kill {
		c.L.Error(value, 0)
	}
	if text, ok := value.(lua.LString); ok {
		if _, rest, ok := cutPosition(string(text)); ok {
			value = lua.LString(rest)
		}
	}
	return value, true
}

func checkError(c bind.Call) finding {
	value, raised := try(c, 1)
	want := c.Arg(2)
	k := finding{holds: raised, results: withError(c, value), message: c.Arg(3)}
	if raised && want.Type() == lua.LTString && c.L.GetMetaField(value, "__tostring") != lua.LNil {
		k.results[0] = lua.LString(fileOf(c).message(c.L, value))
	}
	if raised && want != lua.LNil {
		k.holds = sameErrors(c, want, k.results[0])
	}
	k.say = func(negated bool) string {
		switch {
		case negated && want != lua.LNil:
			return "expected anything but the error " + show(c.L, value)
		case negated:
			return "expected no error, got " + showError(c, value)
		case !raised && want == lua.LNil:
			return "expected an error, got none"
		case !raised:
			return sides("expected an error, got none", show(c.L, want), "(no error)")
		}
		return sides("it is another error", show(c.L, want), showError(c, value))
	}
	return k
}

// withError are the arguments of a call with the error in the place of the function.
func withError(c bind.Call, value lua.LValue) []lua.LValue {
	results := []lua.LValue{value}
	for i := 2; i <= c.N(); i++ {
		results = append(results, c.Arg(i))
	}
	return results
}

// showError is the value of an error as people read it.
func showError(c bind.Call, v lua.LValue) string {
	if text, ok := assertionOf(v); ok {
		return text
	}
	return show(c.L, v)
}

// sameErrors compares errors as luassert does: with a number, also the text of one.
func sameErrors(c bind.Call, want, got lua.LValue) bool {
	if _, number := want.(lua.LNumber); number && got.Type() == lua.LTString {
		wantText, _ := bind.Text(want)
		return strings.TrimSpace(string(got.(lua.LString))) == wantText
	}
	return compare(c.L, want, got)
}

func checkErrorMatches(c bind.Call) finding {
	needs(c, 2)
	pattern := c.OptBytes(2, "")
	init, plain, message := extras(c, 3)
	value, raised := try(c, 1)
	k := finding{results: withError(c, value), message: message}
	text, isText := bind.Text(value)
	if b, ok := value.(lua.LBool); ok {
		text, isText = b.String(), true
	}
	if !isText && c.L.GetMetaField(value, "__tostring") != lua.LNil {
		text, isText = fileOf(c).message(c.L, value), true
	}
	switch {
	case raised && !c.Has(2):
		k.holds, k.results = value == lua.LNil, []lua.LValue{}
	case raised && isText:
		captures := found(c, pattern, text, init, plain)
		if k.holds = captures != nil; k.holds {
			k.results = captures
		}
	}
	if !isText {
		text = show(c.L, value)
	} else {
		text = quoted(text)
	}
	k.say = func(negated bool) string {
		switch {
		case negated:
			return sides("the error matches the pattern", "no error that matches "+quoted(pattern), text)
		case !raised:
			return sides("expected an error, got none", "an error that matches "+quoted(pattern), "(no error)")
		}
		return sides("the error does not match the pattern", "an error that matches "+quoted(pattern), text)
	}
	return k
}
