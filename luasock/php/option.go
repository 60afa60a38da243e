package php

import (
	"fmt"
	"math"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var optionRows = []bind.Row{
	differs(row("socket_get_option(Socket $socket, int $level, int $option): array|int|false", "Gives an option: an int, or an array as {l_onoff=, l_linger=}, {sec=, usec=}, {name=}.", socketGetOption),
		"SO_BINDTODEVICE gives the device's name (D10)"),
	differs(row("socket_getopt(Socket $socket, int $level, int $option): array|int|false", "An alias of socket_get_option.", socketGetOption), "as socket_get_option"),
	differs(row("socket_set_option(Socket $socket, int $level, int $option, mixed $value): bool", "Sets an option.", socketSetOption),
		"IPV6_PKTINFO without an address is a failed look-up (D11)"),
	differs(row("socket_setopt(Socket $socket, int $level, int $option, mixed $value): bool", "An alias of socket_set_option.", socketSetOption), "as socket_set_option"),
}

// optionKey names an option.
type optionKey struct{ level, name int }

// option says how PHP has an option that is no plain int.
type option struct {
	get func(k call, s *sock.Sock, name int) (lua.LValue, error)
	set func(k call, s *sock.Sock, name int) error
}

// errWarned is a failure of which PHP has warned already.
var errWarned = fmt.Errorf("warned")

var options = map[optionKey]option{
	{unix.SOL_SOCKET, unix.SO_LINGER}:                  {getLinger, setLinger},
	{unix.SOL_SOCKET, unix.SO_RCVTIMEO}:                {getTimeout, setTimeout},
	{unix.SOL_SOCKET, unix.SO_SNDTIMEO}:                {getTimeout, setTimeout},
	{unix.IPPROTO_IP, unix.IP_MULTICAST_IF}:            {getMulticastIf, setMulticastIf},
	{unix.IPPROTO_IP, unix.IP_MULTICAST_TTL}:           {nil, setMulticastTTL},
	{unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP}:          {nil, setMulticastLoop},
	{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF}:        {nil, setMulticastIf6},
	{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS}:      {nil, setMulticastHops},
	{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP}:      {nil, setMulticastLoop6},
	{unix.IPPROTO_IPV6, unix.IPV6_PKTINFO}:             {nil, setPktinfo},
	{unix.IPPROTO_IP, sock.MCAST_JOIN_GROUP}:           {nil, setMembership(unix.IPPROTO_IP, false)},
	{unix.IPPROTO_IP, sock.MCAST_LEAVE_GROUP}:          {nil, setMembership(unix.IPPROTO_IP, false)},
	{unix.IPPROTO_IP, sock.MCAST_BLOCK_SOURCE}:         {nil, setMembership(unix.IPPROTO_IP, true)},
	{unix.IPPROTO_IP, sock.MCAST_UNBLOCK_SOURCE}:       {nil, setMembership(unix.IPPROTO_IP, true)},
	{unix.IPPROTO_IP, sock.MCAST_JOIN_SOURCE_GROUP}:    {nil, setMembership(unix.IPPROTO_IP, true)},
	{unix.IPPROTO_IP, sock.MCAST_LEAVE_SOURCE_GROUP}:   {nil, setMembership(unix.IPPROTO_IP, true)},
	{unix.IPPROTO_IPV6, sock.MCAST_JOIN_GROUP}:         {nil, setMembership(unix.IPPROTO_IPV6, false)},
	{unix.IPPROTO_IPV6, sock.MCAST_LEAVE_GROUP}:        {nil, setMembership(unix.IPPROTO_IPV6, false)},
	{unix.IPPROTO_IPV6, sock.MCAST_BLOCK_SOURCE}:       {nil, setMembership(unix.IPPROTO_IPV6, true)},
	{unix.IPPROTO_IPV6, sock.MCAST_UNBLOCK_SOURCE}:     {nil, setMembership(unix.IPPROTO_IPV6, true)},
	{unix.IPPROTO_IPV6, sock.MCAST_JOIN_SOURCE_GROUP}:  {nil, setMembership(unix.IPPROTO_IPV6, true)},
	{unix.IPPROTO_IPV6, sock.MCAST_LEAVE_SOURCE_GROUP}: {nil, setMembership(unix.IPPROTO_IPV6, true)},
}

// option finds how PHP has the option of arguments 2 and 3.
func (k call) option() (level, name int, o option) {
	level, name = k.cint(2), k.cint(3)
	o, ok := options[optionKey{level, name}]
	if !ok {
		o = systemOptions[optionKey{level, name}]
	}
	return level, name, o
}

func socketGetOption(k call) int {
	s := k.socket(1)
	level, name, o := k.option()
	text := "Unable to retrieve socket option"
	if level == unix.IPPROTO_IPV6 && name == unix.IPV6_PKTINFO {
		text = "unable to get socket option"
	}
	if o.get == nil {
		n, err := s.Getsockopt(level, name)
		return k.number(n, err, text)
	}
	v, err := o.get(k, s, name)
	if err != nil {
		return k.failed(err, text)
	}
	return k.Return(v)
}

func socketSetOption(k call) int {
	s := k.socket(1)
	level, name, o := k.option()
	var err error
	if o.set == nil {
		err = s.Setsockopt(level, name, int(int32(k.cast(k.arg(4)))))
	} else {
		err = o.set(k, s, name)
	}
	if err == errWarned {
		return k.no()
	}
	return k.done(err, "Unable to set socket option")
}

// cast is PHP's conversion of any value to int.
func (k call) cast(v lua.LValue) int {
	switch v := v.(type) {
	case lua.LNumber:
		if n, ok := bind.Whole(lua.LNumber(math.Trunc(float64(v)))); ok {
			return n
		}
		return 0
	case lua.LString:
		return int(leadingNumber(string(v)))
	case *lua.LUserData:
		k.report(eWarning, "Object of class "+typeName(v)+" could not be converted to int")
		return 1
	}
	if truth(v) {
		return 1
	}
	return 0
}

// intArray makes an array of numbers by name.
func (k call) intArray(names []string, values ...int) *lua.LTable {
	t := k.L.CreateTable(0, len(names))
	for i, v := range values[:min(len(names), len(values))] {
		t.RawSetString(names[i], bind.Int(v))
	}
	return t
}

// keyed is the value of a key that argument 4, as an array, must have.
func (k call) keyed(key string) lua.LValue {
	if t := k.table(4); t != nil {
		if v := t.RawGetString(key); v != lua.LNil {
			return v
		}
	}
	k.valueError(4, `must have key "%s"`, key)
	return nil
}

var lingerKeys = []string{"l_onoff", "l_linger"}

func getLinger(k call, s *sock.Sock, _ int) (lua.LValue, error) {
	l, err := s.Linger()
	return k.intArray(lingerKeys, int(l.Onoff), int(l.Linger)), err
}

func setLinger(k call, s *sock.Sock, _ int) error {
	onoff, linger := k.keyed("l_onoff"), k.keyed("l_linger")
	return s.SetLinger(unix.Linger{Onoff: int32(uint16(k.cast(onoff))), Linger: int32(uint16(k.cast(linger)))})
}

func getTimeout(k call, s *sock.Sock, name int) (lua.LValue, error) {
	tv, err := s.Timeout(name)
	return k.intArray([]string{"sec", "usec"}, int(tv.Sec), int(tv.Usec)), err
}

func setTimeout(k call, s *sock.Sock, name int) error {
	sec, usec := k.keyed("sec"), k.keyed("usec")
	return s.SetTimeout(name, int64(k.cast(sec)), int64(k.cast(usec)))
}

// interfaceOf is the index of the interface that a value names or numbers.
// errWarned says that there is none.
func (k call) interfaceOf(v lua.LValue) (int, error) {
	if n, ok := v.(lua.LNumber); ok {
		if n < 0 || n > math.MaxUint32 {
			k.throw("ValueError", fmt.Sprintf("Index must be between 0 and %d", uint32(math.MaxUint32)))
		}
		return int(n), nil
	}
	name := k.string(v)
	index, err := sock.InterfaceIndex(name)
	if err != nil {
		k.warn("No interface with name \"%s\" could be found", name)
		return 0, errWarned
	}
	return index, nil
}

// string is PHP's conversion of any value to string.
func (k call) string(v lua.LValue) string {
	if _, ok := v.(*lua.LTable); ok {
		k.report(eWarning, "Array to string conversion")
	}
	return valueText(v)
}

func getMulticastIf(_ call, s *sock.Sock, _ int) (lua.LValue, error) {
	index, err := s.MulticastIf()
	return bind.Int(index), err
}

func setMulticastIf(k call, s *sock.Sock, _ int) error {
	index, err := k.interfaceOf(k.arg(4))
	if err != nil {
		return err
	}
	before, all := s.LastErr(), k.net().LastErr
	err = s.SetMulticastIf(index)
	if code := errno(err); err != nil && (code == int(unix.ENODEV) || code == int(unix.EADDRNOTAVAIL)) {
		s.SetLastErr(before)
		k.net().LastErr = all
		k.warn("Failed obtaining address for interface %d: error %d", index, code)
		return errWarned
	}
	return err
}

func setMulticastIf6(k call, s *sock.Sock, name int) error {
	index, err := k.interfaceOf(k.arg(4))
	if err != nil {
		return err
	}
	return s.Setsockopt(unix.IPPROTO_IPV6, name, index)
}

// within is argument 4 as an int from low to 255.
func (k call) within(low int) int {
	n := k.cast(k.arg(4))
	if n < low || n > math.MaxUint8 {
		k.valueError(4, "must be between %d and %d", low, math.MaxUint8)
	}
	return n
}

func setMulticastTTL(k call, s *sock.Sock, name int) error {
	return s.SetsockoptByte(unix.IPPROTO_IP, name, byte(k.within(0)))
}

func setMulticastHops(k call, s *sock.Sock, name int) error {
	return s.Setsockopt(unix.IPPROTO_IPV6, name, k.within(-1))
}

// on is argument 4 as a bool, 1 or 0.
func (k call) on() int {
	if truth(k.arg(4)) {
		return 1
	}
	return 0
}

func setMulticastLoop(k call, s *sock.Sock, name int) error {
	return s.SetsockoptByte(unix.IPPROTO_IP, name, byte(k.on()))
}

func setMulticastLoop6(k call, s *sock.Sock, name int) error {
	return s.Setsockopt(unix.IPPROTO_IPV6, name, k.on())
}

// setMembership sets one of the MCAST_ options of a level.
func setMembership(level int, source bool) func(call, *sock.Sock, int) error {
	return func(k call, s *sock.Sock, name int) (err error) {
		if s.Family() == unix.AF_UNIX {
			k.warn("IP address used in the context of an unexpected type of socket")
			return errWarned
		}
		var m sock.Membership
		if m.Group, err = k.addressIn(s, level, "group"); err != nil {
			return err
		}
		if source {
			if m.Source, err = k.addressIn(s, level, "source"); err != nil {
				return err
			}
		}
		if v := k.table(4).RawGetString("interface"); v != lua.LNil {
			if m.Interface, err = k.interfaceOf(v); err != nil {
				return err
			}
		}
		return s.SetMembership(level, name, m)
	}
}

// addressIn is the address under a key of argument 4, as an array.
func (k call) addressIn(s *sock.Sock, level int, key string) (addr.Addr, error) {
	var v lua.LValue = lua.LNil
	if t := k.table(4); t != nil {
		v = t.RawGetString(key)
	}
	if v == lua.LNil {
		k.throw("ValueError", fmt.Sprintf("No key \"%s\" passed in optval", key))
	}
	family := unix.AF_INET
	if level == unix.IPPROTO_IPV6 {
		family = unix.AF_INET6
	}
	return s.ResolveAs(family, k.string(v), 0)
}
