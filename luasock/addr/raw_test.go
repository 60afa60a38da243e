package addr

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// rawTests holds in both directions. A row's bytes are those after the family;
// see headTests for what stands before them.
var rawTests = []struct {
	name string
	addr Addr
	body string
}{
	{"IPv4", inet("127.0.0.1", 0x1234), "\x12\x34\x7f\x00\x00\x01" + zeros(8)},
	{"IPv4 any", inet("0.0.0.0", 0), zeros(14)},
	{"IPv6", inet("102:304:506:708:90a:b0c:d0e:f10", 65535),
		"\xff\xff" + zeros(4) + "\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10" + zeros(4)},
	{"IPv6 with flow", Addr{Family: unix.AF_INET6, IP: netip.IPv6Loopback(), Flow: 0x12345},
		"\x00\x00\x00\x01\x23\x45" + zeros(15) + "\x01" + zeros(4)},
	{"IPv6 with an index", inet("fe80::1%258", 80),
		"\x00\x50" + zeros(4) + "\xfe\x80" + zeros(13) + "\x01" + native32(258)},
	{"IPv4-mapped", inet("::ffff:127.0.0.1", 80),
		"\x00\x50" + zeros(14) + "\xff\xff\x7f\x00\x00\x01" + zeros(4)},
	{"unnamed", local(""), ""},
	{"path", local("/a"), "/a\x00"},
	{"longest path", local(strings.Repeat("a", maxPath)), strings.Repeat("a", maxPath) + "\x00"},
	{"path without room for its NUL", local(strings.Repeat("a", maxPath+1)), strings.Repeat("a", maxPath+1)},
	{"another family", Addr{Family: 99}, ""},
}

func TestRaw(t *testing.T) {
	for _, tt := range rawTests {
		t.Run(tt.name, func(t *testing.T) {
			raw := withHead(tt.addr.Family, tt.body)
			if got := tt.addr.AppendRaw(nil); !bytes.Equal(got, raw) {
				t.Errorf("AppendRaw gives % x, want % x", got, raw)
			}
			if got, err := FromRaw(raw); got != tt.addr || err != nil {
				t.Errorf("FromRaw gives %#v, %v, want %#v", got, err, tt.addr)
			}
		})
	}
}

func TestAppendRaw(t *testing.T) {
	tests := []struct {
		name string
		addr Addr
		same Addr // whose bytes these are
	}{
		{"IPv4 without an IP is any", Addr{Family: unix.AF_INET, Port: 80}, inet("0.0.0.0", 80)},
		{"IPv6 without an IP is any", Addr{Family: unix.AF_INET6, Port: 80}, inet("::", 80)},
		{"zone with a name has scope 0", inet("fe80::1%lo", 80), inet("fe80::1", 80)},
		{"index with zeros", inet("fe80::1%01", 80), inet("fe80::1%1", 80)},
		{"IPv4 in AF_INET6 is mapped",
			Addr{Family: unix.AF_INET6, IP: netip.MustParseAddr("127.0.0.1")}, inet("::ffff:127.0.0.1", 0)},
		{"IPv4-mapped in AF_INET is IPv4",
			Addr{Family: unix.AF_INET, IP: netip.MustParseAddr("::ffff:127.0.0.1")}, inet("127.0.0.1", 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, want := tt.addr.AppendRaw(nil), tt.same.AppendRaw(nil); !bytes.Equal(got, want) {
				t.Errorf("got % x, want % x", got, want)
			}
		})
	}
}

func TestAppendRawAppends(t *testing.T) {
	if got := (Addr{}).AppendRaw([]byte("x")); string(got) != "x" {
		t.Errorf("no address: got %q, want nothing more", got)
	}
	a := inet("127.0.0.1", 80)
	if got, want := a.AppendRaw([]byte("x")), append([]byte("x"), a.AppendRaw(nil)...); !bytes.Equal(got, want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestFromRaw(t *testing.T) {
	four := inet("127.0.0.1", 80)
	six := inet("::1", 80)
	tests := []struct {
		name string
		raw  []byte
		want Addr
		err  *Error
	}{
		{"nothing", nil, Addr{}, nil},
		{"less than a family", []byte{0}, Addr{}, nil},
		{"no family", withHead(unix.AF_UNSPEC, zeros(14)), Addr{}, nil},
		{"another family with data", withHead(99, "data"), Addr{Family: 99}, nil},
		{"longer IPv4", append(four.AppendRaw(nil), 1, 2, 3), four, nil},
		{"longer IPv6", append(six.AppendRaw(nil), 1, 2, 3), six, nil},
		{"IPv4 family alone", four.AppendRaw(nil)[:2], Addr{}, &Error{"IPv4 socket address", "at least 16 bytes", "2"}},
		{"truncated IPv4", four.AppendRaw(nil)[:15], Addr{}, &Error{"IPv4 socket address", "at least 16 bytes", "15"}},
		{"truncated IPv6", six.AppendRaw(nil)[:27], Addr{}, &Error{"IPv6 socket address", "at least 28 bytes", "27"}},
		{"path that ends without a NUL", withHead(unix.AF_UNIX, "/a"), local("/a"), nil},
		{"path that ends before the length", withHead(unix.AF_UNIX, "/a\x00bc\x00"), local("/a"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := FromRaw(tt.raw)
			checkError(t, err, tt.err)
			if got != tt.want {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

func TestFromRawKeepsNothingOfItsBuffer(t *testing.T) {
	raw := local("/a").AppendRaw(nil)
	a, _ := FromRaw(raw)
	clear(raw)
	if a != local("/a") {
		t.Errorf("got %#v after the buffer was cleared", a)
	}
}

func TestHead(t *testing.T) {
	for _, tt := range headTests {
		t.Run(fmt.Sprintf("family %d of %d bytes", tt.family, tt.size), func(t *testing.T) {
			got := appendHead(nil, tt.family, tt.size)
			if !bytes.Equal(got, tt.raw) {
				t.Errorf("got % x, want % x", got, tt.raw)
			}
			if family := rawFamily(got); family != tt.family {
				t.Errorf("family %d came back as %d", tt.family, family)
			}
		})
	}
}

func TestAppendRawDoesNotAllocate(t *testing.T) {
	buf := make([]byte, 0, MaxRaw)
	for _, ip := range []string{"127.0.0.1", "::1", "fe80::1%1", "fe80::1%lo"} {
		a := inet(ip, 80)
		if n := testing.AllocsPerRun(100, func() { a.AppendRaw(buf) }); n != 0 {
			t.Errorf("%v: %v allocations", a, n)
		}
	}
	a := local(strings.Repeat("a", maxPath))
	if n := testing.AllocsPerRun(100, func() { a.AppendRaw(buf) }); n != 0 {
		t.Errorf("AF_UNIX: %v allocations", n)
	}
}

func TestFromRawDoesNotAllocate(t *testing.T) {
	for _, a := range []Addr{inet("127.0.0.1", 80), inet("::1", 80), local("")} {
		raw := a.AppendRaw(nil)
		if n := testing.AllocsPerRun(100, func() { FromRaw(raw) }); n != 0 {
			t.Errorf("%#v: %v allocations", a, n)
		}
	}
}

// What FromRaw reads, it reads again from what AppendRaw makes of it, and what
// people read of it has no secrets from them.
func FuzzFromRaw(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1})
	for _, tt := range rawTests {
		f.Add(withHead(tt.addr.Family, tt.body))
	}
	for _, name := range []string{"\x00", "\x00name", "\x00a\x00b\x00", "/a\x00b"} {
		f.Add(withHead(unix.AF_UNIX, name))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := FromRaw(raw)
		if err != nil {
			if !a.IsZero() {
				t.Fatalf("%#v with %v", a, err)
			}
			return
		}
		again, err := FromRaw(a.AppendRaw(nil))
		if again != a || err != nil {
			t.Fatalf("%#v came back as %#v, %v", a, again, err)
		}
		_, _, _ = a.String(), a.Host(), a.Sockaddr()
	})
}

// withHead puts the family before the rest of a struct sockaddr.
func withHead(family int, body string) []byte {
	return append(appendHead(nil, family, headSize+len(body)), body...)
}

func zeros(n int) string { return strings.Repeat("\x00", n) }

func native32(n uint32) string { return string(binary.NativeEndian.AppendUint32(nil, n)) }
