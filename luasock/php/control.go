package php

import (
	"fmt"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/sock"
)

// controls reads the control messages.
func (v *converter) controls(value lua.LValue) (list []sock.Control, err error) {
	t, err := v.array(value)
	if err != nil {
		return nil, err
	}
	i := 0
	each(t, func(_, one lua.LValue) {
		if err != nil {
			return
		}
		var c sock.Control
		c, err = v.within(fmt.Sprintf("element #%d", i)).control(one)
		list = append(list, c)
		i++
	})
	return list, err
}

func (v *converter) control(value lua.LValue) (c sock.Control, err error) {
	t, err := v.array(value)
	if err != nil {
		return c, err
	}
	for _, field := range []struct {
		key string
		to  *int
	}{{"level", &c.Level}, {"type", &c.Type}} {
		n, err := v.required(t, field.key)
		if err == nil {
			*field.to, err = v.within(field.key).int32(n)
		}
		if err != nil {
			return c, err
		}
	}
	kind, ok := controlKinds[optionKey{c.Level, c.Type}]
	if !ok {
		return c, v.fail("cmsghdr with level %d and type %d not supported", c.Level, c.Type)
	}
	data := t.RawGetString("data")
	if data == lua.LNil {
		return c, v.fail("cmsghdr should have a 'data' element here")
	}
	return c, kind.write(v, data, &c)
}

// files reads the data of SCM_RIGHTS.
func (v *converter) files(value lua.LValue, c *sock.Control) error {
	t, ok := value.(*lua.LTable)
	if !ok {
		return v.fail("expected an array here")
	}
	var err error
	each(t, func(_, one lua.LValue) {
		if err != nil {
			return
		}
		var f sock.File
		f, err = v.within("data").within(fmt.Sprintf("element #%d", len(c.Files)+1)).file(one)
		c.Files = append(c.Files, f)
	})
	if err == nil && len(c.Files) == 0 {
		err = v.fail("expected at least one element in this array")
	}
	return err
}

func (v *converter) file(value lua.LValue) (sock.File, error) {
	if fp, ok := luasock.StreamOf(value); ok {
		if fp.IsClosed() {
			return nil, v.fail("cast stream to file descriptor failed")
		}
		return fp, nil
	}
	s, ok := luasock.SocketOf(value)
	switch {
	case !ok:
		return nil, v.fail("expected a Socket object or a stream resource")
	case s.IsClosed():
		return nil, v.fail("socket is already closed")
	}
	return s, nil
}

// word reads an int, the data of many control messages.
func (v *converter) word(value lua.LValue, c *sock.Control) error {
	n, err := v.within("data").int32(value)
	c.Data = appendInt(nil, n)
	return err
}

// pktinfo reads the data of IPV6_PKTINFO.
func (v *converter) pktinfo(value lua.LValue, c *sock.Control) error {
	a, index, err := v.within("data").in6Pktinfo(value)
	if err == nil {
		c.Data = sock.Pktinfo6(a.IP, index)
	}
	return err
}

// in6Pktinfo reads {addr, ifindex}, of which both must be there.
func (v *converter) in6Pktinfo(value lua.LValue) (a addr.Addr, index int, err error) {
	t, err := v.array(value)
	if err != nil {
		return a, 0, err
	}
	host, err := v.required(t, "addr")
	if err == nil {
		a, err = v.within("addr").host(host, unix.AF_INET6, "AF_INET6")
	}
	if err != nil {
		return a, 0, err
	}
	n, err := v.required(t, "ifindex")
	if err == nil {
		index, err = v.within("ifindex").scope(n)
	}
	return a, index, err
}
