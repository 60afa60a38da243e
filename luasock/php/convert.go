package php

import (
	"fmt"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

// converter turns an array into what the system takes, and says of what it
// cannot convert where in the array it stands: PHP's conversions.c.
type converter struct {
	k    call
	s    *sock.Sock
	path []string
}

// conversionError says that an array does not fit.
type conversionError struct{ path, text string }

func (e *conversionError) Error() string {
	return fmt.Sprintf("error converting user data (path: %s): %s", e.path, e.text)
}

func (v *converter) fail(format string, args ...any) error {
	return &conversionError{strings.Join(v.path, " > "), fmt.Sprintf(format, args...)}
}

// within is the converter for what stands under a key.
func (v *converter) within(key string) *converter {
	return &converter{v.k, v.s, append(v.path[:len(v.path):len(v.path)], key)}
}

// array reads an array.
func (v *converter) array(value lua.LValue) (*lua.LTable, error) {
	t, ok := value.(*lua.LTable)
	if !ok {
		return nil, v.fail("expected an array here")
	}
	return t, nil
}

// required reads a key that must be there.
func (v *converter) required(t *lua.LTable, key string) (lua.LValue, error) {
	value := t.RawGetString(key)
	if value == lua.LNil {
		return nil, v.fail("The key '%s' is required", key)
	}
	return value, nil
}

// integer reads a whole number in PHP's ways to write one.
func (v *converter) integer(value lua.LValue) (int, error) {
	switch value := value.(type) {
	case lua.LNumber:
		return int(value), nil
	case lua.LBool:
		if value {
			return 1, nil
		}
		return 0, nil
	case lua.LString:
		f, ok := numeric(string(value))
		if !ok {
			return 0, v.fail("expected an integer, but got a non numeric string (possibly from a converted object): '%s'", string(value))
		}
		return int(f), nil
	case *lua.LTable:
		return 0, v.fail("expected an integer, either of a PHP integer type or of a convertible type")
	}
	return 0, v.fail("expected an integer, but got a non numeric string (possibly from a converted object): '%s'", valueText(value))
}

// ranged reads a whole number of a C type.
func (v *converter) ranged(value lua.LValue, low, high int, typ string) (int, error) {
	n, err := v.integer(value)
	if err == nil && (n < low || n > high) {
		err = v.fail("given PHP integer is out of bounds for %s", typ)
	}
	return n, err
}

func (v *converter) int32(value lua.LValue) (int, error) {
	return v.ranged(value, math.MinInt32, math.MaxInt32, "a native int")
}

func (v *converter) uint32(value lua.LValue) (int, error) {
	return v.ranged(value, 0, maxUint32, "an unsigned 32-bit integer")
}

func (v *converter) uint16(value lua.LValue) (int, error) {
	return v.ranged(value, 0, math.MaxUint16, "an unsigned 16-bit integer")
}

// optional reads a number under a key; 0 when it is not there.
func (v *converter) optional(t *lua.LTable, key string, read func(*converter, lua.LValue) (int, error)) (int, error) {
	value := t.RawGetString(key)
	if value == lua.LNil {
		return 0, nil
	}
	return read(v.within(key), value)
}

// host looks an address up in a family. The failed look-up is warned of, and so
// is the conversion.
func (v *converter) host(value lua.LValue, family int, name string) (addr.Addr, error) {
	text := v.k.string(value)
	a, err := v.s.ResolveAs(family, cut(text), 0)
	if _, unknown := err.(*sock.HostError); unknown {
		code := errno(err)
		v.k.warn("Host lookup failed [%d]: %s", code, sock.Strerror(code))
		err = v.fail("could not resolve address '%s' to get an %s address", text, name)
	}
	return a, err
}

// name reads the receiver of a message.
func (v *converter) name(value lua.LValue) (a addr.Addr, err error) {
	t, err := v.array(value)
	if err != nil {
		return a, err
	}
	family := v.s.Family()
	if f := t.RawGetString("family"); f != lua.LNil {
		if family, err = v.within("family").int32(f); err != nil {
			return a, err
		}
	}
	switch family {
	case unix.AF_INET, unix.AF_INET6:
		return v.inet(t, family)
	case unix.AF_UNIX:
		return v.unix(t)
	}
	return a, v.fail("the only families currently supported are AF_INET, AF_INET6 and AF_UNIX")
}

func (v *converter) inet(t *lua.LTable, family int) (a addr.Addr, err error) {
	name, shown := "AF_INET", "number 2"
	if family == unix.AF_INET6 {
		name, shown = "AF_INET6", "AF_INET6"
	}
	if own := v.s.Family(); own == unix.AF_UNIX || own == unix.AF_INET && family == unix.AF_INET6 {
		return a, v.fail("the specified family (%s) is not supported on this socket", shown)
	}
	a.Family = family
	if h := t.RawGetString("addr"); h != lua.LNil {
		if a, err = v.within("addr").host(h, family, name); err != nil {
			return a, err
		}
	}
	if a.Port, err = v.optional(t, "port", (*converter).uint16); err != nil || family == unix.AF_INET {
		return a, err
	}
	flow, err := v.optional(t, "flowinfo", (*converter).uint32)
	if err != nil {
		return a, err
	}
	scope, err := v.optional(t, "scope_id", (*converter).scope)
	a.Flow = uint32(flow)
	if scope != 0 {
		a.IP = a.IP.WithZone(fmt.Sprint(scope))
	}
	return a, err
}

// scope reads the index of an interface, or its name.
func (v *converter) scope(value lua.LValue) (int, error) {
	name, ok := value.(lua.LString)
	if !ok {
		n, err := v.integer(value)
		if err == nil && (n < 0 || n > maxUint32) {
			err = v.fail("the interface index cannot be negative or larger than %d; given %d", uint32(math.MaxUint32), n)
		}
		return n, err
	}
	index, err := sock.InterfaceIndex(string(name))
	if err != nil {
		return 0, v.fail("no interface with name \"%s\" could be found", string(name))
	}
	return index, nil
}

func (v *converter) unix(t *lua.LTable) (a addr.Addr, err error) {
	if v.s.Family() != unix.AF_UNIX {
		return a, v.fail("the specified family (AF_UNIX) is not supported on this socket")
	}
	a.Family = unix.AF_UNIX
	value := t.RawGetString("path")
	if value == lua.LNil {
		return a, nil
	}
	v = v.within("path")
	path := v.k.string(value)
	const most = 108
	switch {
	case path == "":
		return a, v.fail("the path is cannot be empty")
	case len(path) >= most:
		return a, v.fail("the path is too long, the maximum permitted length is %d", most-1)
	}
	a, err = addr.Unix(path)
	if err != nil {
		err = v.fail("%s", err)
	}
	return a, err
}

// parts reads iov.
func (v *converter) parts(value lua.LValue) (data [][]byte, err error) {
	t, err := v.array(value)
	if err != nil {
		return nil, err
	}
	each(t, func(_, part lua.LValue) { data = append(data, []byte(v.k.string(part))) })
	return data, nil
}

// setPktinfo is IPV6_PKTINFO of socket_set_option.
func setPktinfo(k call, s *sock.Sock, _ int) error {
	v := &converter{k, s, []string{"in6_pktinfo"}}
	a, index, err := v.in6Pktinfo(k.arg(4))
	if err != nil {
		k.converted(err)
		return errWarned
	}
	return s.SetPktinfo(a.IP, index)
}

// converted warns of a failed conversion; what else happened on the way is raised
// or warned of.
func (k call) converted(err error) {
	k.raise(err)
	if bad, ok := err.(*conversionError); ok {
		k.warn("%s", bad)
		return
	}
	k.warn("%s", bind.Describe(lua.LString(err.Error())))
}
