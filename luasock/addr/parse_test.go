package addr

import (
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Each row was also given to PHP 8.2: gethostbyname and socket_connect on
// AF_INET for IPv4, inet_pton and socket_connect on AF_INET6 for IPv6 (that
// one refuses a zone on other than link-local addresses; we let the kernel
// judge). want "" is no address.
var ipTests = []struct {
	name   string
	family int
	text   string
	want   string
}{
	{"dotted quad", unix.AF_INET, "127.0.0.1", "127.0.0.1"},
	{"all zeros", unix.AF_INET, "0.0.0.0", "0.0.0.0"},
	{"all ones", unix.AF_INET, "255.255.255.255", "255.255.255.255"},
	{"three parts", unix.AF_INET, "1.2.3", "1.2.0.3"},
	{"three parts, greatest", unix.AF_INET, "1.2.65535", "1.2.255.255"},
	{"three parts, too great", unix.AF_INET, "1.2.65536", ""},
	{"two parts", unix.AF_INET, "127.1", "127.0.0.1"},
	{"two parts, greatest", unix.AF_INET, "1.16777215", "1.255.255.255"},
	{"two parts, too great", unix.AF_INET, "1.16777216", ""},
	{"one part", unix.AF_INET, "1", "0.0.0.1"},
	{"zero", unix.AF_INET, "0", "0.0.0.0"},
	{"one part, greatest", unix.AF_INET, "4294967295", "255.255.255.255"},
	{"one part, too great", unix.AF_INET, "4294967296", ""},
	{"one part, beyond 64 bits", unix.AF_INET, "18446744073709551616", ""},
	{"one part, octal, greatest", unix.AF_INET, "037777777777", "255.255.255.255"},
	{"one part, octal, too great", unix.AF_INET, "040000000000", ""},
	{"octal first part", unix.AF_INET, "0177.1", "127.0.0.1"},
	{"octal in a quad", unix.AF_INET, "010.0.0.1", "8.0.0.1"},
	{"octal last part", unix.AF_INET, "10.0.0.0377", "10.0.0.255"},
	{"octal last part, too great", unix.AF_INET, "10.0.0.0400", ""},
	{"octal first part, too great", unix.AF_INET, "0400.0.0.1", ""},
	{"many zeros", unix.AF_INET, "0000000000000000000000000177.1", "127.0.0.1"},
	{"zeros alone", unix.AF_INET, "000.0", "0.0.0.0"},
	{"no octal digit", unix.AF_INET, "08", ""},
	{"no octal digit in a quad", unix.AF_INET, "1.2.3.08", ""},
	{"first part too great", unix.AF_INET, "256.1.1.1", ""},
	{"middle part too great", unix.AF_INET, "1.256.1.1", ""},
	{"last part too great", unix.AF_INET, "1.2.3.256", ""},
	{"five parts", unix.AF_INET, "1.2.3.4.5", ""},
	{"dot at the end", unix.AF_INET, "127.0.0.1.", ""},
	{"short form with a dot at the end", unix.AF_INET, "1.2.3.", ""},
	{"dot at the start", unix.AF_INET, ".1", ""},
	{"empty part", unix.AF_INET, "1..2", ""},
	{"nothing", unix.AF_INET, "", ""},
	{"hex", unix.AF_INET, "0x7f000001", ""},
	{"hex part", unix.AF_INET, "0x7f.1", ""},
	{"space behind", unix.AF_INET, "127.0.0.1 ", ""},
	{"space before", unix.AF_INET, " 127.0.0.1", ""},
	{"minus", unix.AF_INET, "-1", ""},
	{"plus", unix.AF_INET, "+1", ""},
	{"underscore", unix.AF_INET, "1_0", ""},
	{"other digits", unix.AF_INET, "١.1", ""},
	{"NUL", unix.AF_INET, "127.0.0.1\x00", ""},
	{"name", unix.AF_INET, "localhost", ""},
	{"zone on IPv4", unix.AF_INET, "127.0.0.1%lo", ""},
	{"IPv6 for IPv4", unix.AF_INET, "::1", ""},
	{"IPv4-mapped for IPv4", unix.AF_INET, "::ffff:127.0.0.1", ""},

	{"loopback", unix.AF_INET6, "::1", "::1"},
	{"any", unix.AF_INET6, "::", "::"},
	{"upper case", unix.AF_INET6, "FE80::A", "fe80::a"},
	{"ellipsis for one group", unix.AF_INET6, "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
	{"ellipsis for no group", unix.AF_INET6, "1:2:3:4:5:6:7::8", ""},
	{"two ellipses", unix.AF_INET6, "1::2::3", ""},
	{"IPv4-mapped", unix.AF_INET6, "::ffff:127.0.0.1", "::ffff:127.0.0.1"},
	{"dotted end", unix.AF_INET6, "1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
	{"short dotted end", unix.AF_INET6, "::1.2.3", ""},
	{"octal dotted end", unix.AF_INET6, "::01.2.3.4", ""},
	{"seven groups", unix.AF_INET6, "1:2:3:4:5:6:7", ""},
	{"nine groups", unix.AF_INET6, "1:2:3:4:5:6:7:8:9", ""},
	{"group of five digits", unix.AF_INET6, "00001::", ""},
	{"colon at the end", unix.AF_INET6, "1:", ""},
	{"brackets", unix.AF_INET6, "[::1]", ""},
	{"zone with a name", unix.AF_INET6, "fe80::1%lo", "fe80::1%lo"},
	{"zone with an index", unix.AF_INET6, "fe80::1%1", "fe80::1%1"},
	{"zone that does not exist", unix.AF_INET6, "fe80::1%nope", "fe80::1%nope"},
	{"zone of an alias", unix.AF_INET6, "fe80::1%eth0:1", "fe80::1%eth0:1"},
	{"zone on loopback", unix.AF_INET6, "::1%lo", "::1%lo"},
	{"empty zone", unix.AF_INET6, "fe80::1%", ""},
	{"NUL in the zone", unix.AF_INET6, "fe80::1%lo\x00", ""},
	{"space in the zone", unix.AF_INET6, "fe80::1%lo ", ""},
	{"slash in the zone", unix.AF_INET6, "fe80::1%lo/64", ""},
	{"IPv4 for IPv6", unix.AF_INET6, "127.0.0.1", ""},
	{"short IPv4 for IPv6", unix.AF_INET6, "1", ""},

	{"either: IPv4", unix.AF_UNSPEC, "127.0.0.1", "127.0.0.1"},
	{"either: short IPv4", unix.AF_UNSPEC, "127.1", "127.0.0.1"},
	{"either: IPv6", unix.AF_UNSPEC, "fe80::1%lo", "fe80::1%lo"},
	{"either: name", unix.AF_UNSPEC, "localhost", ""},
	{"neither: AF_UNIX", unix.AF_UNIX, "127.0.0.1", ""},
}

func TestParseIP(t *testing.T) {
	for _, tt := range ipTests {
		t.Run(tt.name, func(t *testing.T) {
			var want netip.Addr
			if tt.want != "" {
				want = netip.MustParseAddr(tt.want)
			}
			got, ok := ParseIP(tt.family, tt.text)
			if got != want || ok != want.IsValid() {
				t.Errorf("ParseIP(%d, %q) = %v, %v, want %v", tt.family, tt.text, got, ok, want)
			}
		})
	}
}

var hostPortTests = []struct {
	name string
	text string
	host string
	port string
	want string // of the *Error; "" is no error
}{
	{name: "IPv4 and port", text: "127.0.0.1:80", host: "127.0.0.1", port: "80"},
	{name: "name and port", text: "example.org:http", host: "example.org", port: "http"},
	{name: "bracketed and port", text: "[::1]:80", host: "::1", port: "80"},
	{name: "bracketed with a zone", text: "[fe80::1%eth0:1]:80", host: "fe80::1%eth0:1", port: "80"},
	{name: "bracketed IPv4", text: "[127.0.0.1]:80", host: "127.0.0.1", port: "80"},
	{name: "bracketed alone", text: "[::1]", host: "::1"},
	{name: "bracketed colon", text: "[:]", host: ":"},
	{name: "host alone", text: "localhost", host: "localhost"},
	{name: "bare IPv6", text: "::1", host: "::1"},
	{name: "bare IPv6 with a zone", text: "fe80::1%lo", host: "fe80::1%lo"},
	{name: "bare IPv6 that looks like a port", text: "::1:80", host: "::1:80"},
	{name: "port alone", text: ":80", port: "80"},
	{name: "nothing"},
	{name: "any host, any port", text: "a b: +9x", host: "a b", port: " +9x"},
	{name: "colon without a port", text: "127.0.0.1:", want: forms},
	{name: "colon alone", text: ":", want: forms},
	{name: "bracketed, colon without a port", text: "[::1]:", want: forms},
	{name: "unclosed bracket", text: "[::1", want: forms},
	{name: "unclosed bracket before a port", text: "[::1:80", want: forms},
	{name: "bracket alone", text: "[", want: forms},
	{name: "empty brackets", text: "[]:80", want: forms},
	{name: "text after the bracket", text: "[::1]x", want: forms},
	{name: "text between bracket and port", text: "[::1]x:80", want: forms},
	{name: "two ports", text: "127.0.0.1:80:80", want: forms},
	{name: "two ports after the bracket", text: "[::1]:80:80", want: forms},
	{name: "colons that are no IPv6", text: "a:b:c", want: forms},
	{name: "stray closing bracket", text: "host]:80", want: forms},
	{name: "stray opening bracket", text: "ho[st:80", want: forms},
	{name: "bracket in the port", text: "host:80]", want: forms},
	{name: "bracket in a bare zone", text: "fe80::1%]", want: forms},
	{name: "brackets twice", text: "[[::1]]:80", want: forms},
	{name: "opening bracket twice", text: "[[::1]:80", want: forms},
	{name: "NUL in the host", text: "ho\x00st:80", want: "without NUL bytes"},
	{name: "NUL in the port", text: "[::1]:80\x00", want: "without NUL bytes"},
	{name: "NUL in a bare zone", text: "fe80::1%\x00", want: "without NUL bytes"},
}

const forms = "host:port, [host]:port or host"

func TestParseHostPort(t *testing.T) {
	for _, tt := range hostPortTests {
		t.Run(tt.name, func(t *testing.T) {
			var want *Error
			if tt.want != "" {
				want = &Error{"address", tt.want, strconv.Quote(tt.text)}
			}
			host, port, err := ParseHostPort(tt.text)
			checkError(t, err, want)
			if host != tt.host || port != tt.port {
				t.Errorf("got %q, %q, want %q, %q", host, port, tt.host, tt.port)
			}
		})
	}
}

var portTests = []struct {
	name string
	text string
	want int
	ok   bool
}{
	{"least", "0", 0, true},
	{"greatest", "65535", 65535, true},
	{"leading zeros are decimal", "0080", 80, true},
	{"too great", "65536", 0, false},
	{"beyond 64 bits", "18446744073709551616", 0, false},
	{"negative", "-1", 0, false},
	{"plus", "+80", 0, false},
	{"nothing", "", 0, false},
	{"space", " 80", 0, false},
	{"text behind", "80x", 0, false},
	{"hex", "0x50", 0, false},
	{"underscore", "8_0", 0, false},
	{"fraction", "80.0", 0, false},
	{"NUL", "80\x00", 0, false},
	{"service", "http", 0, false},
}

func TestParsePort(t *testing.T) {
	for _, tt := range portTests {
		t.Run(tt.name, func(t *testing.T) {
			var want *Error
			if !tt.ok {
				want = &Error{"port", "0 to 65535", strconv.Quote(tt.text)}
			}
			port, err := ParsePort(tt.text)
			checkError(t, err, want)
			if port != tt.want {
				t.Errorf("got %d, want %d", port, tt.want)
			}
		})
	}
}

func TestALongTextIsCutInTheError(t *testing.T) {
	_, err := ParsePort(strings.Repeat("9", 1000))
	checkError(t, err, &Error{"port", "0 to 65535", `"` + strings.Repeat("9", 64) + `"...`})
}

// What ParseIP takes, it takes again as Go writes it, and no family takes the
// other's.
func FuzzParseIP(f *testing.F) {
	for _, tt := range ipTests {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ip4, ok4 := ParseIP(unix.AF_INET, text)
		ip6, ok6 := ParseIP(unix.AF_INET6, text)
		ip, ok := ParseIP(unix.AF_UNSPEC, text)
		if ok4 && ok6 || ok != (ok4 || ok6) || ok4 && ip != ip4 || ok6 && ip != ip6 {
			t.Fatalf("IPv4 %v, IPv6 %v, either %v", ip4, ip6, ip)
		}
		if ok4 != ip4.Is4() || ok6 != ip6.Is6() {
			t.Fatalf("IPv4 %v %v, IPv6 %v %v", ip4, ok4, ip6, ok6)
		}
		if again, _ := ParseIP(unix.AF_UNSPEC, ip.String()); again != ip {
			t.Fatalf("%v came back as %v", ip, again)
		}
	})
}

// What ParseHostPort gives, it gives again for the two parts put together.
func FuzzParseHostPort(f *testing.F) {
	for _, tt := range hostPortTests {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, port, err := ParseHostPort(text)
		if err != nil {
			if host != "" || port != "" {
				t.Fatalf("%q, %q with %v", host, port, err)
			}
			return
		}
		if strings.Contains(host+port, "\x00") {
			t.Fatalf("NUL in %q, %q", host, port)
		}
		joined := joinHostPort(host, port)
		if h, p, err := ParseHostPort(joined); h != host || p != port || err != nil {
			t.Fatalf("%q gives %q, %q, %v, want %q, %q", joined, h, p, err, host, port)
		}
	})
}

func FuzzParsePort(f *testing.F) {
	for _, tt := range portTests {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		port, err := ParsePort(text)
		if err != nil {
			return
		}
		if port < 0 || port > 65535 {
			t.Fatalf("%q gives %d", text, port)
		}
		if again, err := ParsePort(strconv.Itoa(port)); again != port || err != nil {
			t.Fatalf("%d came back as %d, %v", port, again, err)
		}
	})
}

// joinHostPort is the inverse of ParseHostPort.
func joinHostPort(host, port string) string {
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" {
		return host
	}
	return host + ":" + port
}
