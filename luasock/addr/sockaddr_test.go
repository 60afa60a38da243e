package addr

import (
	"net/netip"
	"reflect"
	"testing"

	"golang.org/x/sys/unix"
)

var sockaddrTests = []struct {
	name string
	addr Addr
	sa   unix.Sockaddr
}{
	{"no address", Addr{}, nil},
	{"IPv4", inet("127.0.0.1", 80), &unix.SockaddrInet4{Port: 80, Addr: [4]byte{127, 0, 0, 1}}},
	{"IPv6", inet("::1", 80), &unix.SockaddrInet6{Port: 80, Addr: netip.IPv6Loopback().As16()}},
	{"IPv6 with an index", inet("::1%2", 80),
		&unix.SockaddrInet6{Port: 80, Addr: netip.IPv6Loopback().As16(), ZoneId: 2}},
	{"path", local("/a"), &unix.SockaddrUnix{Name: "/a"}},
	{"unnamed", local(""), &unix.SockaddrUnix{}},
}

func TestSockaddr(t *testing.T) {
	for _, tt := range sockaddrTests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.addr.Sockaddr(); !reflect.DeepEqual(got, tt.sa) {
				t.Errorf("Sockaddr gives %#v, want %#v", got, tt.sa)
			}
			if got := FromSockaddr(tt.sa); got != tt.addr {
				t.Errorf("FromSockaddr gives %#v, want %#v", got, tt.addr)
			}
		})
	}
}

func TestSockaddrOfAnotherFamilyIsNil(t *testing.T) {
	if sa := (Addr{Family: 99}).Sockaddr(); sa != nil {
		t.Errorf("got %#v", sa)
	}
}
