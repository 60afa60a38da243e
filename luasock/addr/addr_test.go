package addr

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestText(t *testing.T) {
	tests := []struct {
		name string
		addr Addr
		text string
		host string
	}{
		{"no address", Addr{}, "", ""},
		{"IPv4", inet("127.0.0.1", 80), "127.0.0.1:80", "127.0.0.1"},
		{"IPv4 without an IP is any", Addr{Family: unix.AF_INET, Port: 80}, "0.0.0.0:80", "0.0.0.0"},
		{"greatest port", inet("255.255.255.255", 65535), "255.255.255.255:65535", "255.255.255.255"},
		{"IPv6", inet("::1", 80), "[::1]:80", "::1"},
		{"IPv6 without an IP is any", Addr{Family: unix.AF_INET6}, "[::]:0", "::"},
		{"IPv4-mapped stays IPv6", inet("::ffff:127.0.0.1", 80), "[::ffff:127.0.0.1]:80", "::ffff:127.0.0.1"},
		{"zone with a name", inet("fe80::1%lo", 80), "[fe80::1%lo]:80", "fe80::1%lo"},
		{"zone with an index", inet("fe80::1%1", 80), "[fe80::1%1]:80", "fe80::1%1"},
		{"unnamed", local(""), "", ""},
		{"path", local("/run/a b.sock"), "/run/a b.sock", "/run/a b.sock"},
		{"path with an at sign", local("@a"), "@a", "@a"},
		{"abstract", local("\x00name"), "@name", "\x00name"},
		{"empty abstract", local("\x00"), "@", "\x00"},
		{"abstract with NUL, control and bad UTF-8", local("\x00a\x00\n\xffé"), `@a\x00\n\xffé`, "\x00a\x00\n\xffé"},
		{"abstract with quote and backslash", local("\x00\"\\\"\\"), `@"\\"\\`, "\x00\"\\\"\\"},
		{"another family", Addr{Family: 99}, "family 99", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.addr.String(); got != tt.text {
				t.Errorf("String() = %q, want %q", got, tt.text)
			}
			if got := tt.addr.Host(); got != tt.host {
				t.Errorf("Host() = %q, want %q", got, tt.host)
			}
		})
	}
}

func TestInetTakesTheFamilyOfTheIP(t *testing.T) {
	tests := []struct {
		name   string
		ip     netip.Addr
		family int
	}{
		{"IPv4", netip.MustParseAddr("127.0.0.1"), unix.AF_INET},
		{"IPv6", netip.MustParseAddr("::1"), unix.AF_INET6},
		{"IPv4-mapped", netip.MustParseAddr("::ffff:127.0.0.1"), unix.AF_INET6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := Addr{Family: tt.family, IP: tt.ip, Port: 80}
			if got := Inet(tt.ip, 80); got != want {
				t.Errorf("got %#v, want %#v", got, want)
			}
		})
	}
	if got := Inet(netip.Addr{}, 80); !got.IsZero() {
		t.Errorf("of no IP: got %#v, want the zero Addr", got)
	}
}

func TestUnix(t *testing.T) {
	tooLong := fmt.Sprintf("at most %d bytes", maxPath)
	tests := []struct {
		name string
		path string
		err  *Error
	}{
		{"unnamed", "", nil},
		{"path", "/run/a.sock", nil},
		{"longest path", strings.Repeat("a", maxPath), nil},
		{"path too long", strings.Repeat("a", maxPath+1), &Error{"path", tooLong, fmt.Sprint(maxPath + 1)}},
		{"NUL inside", "a\x00b", &Error{"path", "without NUL bytes", `"a\x00b"`}},
		{"NUL at the end", "a\x00", &Error{"path", "without NUL bytes", `"a\x00"`}},
		{"long path with a NUL", strings.Repeat("a", 200) + "\x00",
			&Error{"path", "without NUL bytes", `"` + strings.Repeat("a", 64) + `"...`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { checkUnix(t, tt.path, tt.err) })
	}
}

func TestIsZero(t *testing.T) {
	if !(Addr{}).IsZero() {
		t.Error("the zero Addr is not zero")
	}
	for _, a := range []Addr{local(""), {Family: unix.AF_INET}, {Family: 99}} {
		if a.IsZero() {
			t.Errorf("%#v is zero", a)
		}
	}
}

func TestScopeID(t *testing.T) {
	tests := []struct {
		name string
		ip   string
		id   uint32
		zone string
	}{
		{"no zone", "fe80::1", 0, ""},
		{"IPv4", "127.0.0.1", 0, ""},
		{"index", "fe80::1%2", 2, ""},
		{"index with zeros", "fe80::1%002", 2, ""},
		{"zero", "fe80::1%0", 0, ""},
		{"greatest index", "fe80::1%4294967295", 4294967295, ""},
		{"beyond 32 bits", "fe80::1%4294967296", 0, "4294967296"},
		{"name", "fe80::1%eth0", 0, "eth0"},
		{"name that starts with a digit", "fe80::1%0eth", 0, "0eth"},
		{"sign", "fe80::1%+1", 0, "+1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if id, zone := inet(tt.ip, 80).ScopeID(); id != tt.id || zone != tt.zone {
				t.Errorf("got %d, %q, want %d, %q", id, zone, tt.id, tt.zone)
			}
		})
	}
}

func TestErrorSaysWhatIsValidAndWhatCame(t *testing.T) {
	err := &Error{What: "path", Want: "at most 107 bytes", Got: "120"}
	if got, want := err.Error(), "path must be at most 107 bytes, got 120"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func checkUnix(t *testing.T, path string, want *Error) {
	t.Helper()
	a, err := Unix(path)
	checkError(t, err, want)
	if want == nil && a != local(path) {
		t.Errorf("got %#v, want %#v", a, local(path))
	}
	if want != nil && !a.IsZero() {
		t.Errorf("with an error: got %#v, want the zero Addr", a)
	}
}

// checkError compares a whole *Error; want nil is no error.
func checkError(t *testing.T, err error, want *Error) {
	t.Helper()
	if want == nil {
		if err != nil {
			t.Errorf("error %v, want none", err)
		}
		return
	}
	var got *Error
	if !errors.As(err, &got) || *got != *want {
		t.Errorf("error %#v, want %#v", err, want)
	}
}

func inet(ip string, port int) Addr { return Inet(netip.MustParseAddr(ip), port) }

func local(path string) Addr { return Addr{Family: unix.AF_UNIX, Path: path} }
