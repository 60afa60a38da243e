//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package addr

import (
	"testing"

	"golang.org/x/sys/unix"
)

var headTests = []struct {
	family, size int
	raw          []byte
}{
	{unix.AF_INET, 16, []byte{16, 2}},
	{unix.AF_UNIX, 2, []byte{2, 1}},
	{unix.AF_INET6, 28, []byte{28, unix.AF_INET6}},
}

func TestThereAreNoAbstractNames(t *testing.T) {
	checkUnix(t, "\x00name", &Error{"path", "without NUL bytes", `"\x00name"`})
	if a, err := FromRaw(withHead(unix.AF_UNIX, "\x00name")); a != local("") || err != nil {
		t.Errorf("FromRaw gives %#v, %v, want unnamed", a, err)
	}
}

func TestTheLongestPathOnBSDIs103Bytes(t *testing.T) {
	if maxPath != 103 {
		t.Errorf("maxPath = %d", maxPath)
	}
}
