//go:build !linux

package php

import "golang.org/x/sys/unix"

// controlKinds are the control messages that PHP knows.
var controlKinds = map[optionKey]controlKind{
	rights:                                  {4, (*converter).files, call.readFiles},
	{unix.IPPROTO_IPV6, unix.IPV6_PKTINFO}:  {unix.SizeofInet6Pktinfo, (*converter).pktinfo, call.readPktinfo},
	{unix.IPPROTO_IPV6, unix.IPV6_HOPLIMIT}: {4, (*converter).word, call.readWord},
	{unix.IPPROTO_IPV6, unix.IPV6_TCLASS}:   {4, (*converter).word, call.readWord},
}
