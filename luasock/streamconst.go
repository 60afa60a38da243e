package luasock

import (
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
)

// streamConsts are the constants of PHP's streams, with its values.
var streamConsts = []bind.Const{
	{Name: "STREAM_CLIENT_PERSISTENT", Value: clientPersistent},
	{Name: "STREAM_CLIENT_ASYNC_CONNECT", Value: clientAsync},
	{Name: "STREAM_CLIENT_CONNECT", Value: clientConnect},
	{Name: "STREAM_SERVER_BIND", Value: serverBind},
	{Name: "STREAM_SERVER_LISTEN", Value: serverListen},
	{Name: "STREAM_OOB", Value: streamOOB},
	{Name: "STREAM_PEEK", Value: streamPeek},
	{Name: "STREAM_SHUT_RD", Value: unix.SHUT_RD},
	{Name: "STREAM_SHUT_WR", Value: unix.SHUT_WR},
	{Name: "STREAM_SHUT_RDWR", Value: unix.SHUT_RDWR},
	{Name: "STREAM_PF_UNIX", Value: unix.AF_UNIX},
	{Name: "STREAM_PF_INET", Value: unix.AF_INET},
	{Name: "STREAM_PF_INET6", Value: unix.AF_INET6},
	{Name: "STREAM_SOCK_STREAM", Value: unix.SOCK_STREAM},
	{Name: "STREAM_SOCK_DGRAM", Value: unix.SOCK_DGRAM},
	{Name: "STREAM_SOCK_RAW", Value: unix.SOCK_RAW},
	{Name: "STREAM_SOCK_RDM", Value: unix.SOCK_RDM},
	{Name: "STREAM_SOCK_SEQPACKET", Value: unix.SOCK_SEQPACKET},
	{Name: "STREAM_IPPROTO_IP", Value: unix.IPPROTO_IP},
	{Name: "STREAM_IPPROTO_ICMP", Value: unix.IPPROTO_ICMP},
	{Name: "STREAM_IPPROTO_TCP", Value: unix.IPPROTO_TCP},
	{Name: "STREAM_IPPROTO_UDP", Value: unix.IPPROTO_UDP},
	{Name: "STREAM_IPPROTO_RAW", Value: unix.IPPROTO_RAW},
}
