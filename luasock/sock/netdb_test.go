package sock

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
)

var databaseTests = []struct {
	name, text string
	protocols  string // as %v, joined
	services   string
}{
	{"empty", "", "", ""},
	{"blank lines and comments", "\n  \n# tcp 6\n\t#\n", "", ""},
	{"a protocol", "tcp\t6\tTCP\t# transmission control\n", "{tcp 6 [TCP]}", ""},
	{"several aliases, no newline at the end", "a 1 b c", "{a 1 [b c]}", ""},
	{"no alias", "a 1#b", "{a 1 []}", ""},
	{"a number alone, a name alone", "6\ntcp\n", "", ""},
	{"not a number", "tcp six\ntcp -1\ntcp 0x6\nudp 17", "{udp 17 []}", ""},
	{"too large", "a 2147483647\nb 2147483648\nc 99999999999999999999", "{a 2147483647 []}", ""},
	{"a service", "http 80/tcp www # web", "", "{http 80 tcp [www]}"},
	{"the same name twice", "domain 53/tcp\ndomain 53/udp", "", "{domain 53 tcp []} {domain 53 udp []}"},
	{"ports at and past the ends", "a 0/tcp\nb 65535/tcp\nc 65536/tcp\nd -1/tcp", "", "{a 0 tcp []} {b 65535 tcp []}"},
	{"no protocol", "a 1/\nb /tcp\nc 1/sctp", "", "{c 1 sctp []}"},
	{"CRLF, other white space", "http\v80/tcp\r\nssh 22/tcp\r\n", "", "{http 80 tcp []} {ssh 22 tcp []}"},
	{"NUL and no UTF-8 are text", "\x00\xff 6 \xfe", "{\x00\xff 6 [\xfe]}", ""},
}

func TestParseDatabases(t *testing.T) {
	for _, tt := range databaseTests {
		t.Run(tt.name, func(t *testing.T) {
			if got := words(slices.Collect(ParseProtocols(tt.text))); got != tt.protocols {
				t.Errorf("protocols:\n got %q\nwant %q", got, tt.protocols)
			}
			if got := words(slices.Collect(ParseServices(tt.text))); got != tt.services {
				t.Errorf("services:\n got %q\nwant %q", got, tt.services)
			}
		})
	}
}

// What was parsed, written again, gives the same; and no number is out of range.
func FuzzParseDatabases(f *testing.F) {
	for _, tt := range databaseTests {
		f.Add(tt.text)
	}
	f.Add(builtinProtocols)
	f.Add(builtinServices)
	f.Fuzz(func(t *testing.T, text string) {
		var again strings.Builder
		protocols := slices.Collect(ParseProtocols(text))
		for _, p := range protocols {
			fmt.Fprintln(&again, p.Name, p.Number, strings.Join(p.Aliases, " "))
		}
		if got := slices.Collect(ParseProtocols(again.String())); words(got) != words(protocols) {
			t.Errorf("protocols:\n got %q\nwant %q", words(got), words(protocols))
		}
		again.Reset()
		services := slices.Collect(ParseServices(text))
		for _, s := range services {
			if s.Port < 0 || s.Port > 65535 {
				t.Errorf("port %d", s.Port)
			}
			fmt.Fprintf(&again, "%s %d/%s %s\n", s.Name, s.Port, s.Protocol, strings.Join(s.Aliases, " "))
		}
		if got := slices.Collect(ParseServices(again.String())); words(got) != words(services) {
			t.Errorf("services:\n got %q\nwant %q", words(got), words(services))
		}
	})
}

func TestDatabaseStandsInForAMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "protocols")
	if got := database(path, builtinProtocols); got != builtinProtocols {
		t.Errorf("without a file: %q", got)
	}
	if err := os.WriteFile(path, []byte("own 200"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := database(path, builtinProtocols); got != "own 200" {
		t.Errorf("with a file: %q", got)
	}
}

// Every line that stands in for a file is an entry, and those that programs
// rely on are there.
func TestBuiltinDatabases(t *testing.T) {
	protocols := slices.Collect(ParseProtocols(builtinProtocols))
	if want := strings.Count(builtinProtocols, "\n") - 1; len(protocols) != want {
		t.Errorf("%d protocols, want %d", len(protocols), want)
	}
	services := slices.Collect(ParseServices(builtinServices))
	if want := strings.Count(builtinServices, "\n") - 1; len(services) != want {
		t.Errorf("%d services, want %d", len(services), want)
	}
	for _, want := range []string{"{tcp 6 [TCP]}", "{udp 17 [UDP]}", "{icmp 1 [ICMP]}", "{ipv6-icmp 58 [IPv6-ICMP]}", "{http 80 tcp [www]}", "{domain 53 udp []}"} {
		if !strings.Contains(words(protocols)+" "+words(services), want) {
			t.Errorf("%s is missing", want)
		}
	}
}

func TestEAIOfLookUps(t *testing.T) {
	other := errors.New("cancelled")
	tests := []struct {
		err, want error
	}{
		{nil, nil},
		{other, other},
		{&HostError{Code: HostNotFound}, EAI_NONAME},
		{&HostError{Code: TryAgain}, EAI_AGAIN},
		{&HostError{Code: NoRecovery}, EAI_FAIL},
		{&HostError{Code: NoAddress}, EAI_NODATA},
	}
	for _, tt := range tests {
		if got := eai(tt.err); got != tt.want {
			t.Errorf("eai(%v) = %v, want %v", tt.err, got, tt.want)
		}
	}
}

func TestEAITexts(t *testing.T) {
	for code := EAI_BADFLAGS; code >= EAI_ADDRFAMILY; code-- {
		if code.Error() == "Unknown error" {
			t.Errorf("%d has no text", code)
		}
	}
	if got := EAI(-99).Error(); got != "Unknown error" {
		t.Errorf("-99: %q", got)
	}
}

func TestNumericHost(t *testing.T) {
	tests := []struct {
		host string
		want string // "" for a name
	}{
		{"127.0.0.1", "127.0.0.1"},
		{"127.1", "127.0.0.1"},
		{"0x7f.1", "127.0.0.1"},
		{"0X7F000001", "127.0.0.1"},
		{"0x7f.0x0.0x0.0x1", "127.0.0.1"},
		{"010.1.1.1", "8.1.1.1"},
		{"0x", ""},
		{"0xg", ""},
		{"0x100.1.1.1", ""},
		{"0x100000000", ""},
		{"1.2.3.256", ""},
		{"127.0.0.1 ", ""},
		{"", ""},
		{"::1", "::1"},
		{"[::1]", ""},
		{"::ffff:1.2.3.4", "::ffff:1.2.3.4"},
		{"fe80::1%3", "fe80::1%3"},
		{"localhost", ""},
	}
	for _, tt := range tests {
		ip, ok := numericHost(tt.host)
		if ok != (tt.want != "") || ok && ip.String() != tt.want {
			t.Errorf("numericHost(%q) = %v, %v, want %q", tt.host, ip, ok, tt.want)
		}
	}
}

func TestAddrinfoString(t *testing.T) {
	four, six := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")
	tests := []struct {
		typ, protocol int
		ip            netip.Addr
		want          string
	}{
		{unix.SOCK_STREAM, unix.IPPROTO_TCP, four, "addrinfo: tcp 127.0.0.1:80"},
		{unix.SOCK_DGRAM, unix.IPPROTO_UDP, six, "addrinfo: udp [::1]:80"},
		{unix.SOCK_RAW, 0, four, "addrinfo: raw 127.0.0.1:80"},
		{unix.SOCK_RAW, unix.IPPROTO_ICMP, four, "addrinfo: raw 127.0.0.1:80"},
		{unix.SOCK_SEQPACKET, 132, four, "addrinfo: sctp 127.0.0.1:80"},
		{unix.SOCK_DGRAM, 77, four, "addrinfo: protocol-77 127.0.0.1:80"},
	}
	for _, tt := range tests {
		a := &Addrinfo{Type: tt.typ, Protocol: tt.protocol, Addr: addr.Inet(tt.ip, 80)}
		if got := a.String(); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// words is a list's elements as fmt shows them, with spaces between.
func words[T any](list []T) string {
	text := fmt.Sprint(list)
	return text[1 : len(text)-1]
}
