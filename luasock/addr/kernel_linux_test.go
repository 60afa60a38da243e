package addr

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Each address is bound by its raw bytes and once more through x/sys/unix, and
// read back from the kernel both ways.
func TestTheKernelAgrees(t *testing.T) {
	t.Chdir(t.TempDir())
	abstract := fmt.Sprintf("\x00sockscript-addr-%d", os.Getpid())
	tests := []struct {
		name    string
		addr    Addr
		rawOnly bool // x/sys/unix cannot say it
	}{
		{"IPv4", inet("127.0.0.1", 0), false},
		{"IPv6", inet("::1", 0), false},
		{"IPv4-mapped", inet("::ffff:127.0.0.1", 0), false},
		{"IPv6 with an index", inet("ff02::1%1", 0), false},
		{"path", local("a"), false},
		{"path of 107 bytes", local(strings.Repeat("a", 107)), false},
		{"path with an at sign", local("@a"), true},
		{"abstract", local(abstract), false},
		{"abstract with NULs", local(abstract + "\x00b\x00"), true},
		{"abstract of 107 bytes", local(pad(abstract, 107)), false},
		{"abstract of 108 bytes", local(pad(abstract, 108)), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Run("raw", func(t *testing.T) {
				fd := socket(t, tt.addr.Family, unix.SOCK_DGRAM)
				checkBind(t, tt.addr, bindRaw(fd, tt.addr.AppendRaw(nil)))
				checkName(t, fd, tt.addr, !tt.rawOnly)
			})
			if tt.rawOnly {
				return
			}
			t.Run("x/sys/unix", func(t *testing.T) {
				fd := socket(t, tt.addr.Family, unix.SOCK_DGRAM)
				checkBind(t, tt.addr, unix.Bind(fd, tt.addr.Sockaddr()))
				checkName(t, fd, tt.addr, true)
			})
		})
	}
}

// Linux takes a path of 108 bytes that has no NUL and gives it back with one.
func TestAPathOf108BytesComesBack(t *testing.T) {
	t.Chdir(t.TempDir())
	a := local(strings.Repeat("a", 108))
	fd := socket(t, unix.AF_UNIX, unix.SOCK_DGRAM)
	check(t, "bind", bindRaw(fd, a.AppendRaw(nil)))
	raw := nameRaw(t, fd)
	if got, err := FromRaw(raw); len(raw) != 111 || got != a || err != nil {
		t.Errorf("%d bytes: %#v, %v, want 111 bytes, %#v", len(raw), got, err, a)
	}
}

func TestASocketpairIsUnnamed(t *testing.T) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	check(t, "socketpair", err)
	t.Cleanup(func() { unix.Close(fds[0]); unix.Close(fds[1]) })
	if n := len(nameRaw(t, fds[0])); n != 2 {
		t.Errorf("getsockname gives %d bytes, want 2", n)
	}
	checkName(t, fds[0], local(""), true)
}

func TestAnAcceptedPeerIsUnnamed(t *testing.T) {
	a := local(filepath.Join(t.TempDir(), "s"))
	listener := socket(t, unix.AF_UNIX, unix.SOCK_STREAM)
	client := socket(t, unix.AF_UNIX, unix.SOCK_STREAM)
	check(t, "bind", bindRaw(listener, a.AppendRaw(nil)))
	check(t, "listen", unix.Listen(listener, 1))
	check(t, "connect", unix.Connect(client, a.Sockaddr()))

	var raw [MaxRaw]byte
	size := uint32(len(raw))
	fd, _, errno := unix.Syscall6(unix.SYS_ACCEPT4, uintptr(listener),
		uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&size)), unix.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		t.Fatalf("accept4: %v", errno)
	}
	t.Cleanup(func() { unix.Close(int(fd)) })
	if got, err := FromRaw(raw[:size]); size != 2 || got != local("") || err != nil {
		t.Errorf("%d bytes: %#v, %v, want 2 bytes, unnamed", size, got, err)
	}
}

// unix(7): a bind to the family alone gets an abstract name from the kernel.
func TestBindingUnnamedGivesAnAbstractName(t *testing.T) {
	fd := socket(t, unix.AF_UNIX, unix.SOCK_DGRAM)
	check(t, "bind", bindRaw(fd, local("").AppendRaw(nil)))
	got, err := FromRaw(nameRaw(t, fd))
	if err != nil || len(got.Path) != 6 || got.Path[0] != 0 {
		t.Errorf("got %#v, %v, want a NUL and five bytes", got, err)
	}
}

// The kernel takes 108 bytes without a NUL but 107 with one; more it refuses.
func TestTheKernelRefusesWhatUnixRefuses(t *testing.T) {
	for _, path := range []string{strings.Repeat("a", 109), "\x00" + strings.Repeat("a", 108)} {
		err := bindRaw(socket(t, unix.AF_UNIX, unix.SOCK_DGRAM), local(path).AppendRaw(nil))
		if err != unix.EINVAL {
			t.Errorf("%d bytes: %v, want %v", len(path), err, unix.EINVAL)
		}
	}
}

func TestAnAtSignIsNotAnAbstractNameThroughSockaddr(t *testing.T) {
	t.Chdir(t.TempDir())
	fd := socket(t, unix.AF_UNIX, unix.SOCK_DGRAM)
	check(t, "unix.Bind", unix.Bind(fd, local("@a").Sockaddr()))
	if _, err := os.Stat("@a"); err != nil {
		t.Error(err)
	}
	checkName(t, fd, local("./@a"), true)
}

// checkBind sees to it that a bind to a worked, and frees its path afterwards.
// It skips the test where the system has switched IPv6 off.
func checkBind(t *testing.T, a Addr, err error) {
	t.Helper()
	if a.Family == unix.AF_INET6 && errors.Is(err, unix.EADDRNOTAVAIL) {
		t.Skip(err)
	}
	check(t, "bind", err)
	if a.Path != "" && !isAbstract(a.Path) {
		t.Cleanup(func() { os.Remove(a.Path) })
	}
}

// checkName compares a socket's own address, as raw bytes and, where x/sys/unix
// can say it, through that; a port of 0 in want stands for any.
func checkName(t *testing.T, fd int, want Addr, sockaddr bool) {
	t.Helper()
	raw := nameRaw(t, fd)
	got, err := FromRaw(raw)
	check(t, "FromRaw", err)
	if want.Port == 0 && want.IP.IsValid() && got.Port != 0 {
		want.Port = got.Port
	}
	if got != want {
		t.Errorf("FromRaw gives %#v, want %#v", got, want)
	}
	if again := got.AppendRaw(nil); !bytes.Equal(again, raw) {
		t.Errorf("AppendRaw gives % x, want % x", again, raw)
	}
	if !sockaddr {
		return
	}
	sa, err := unix.Getsockname(fd)
	check(t, "unix.Getsockname", err)
	if got := FromSockaddr(sa); got != want {
		t.Errorf("FromSockaddr gives %#v, want %#v", got, want)
	}
}

// socket opens a socket for the length of the test, and skips the test where
// the system has no such family.
func socket(t *testing.T, family, kind int) int {
	t.Helper()
	fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, 0)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		t.Skip(err)
	}
	check(t, "socket", err)
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func bindRaw(fd int, raw []byte) error {
	_, _, errno := unix.Syscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&raw[0])), uintptr(len(raw)))
	if errno != 0 {
		return errno
	}
	return nil
}

// nameRaw returns the bytes that getsockname(2) gives.
func nameRaw(t *testing.T, fd int) []byte {
	t.Helper()
	raw := make([]byte, MaxRaw)
	size := uint32(len(raw))
	_, _, errno := unix.Syscall(unix.SYS_GETSOCKNAME, uintptr(fd),
		uintptr(unsafe.Pointer(&raw[0])), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		t.Fatalf("getsockname: %v", errno)
	}
	return raw[:size]
}

func check(t *testing.T, call string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", call, err)
	}
}

// pad makes a name size bytes long.
func pad(name string, size int) string {
	return name + strings.Repeat("a", size-len(name))
}
