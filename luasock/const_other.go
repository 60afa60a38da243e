//go:build unix && !linux

package luasock

import (
	"runtime"
	"slices"

	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

// systemConstants are those that macOS and the BSDs have beside the common
// ones.
var systemConstants = slices.Concat(bsdConstants, multicastConstants())

var bsdConstants = []bind.Const{
	{Name: "SO_USELOOPBACK", Value: unix.SO_USELOOPBACK},
	{Name: "IP_RECVDSTADDR", Value: unix.IP_RECVDSTADDR},
	{Name: "IP_PORTRANGE", Value: unix.IP_PORTRANGE},
	{Name: "IP_PORTRANGE_DEFAULT", Value: unix.IP_PORTRANGE_DEFAULT},
	{Name: "IP_PORTRANGE_HIGH", Value: unix.IP_PORTRANGE_HIGH},
	{Name: "IP_PORTRANGE_LOW", Value: unix.IP_PORTRANGE_LOW},

	// The numbers of errors.
	{Name: "EAUTH", Value: int(unix.EAUTH)},
	{Name: "EBADRPC", Value: int(unix.EBADRPC)},
	{Name: "ENEEDAUTH", Value: int(unix.ENEEDAUTH)},
	{Name: "ENOATTR", Value: int(unix.ENOATTR)},
	{Name: "EPROCLIM", Value: int(unix.EPROCLIM)},
	{Name: "EPROCUNAVAIL", Value: int(unix.EPROCUNAVAIL)},
	{Name: "EPROGMISMATCH", Value: int(unix.EPROGMISMATCH)},
	{Name: "EPROGUNAVAIL", Value: int(unix.EPROGUNAVAIL)},
	{Name: "ERPCMISMATCH", Value: int(unix.ERPCMISMATCH)},
}

// multicastConstants are those of RFC 3678, which OpenBSD and NetBSD lack.
func multicastConstants() []bind.Const {
	if runtime.GOOS != "darwin" && runtime.GOOS != "freebsd" {
		return nil
	}
	return []bind.Const{
		{Name: "MCAST_JOIN_GROUP", Value: sock.MCAST_JOIN_GROUP},
		{Name: "MCAST_LEAVE_GROUP", Value: sock.MCAST_LEAVE_GROUP},
		{Name: "MCAST_JOIN_SOURCE_GROUP", Value: sock.MCAST_JOIN_SOURCE_GROUP},
		{Name: "MCAST_LEAVE_SOURCE_GROUP", Value: sock.MCAST_LEAVE_SOURCE_GROUP},
		{Name: "MCAST_BLOCK_SOURCE", Value: sock.MCAST_BLOCK_SOURCE},
		{Name: "MCAST_UNBLOCK_SOURCE", Value: sock.MCAST_UNBLOCK_SOURCE},
	}
}
