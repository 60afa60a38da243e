package trace

import (
	"strconv"

	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

// optionName is the name of an option, or its level and number for one that is
// seldom used.
func optionName(o sock.Option) string {
	for _, known := range optionNames {
		if known.option == o {
			return known.name
		}
	}
	return strconv.Itoa(o.Level) + "/" + strconv.Itoa(o.Name)
}

// optionNames are those of options that every system has.
var optionNames = []struct {
	option sock.Option
	name   string
}{
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_REUSEADDR}, "SO_REUSEADDR"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_REUSEPORT}, "SO_REUSEPORT"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_KEEPALIVE}, "SO_KEEPALIVE"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_BROADCAST}, "SO_BROADCAST"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_LINGER}, "SO_LINGER"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_OOBINLINE}, "SO_OOBINLINE"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_RCVBUF}, "SO_RCVBUF"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_SNDBUF}, "SO_SNDBUF"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_RCVTIMEO}, "SO_RCVTIMEO"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_SNDTIMEO}, "SO_SNDTIMEO"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_RCVLOWAT}, "SO_RCVLOWAT"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_SNDLOWAT}, "SO_SNDLOWAT"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_DONTROUTE}, "SO_DONTROUTE"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_TYPE}, "SO_TYPE"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_ERROR}, "SO_ERROR"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_ACCEPTCONN}, "SO_ACCEPTCONN"},
	{sock.Option{Level: unix.SOL_SOCKET, Name: unix.SO_TIMESTAMP}, "SO_TIMESTAMP"},
	{sock.Option{Level: unix.IPPROTO_TCP, Name: unix.TCP_NODELAY}, "TCP_NODELAY"},
	{sock.Option{Level: unix.IPPROTO_TCP, Name: unix.TCP_MAXSEG}, "TCP_MAXSEG"},
	{sock.Option{Level: unix.IPPROTO_IP, Name: unix.IP_TTL}, "IP_TTL"},
	{sock.Option{Level: unix.IPPROTO_IP, Name: unix.IP_TOS}, "IP_TOS"},
	{sock.Option{Level: unix.IPPROTO_IP, Name: unix.IP_HDRINCL}, "IP_HDRINCL"},
	{sock.Option{Level: unix.IPPROTO_IP, Name: unix.IP_MULTICAST_IF}, "IP_MULTICAST_IF"},
	{sock.Option{Level: unix.IPPROTO_IP, Name: unix.IP_MULTICAST_TTL}, "IP_MULTICAST_TTL"},
	{sock.Option{Level: unix.IPPROTO_IP, Name: unix.IP_MULTICAST_LOOP}, "IP_MULTICAST_LOOP"},
	{sock.Option{Level: unix.IPPROTO_IPV6, Name: unix.IPV6_V6ONLY}, "IPV6_V6ONLY"},
	{sock.Option{Level: unix.IPPROTO_IPV6, Name: unix.IPV6_UNICAST_HOPS}, "IPV6_UNICAST_HOPS"},
	{sock.Option{Level: unix.IPPROTO_IPV6, Name: unix.IPV6_MULTICAST_HOPS}, "IPV6_MULTICAST_HOPS"},
	{sock.Option{Level: unix.IPPROTO_IPV6, Name: unix.IPV6_MULTICAST_IF}, "IPV6_MULTICAST_IF"},
	{sock.Option{Level: unix.IPPROTO_IPV6, Name: unix.IPV6_MULTICAST_LOOP}, "IPV6_MULTICAST_LOOP"},
}
