package sock

// What <netdb.h> declares beside the look-up of a host: the databases of
// protocols and services.

import (
	"context"
	"errors"
	"iter"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// Protoent is an entry of the protocols database, protocols(5).
type Protoent struct {
	Name    string
	Number  int
	Aliases []string
}

// Servent is an entry of the services database, services(5).
type Servent struct {
	Name     string
	Port     int // in host order
	Protocol string
	Aliases  []string
}

// The databases where the system has no such file, in the format of the files.
const (
	builtinProtocols = `
ip 0 IP
icmp 1 ICMP
igmp 2 IGMP
tcp 6 TCP
udp 17 UDP
dccp 33 DCCP
ipv6 41 IPv6
gre 47 GRE
esp 50 IPSEC-ESP
ah 51 IPSEC-AH
ipv6-icmp 58 IPv6-ICMP
sctp 132 SCTP
udplite 136 UDPLite
`
	builtinServices = `
echo 7/tcp
echo 7/udp
discard 9/tcp sink null
discard 9/udp sink null
daytime 13/tcp
daytime 13/udp
ftp-data 20/tcp
ftp 21/tcp
ssh 22/tcp
telnet 23/tcp
smtp 25/tcp mail
time 37/tcp timserver
time 37/udp timserver
whois 43/tcp nicname
domain 53/tcp
domain 53/udp
bootps 67/udp
bootpc 68/udp
tftp 69/udp
finger 79/tcp
http 80/tcp www
pop3 110/tcp pop-3
ident 113/tcp auth tap
nntp 119/tcp readnews untp
ntp 123/udp
imap2 143/tcp imap
snmp 161/udp
snmp-trap 162/udp snmptrap
irc 194/tcp
ldap 389/tcp
https 443/tcp
https 443/udp
submissions 465/tcp ssmtp smtps
syslog 514/udp
submission 587/tcp
ldaps 636/tcp
imaps 993/tcp
pop3s 995/tcp
mysql 3306/tcp
postgresql 5432/tcp
`
)

// database reads a file of the system's, or gives what stands in for it. The
// file is read for each look-up, as the C library does: that is some tens of
// microseconds, and nothing has to be kept or can be stale.
func database(path, builtin string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return builtin
	}
	return string(text)
}

func protocols() iter.Seq[Protoent] {
	return ParseProtocols(database("/etc/protocols", builtinProtocols))
}

func services() iter.Seq[Servent] {
	return ParseServices(database("/etc/services", builtinServices))
}

// ParseProtocols gives the entries of a text in the format of protocols(5),
// without the lines that are no entry.
func ParseProtocols(text string) iter.Seq[Protoent] {
	return func(yield func(Protoent) bool) {
		for f := range entries(text) {
			number, err := strconv.ParseUint(f[1], 10, 31)
			if err == nil && !yield(Protoent{f[0], int(number), f[2:]}) {
				return
			}
		}
	}
}

// ParseServices gives the entries of a text in the format of services(5),
// without the lines that are no entry.
func ParseServices(text string) iter.Seq[Servent] {
	return func(yield func(Servent) bool) {
		for f := range entries(text) {
			number, protocol, ok := strings.Cut(f[1], "/")
			port, err := addr.ParsePort(number)
			if ok && err == nil && protocol != "" && !yield(Servent{f[0], port, protocol, f[2:]}) {
				return
			}
		}
	}
}

// entries gives the fields of each line that has two or more before its
// comment.
func entries(text string) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(text) {
			line, _, _ = strings.Cut(line, "#")
			if f := strings.Fields(line); len(f) >= 2 && !yield(f) {
				return
			}
		}
	}
}

// Getprotobyname finds a protocol by its name or an alias; case counts.
func Getprotobyname(name string) (Protoent, bool) {
	return first(protocols(), func(p Protoent) bool {
		return p.Name == name || slices.Contains(p.Aliases, name)
	})
}

// Getprotobynumber finds a protocol by its number.
func Getprotobynumber(number int) (Protoent, bool) {
	return first(protocols(), func(p Protoent) bool { return p.Number == number })
}

// Getservbyname finds a service of a protocol by its name or an alias; case
// counts.
func Getservbyname(name, protocol string) (Servent, bool) {
	return first(services(), func(s Servent) bool {
		return s.Protocol == protocol && (s.Name == name || slices.Contains(s.Aliases, name))
	})
}

// Getservbyport finds the service of a protocol at a port.
func Getservbyport(port int, protocol string) (Servent, bool) {
	return first(services(), func(s Servent) bool { return s.Protocol == protocol && s.Port == port })
}

func first[T any](seq iter.Seq[T], is func(T) bool) (v T, ok bool) {
	for v := range seq {
		if is(v) {
			return v, true
		}
	}
	return v, false
}

// Gethostbyaddr finds the name of an address, while the task waits. It is ""
// when the address has none or nobody can tell; the error is one of the loop's.
func (n *Net) Gethostbyaddr(ip netip.Addr) (string, error) {
	names, err := resolve(n, ip.String(), n.resolver.LookupAddr)
	if err != nil || len(names) == 0 {
		return "", err
	}
	return strings.TrimSuffix(names[0], "."), nil
}

// resolve asks the resolver while the task waits. What it does not find is the
// zero T; the error is one of the loop's.
func resolve[T any](n *Net, host string, ask func(context.Context, string) (T, error)) (T, error) {
	why := loop.Why{Op: "look-up", On: hostName(host)}
	v, err := loop.Await(n.Loop, why, time.Time{}, func(ctx context.Context) (T, error) { return ask(ctx, host) })
	if dns := (*net.DNSError)(nil); errors.As(err, &dns) {
		var none T
		return none, nil
	}
	return v, err
}

// Quiet is a Net for look-ups only, whose failures are not kept in n.LastErr.
func (n *Net) Quiet() *Net { return &Net{Loop: n.Loop, resolver: n.resolver} }
