package luasock

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var optionRows = []bind.Row{
	{Name: "get_option", Sig: "get_option(s, level, name)", Returns: "any or error", PHP: "socket_get_option", Doc: "Returns an option: a number; of SO_LINGER {l_onoff=, l_linger=}, of SO_RCVTIMEO and SO_SNDTIMEO {sec=, usec=}, of TCP_CONGESTION {name=}, of SO_BINDTODEVICE a text, of SO_PEERCRED {pid=, uid=, gid=}, of SO_MEMINFO and TCP_INFO a table.", Fn: socketGetOption},
	{Name: "set_option", Sig: "set_option(s, level, name, value)", Returns: "boolean or error", PHP: "socket_set_option", Doc: "Sets an option to a number or a boolean; to a table where get_option returns one; the MCAST_ options to {group=, interface=, source=}, IPV6_PKTINFO to {addr=, ifindex=}. An interface is a name or an index, 0 for any. SO_BINDTODEVICE and TCP_CONGESTION take a text.", Fn: socketSetOption},
	{Name: "getopt", Sig: "getopt(s, level, name)", Returns: "any or error", PHP: "socket_getopt", Doc: "An alias of get_option.", Fn: socketGetOption},
	{Name: "setopt", Sig: "setopt(s, level, name, value)", Returns: "boolean or error", PHP: "socket_setopt", Doc: "An alias of set_option.", Fn: socketSetOption},
}

// optionKey names an option, or a type of control message.
type optionKey struct{ level, name int }

// option says how the value of an option looks to Lua. A nil function: as a
// number. name is the option's; value is argument 4.
type option struct {
	get func(c bind.Call, s *Socket, name int) (lua.LValue, error)
	set func(c bind.Call, s *Socket, name int) error
}

// options are those of every system that are not just numbers; systemOptions
// are this one's own.
var options = map[optionKey]option{
	{unix.SOL_SOCKET, unix.SO_LINGER}:                  {getLinger, setLinger},
	{unix.SOL_SOCKET, unix.SO_RCVTIMEO}:                {getTimeout, setTimeout},
	{unix.SOL_SOCKET, unix.SO_SNDTIMEO}:                {getTimeout, setTimeout},
	{unix.IPPROTO_IP, unix.IP_MULTICAST_IF}:            {getMulticastIf, setMulticastIf},
	{unix.IPPROTO_IP, unix.IP_MULTICAST_TTL}:           {nil, setMulticastTTL},
	{unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP}:          {nil, setMulticastLoop},
	{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF}:        {nil, setMulticastIf6},
	{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS}:      {nil, setMulticastHops6},
	{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP}:      {nil, setMulticastLoop6},
	{unix.IPPROTO_IPV6, unix.IPV6_PKTINFO}:             {nil, setPktinfo},
	{unix.IPPROTO_IP, sock.MCAST_JOIN_GROUP}:           {nil, setGroup4},
	{unix.IPPROTO_IP, sock.MCAST_LEAVE_GROUP}:          {nil, setGroup4},
	{unix.IPPROTO_IP, sock.MCAST_BLOCK_SOURCE}:         {nil, setSource4},
	{unix.IPPROTO_IP, sock.MCAST_UNBLOCK_SOURCE}:       {nil, setSource4},
	{unix.IPPROTO_IP, sock.MCAST_JOIN_SOURCE_GROUP}:    {nil, setSource4},
	{unix.IPPROTO_IP, sock.MCAST_LEAVE_SOURCE_GROUP}:   {nil, setSource4},
	{unix.IPPROTO_IPV6, sock.MCAST_JOIN_GROUP}:         {nil, setGroup6},
	{unix.IPPROTO_IPV6, sock.MCAST_LEAVE_GROUP}:        {nil, setGroup6},
	{unix.IPPROTO_IPV6, sock.MCAST_BLOCK_SOURCE}:       {nil, setSource6},
	{unix.IPPROTO_IPV6, sock.MCAST_UNBLOCK_SOURCE}:     {nil, setSource6},
	{unix.IPPROTO_IPV6, sock.MCAST_JOIN_SOURCE_GROUP}:  {nil, setSource6},
	{unix.IPPROTO_IPV6, sock.MCAST_LEAVE_SOURCE_GROUP}: {nil, setSource6},
}

// optionArgs reads level and name, arguments 2 and 3.
func optionArgs(c bind.Call) (level, name int, o option) {
	level, name = c.Int(2, math.MinInt32, math.MaxInt32), c.Int(3, math.MinInt32, math.MaxInt32)
	key := optionKey{level, name}
	o, ok := options[key]
	if !ok {
		o = systemOptions[key]
	}
	return level, name, o
}

func socketGetOption(c bind.Call) int {
	s := socketArg(c, 1)
	level, name, o := optionArgs(c)
	if o.get == nil {
		n, err := s.Getsockopt(level, name)
		return number(c, n, err)
	}
	v, err := o.get(c, s, name)
	if err != nil {
		return c.Fail(err)
	}
	return c.Return(v)
}

func socketSetOption(c bind.Call) int {
	s := socketArg(c, 1)
	level, name, o := optionArgs(c)
	if o.set == nil {
		return c.Done(s.Setsockopt(level, name, switchArg(c, 4, math.MinInt32, math.MaxInt32)))
	}
	return c.Done(o.set(c, s, name))
}

// switchArg reads an integer, or a boolean as 1 or 0.
func switchArg(c bind.Call, i, min, max int) int {
	switch v := c.Arg(i).(type) {
	case lua.LBool:
		return truth(bool(v))
	case lua.LNumber:
		return c.Int(i, min, max)
	}
	c.Wrong(i, "an integer or a boolean")
	return 0
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// intTable makes a table of numbers by name.
func intTable(c bind.Call, names []string, values ...int) *lua.LTable {
	t := c.L.CreateTable(0, len(names))
	for i, v := range values[:min(len(names), len(values))] {
		t.RawSetString(names[i], bind.Int(v))
	}
	return t
}

var lingerKeys = []string{"l_onoff", "l_linger"}

func getLinger(c bind.Call, s *Socket, _ int) (lua.LValue, error) {
	l, err := s.Linger()
	return intTable(c, lingerKeys, truth(l.Onoff != 0), int(l.Linger)), err
}

func setLinger(c bind.Call, s *Socket, _ int) error {
	f := c.Fields(4)
	f.Only(lingerKeys...)
	on, ok := f.Get("l_onoff").(lua.LBool)
	onoff := truth(bool(on))
	if !ok {
		onoff = f.Int("l_onoff", math.MinInt32, math.MaxInt32)
	}
	return s.SetLinger(unix.Linger{Onoff: int32(onoff), Linger: int32(f.Int("l_linger", 0, math.MaxInt32))})
}

var timevalKeys = []string{"sec", "usec"}

func getTimeout(c bind.Call, s *Socket, name int) (lua.LValue, error) {
	tv, err := s.Timeout(name)
	return intTable(c, timevalKeys, int(tv.Sec), int(tv.Usec)), err
}

func setTimeout(c bind.Call, s *Socket, name int) error {
	f := c.Fields(4)
	f.Only(timevalKeys...)
	sec := f.Int("sec", math.MinInt, math.MaxInt)
	return s.SetTimeout(name, int64(sec), int64(f.Int("usec", math.MinInt32, math.MaxInt32)))
}

// interfaceIndex is the index of an interface that a value names or numbers;
// wrong raises.
func interfaceIndex(v lua.LValue, wrong func(want string)) (int, error) {
	switch v := v.(type) {
	case lua.LString:
		return sock.InterfaceIndex(string(v))
	case lua.LNumber:
		if i, whole := bind.Whole(v); whole && i >= 0 && i <= math.MaxInt32 {
			return i, nil
		}
		wrong("0 to 2147483647")
	}
	wrong("the name or the index of an interface")
	return 0, nil
}

func interfaceArg(c bind.Call, i int) (int, error) {
	return interfaceIndex(c.Arg(i), func(want string) { c.Wrong(i, want) })
}

func getMulticastIf(_ bind.Call, s *Socket, _ int) (lua.LValue, error) {
	index, err := s.MulticastIf()
	return bind.Int(index), err
}

func setMulticastIf(c bind.Call, s *Socket, _ int) error {
	index, err := interfaceArg(c, 4)
	if err != nil {
		return s.Note("setsockopt", err)
	}
	return s.SetMulticastIf(index)
}

func setMulticastIf6(c bind.Call, s *Socket, name int) error {
	index, err := interfaceArg(c, 4)
	if err != nil {
		return s.Note("setsockopt", err)
	}
	return s.Setsockopt(unix.IPPROTO_IPV6, name, index)
}

func setMulticastTTL(c bind.Call, s *Socket, name int) error {
	return s.SetsockoptByte(unix.IPPROTO_IP, name, byte(switchArg(c, 4, 0, math.MaxUint8)))
}

func setMulticastLoop(c bind.Call, s *Socket, name int) error {
	on := switchArg(c, 4, math.MinInt32, math.MaxInt32) != 0
	return s.SetsockoptByte(unix.IPPROTO_IP, name, byte(truth(on)))
}

func setMulticastHops6(c bind.Call, s *Socket, name int) error {
	return s.Setsockopt(unix.IPPROTO_IPV6, name, switchArg(c, 4, -1, math.MaxUint8))
}

func setMulticastLoop6(c bind.Call, s *Socket, name int) error {
	on := switchArg(c, 4, math.MinInt32, math.MaxInt32) != 0
	return s.Setsockopt(unix.IPPROTO_IPV6, name, truth(on))
}

// setPktinfo takes an absent address for a name that does not resolve, as PHP
// was meant to.
func setPktinfo(c bind.Call, s *Socket, _ int) error {
	f := c.Fields(4)
	f.Only("addr", "ifindex")
	index, err := interfaceIndex(f.Get("ifindex"), func(want string) { f.Wrong("ifindex", want) })
	if err != nil {
		return s.Note("setsockopt", err)
	}
	a, err := s.ResolveAs(unix.AF_INET6, f.OptBytes("addr", ""), 0)
	if err != nil {
		return err
	}
	return s.SetPktinfo(a.IP, index)
}

func setGroup4(c bind.Call, s *Socket, name int) error {
	return setMembership(c, s, unix.IPPROTO_IP, name, false)
}

func setSource4(c bind.Call, s *Socket, name int) error {
	return setMembership(c, s, unix.IPPROTO_IP, name, true)
}

func setGroup6(c bind.Call, s *Socket, name int) error {
	return setMembership(c, s, unix.IPPROTO_IPV6, name, false)
}

func setSource6(c bind.Call, s *Socket, name int) error {
	return setMembership(c, s, unix.IPPROTO_IPV6, name, true)
}

func setMembership(c bind.Call, s *Socket, level, name int, source bool) (err error) {
	f := c.Fields(4)
	f.Only("group", "interface", "source")
	var m sock.Membership
	group, from := f.Bytes("group"), ""
	if source {
		from = f.Bytes("source")
	}
	if f.Has("interface") {
		wrong := func(want string) { f.Wrong("interface", want) }
		if m.Interface, err = interfaceIndex(f.Get("interface"), wrong); err != nil {
			return s.Note("setsockopt", err)
		}
	}
	if m.Group, err = resolveField(f, s, "group", level, group); err != nil {
		return err
	}
	if source {
		if m.Source, err = resolveField(f, s, "source", level, from); err != nil {
			return err
		}
	}
	return s.SetMembership(level, name, m)
}

// resolveField finds the address that a field names, in the family of a level.
func resolveField(f bind.Fields, s *Socket, key string, level int, host string) (addr.Addr, error) {
	if strings.ContainsRune(host, 0) {
		f.Wrong(key, "without NUL bytes")
	}
	if level == unix.IPPROTO_IPV6 {
		return s.ResolveAs(unix.AF_INET6, host, 0)
	}
	return s.ResolveAs(unix.AF_INET, host, 0)
}
