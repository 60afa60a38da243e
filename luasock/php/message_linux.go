package php

import (
	"encoding/binary"
	"math"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

// controlKinds are the control messages that PHP knows.
var controlKinds = map[optionKey]controlKind{
	rights:                                  {4, (*converter).files, call.readFiles},
	{unix.SOL_SOCKET, unix.SCM_CREDENTIALS}: {unix.SizeofUcred, (*converter).credentials, call.readCredentials},
	{unix.IPPROTO_IPV6, unix.IPV6_PKTINFO}:  {unix.SizeofInet6Pktinfo, (*converter).pktinfo, call.readPktinfo},
	{unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT}: {4, (*converter).word, call.readWord},
	{unix.IPPROTO_IPV6, unix.IPV6_TCLASS}:   {4, (*converter).word, call.readWord},
}

// credentials reads the data of SCM_CREDENTIALS: {pid, uid, gid}.
func (v *converter) credentials(value lua.LValue, c *sock.Control) error {
	v = v.within("data")
	t, err := v.array(value)
	if err != nil {
		return err
	}
	var numbers [3]int
	for i, key := range []string{"pid", "uid", "gid"} {
		n, err := v.required(t, key)
		if err != nil {
			return err
		}
		v := v.within(key)
		if key == "pid" {
			numbers[i], err = v.ranged(n, math.MinInt32, math.MaxInt32, "a pid_t value")
		} else {
			numbers[i], err = v.ranged(n, 0, maxUint32, "a uid_t value")
		}
		if err != nil {
			return err
		}
	}
	c.Data = sock.Ucred(int32(numbers[0]), uint32(numbers[1]), uint32(numbers[2]))
	return nil
}

func (k call) readCredentials(c sock.Control) lua.LValue {
	word := func(i int) uint32 { return binary.NativeEndian.Uint32(c.Data[4*i:]) }
	return k.intArray([]string{"pid", "uid", "gid"}, int(int32(word(0))), int(word(1)), int(word(2)))
}
