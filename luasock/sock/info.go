package sock

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

// Info is what netstat would show of a socket.
type Info struct {
	ID     uint64
	FD     int
	Kind   string // "tcp", "udp", "unix", "icmp" …
	Proto  int    // as it was given to socket(2); 0 is the usual one
	State  State
	Local  addr.Addr
	Remote addr.Addr
	In     uint64 // bytes received
	Out    uint64 // bytes sent
	Made   time.Time
	Pooled bool // kept for whoever needs one like it
	TLS    bool // what is sent and received is ciphertext
}

func (o *open) info() Info {
	i := Info{
		ID: o.id, FD: o.n, Kind: o.kind(), Proto: o.proto, State: o.state,
		In: o.in, Out: o.out, Made: o.made, Pooled: o.pooled, TLS: o.tls,
	}
	if !o.closed {
		i.Local, _ = sysGetsockname(o.n)
		i.Remote, _ = sysGetpeername(o.n)
	}
	return i
}

// Info tells what the socket is now.
func (o *open) Info() Info { return o.info() }

// kind names family and type in one word.
func (o *open) kind() string {
	if o.family == unix.AF_UNIX {
		return map[int]string{
			unix.SOCK_STREAM: "unix", unix.SOCK_SEQPACKET: "unix-seqpacket",
			unix.SOCK_DGRAM: "unix-dgram", unix.SOCK_RAW: "unix-dgram", // the same on Linux
		}[o.typ]
	}
	switch {
	case o.typ == unix.SOCK_RAW:
		return "raw"
	case o.typ == unix.SOCK_STREAM && (o.proto == 0 || o.proto == unix.IPPROTO_TCP):
		return "tcp"
	case o.typ == unix.SOCK_DGRAM && (o.proto == 0 || o.proto == unix.IPPROTO_UDP):
		return "udp"
	case o.typ == unix.SOCK_DGRAM && (o.proto == unix.IPPROTO_ICMP || o.proto == unix.IPPROTO_ICMPV6):
		return "icmp"
	}
	return fmt.Sprintf("protocol-%d", o.proto)
}

// String is "socket: tcp 127.0.0.1:50870 -> 127.0.0.1:1935 connected".
func (o *open) String() string {
	i := o.info()
	text := "socket: " + i.Kind
	if local := i.Local.String(); local != "" && i.State != Fresh {
		text += " " + local
	}
	if remote := i.Remote.String(); remote != "" {
		text += " -> " + remote
	}
	return text + " " + i.State.String()
}
