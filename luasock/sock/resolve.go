package sock

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// HostError says that a name has no address. Code is PHP's: -10000 - h_errno.
type HostError struct {
	Host string
	Code int
}

// The codes of a HostError.
const (
	HostNotFound = -10001 // there is no such name
	TryAgain     = -10002 // the look-up failed for now
	NoRecovery   = -10003 // the look-up failed
	NoAddress    = -10004 // the name has no address of that family
)

func (e *HostError) Error() string { return Strerror(e.Code) }

// Resolve gives the address that a text means in a family (AF_INET, AF_INET6 or
// AF_UNIX, which takes it as a path): numbers at once, names by a look-up while
// the task waits. The error is a *HostError, an *addr.Error for a path that
// does not fit, or one of the loop's.
func (n *Net) Resolve(family int, host string, port int) (addr.Addr, error) {
	if family == unix.AF_UNIX {
		return addr.Unix(host)
	}
	if ip, ok := addr.ParseIP(family, host); ok {
		a := addr.Inet(ip, port)
		a.Family = family
		return a, nil
	}
	if _, ok := addr.ParseIP(unix.AF_UNSPEC, host); ok {
		return addr.Addr{}, n.unknown(host, NoAddress)
	}
	ips, err := n.Lookup(family, host)
	if err != nil {
		return addr.Addr{}, err
	}
	return addr.Inet(ips[0], port), nil
}

// Lookup finds the addresses of a name, at least one. family AF_UNSPEC finds
// IPv4 and IPv6.
func (n *Net) Lookup(family int, host string) ([]netip.Addr, error) {
	if host == "" {
		return nil, n.unknown(host, HostNotFound)
	}
	network := map[int]string{unix.AF_INET: "ip4", unix.AF_INET6: "ip6"}[family]
	if network == "" {
		network = "ip"
	}
	why := loop.Why{Op: "look-up", On: hostName(host)}
	ips, err := loop.Await(n.Loop, why, time.Time{}, func(ctx context.Context) ([]netip.Addr, error) {
		return n.resolver.LookupNetIP(ctx, network, host)
	})
	if err != nil {
		return nil, n.lookupError(host, err)
	}
	for i, ip := range ips {
		ips[i] = ip.Unmap()
	}
	if len(ips) == 0 {
		return nil, n.unknown(host, NoAddress)
	}
	return ips, nil
}

// newResolver returns a resolver like another one, whose connections to name
// servers are closed when the look-up that they are for is given up. That one's
// stay until a time-out of 5 seconds, each with a descriptor and a goroutine.
func newResolver(like *net.Resolver) *net.Resolver {
	dial := like.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	return &net.Resolver{
		PreferGo:     like.PreferGo,
		StrictErrors: like.StrictErrors,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial(ctx, network, address)
			if err == nil {
				context.AfterFunc(ctx, func() { c.Close() })
			}
			return c, err
		},
	}
}

type hostName string

func (h hostName) String() string { return string(h) }

// lookupError sorts the resolver's errors; the loop's own pass.
func (n *Net) lookupError(host string, err error) error {
	var dns *net.DNSError
	var bad *net.AddrError
	switch {
	case errors.As(err, &bad):
		return n.unknown(host, NoAddress)
	case !errors.As(err, &dns):
		return err
	case dns.IsNotFound:
		return n.unknown(host, HostNotFound)
	case dns.IsTemporary, dns.IsTimeout:
		return n.unknown(host, TryAgain)
	}
	return n.unknown(host, NoRecovery)
}

func (n *Net) unknown(host string, code int) error {
	n.LastErr = code
	return &HostError{Host: host, Code: code}
}

// Resolve is Net.Resolve in the socket's family; a failure is kept as the
// socket's last error.
func (s *Sock) Resolve(host string, port int) (addr.Addr, error) {
	a, err := s.net.Resolve(s.family, host, port)
	if unknown, ok := err.(*HostError); ok {
		s.lastErr = unknown.Code
	}
	return a, err
}
