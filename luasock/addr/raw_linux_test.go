package addr

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var headTests = []struct {
	family, size int
	raw          []byte
}{
	{unix.AF_INET, 16, binary.NativeEndian.AppendUint16(nil, 2)},
	{unix.AF_UNIX, 2, binary.NativeEndian.AppendUint16(nil, 1)},
	{0x1234, 2, binary.NativeEndian.AppendUint16(nil, 0x1234)},
}

func TestAbstractNames(t *testing.T) {
	longest := "\x00" + strings.Repeat("a", 107)
	tests := []struct {
		name string
		path string
		err  *Error
	}{
		{"name", "\x00name", nil},
		{"empty", "\x00", nil},
		{"NULs inside and at the end", "\x00a\x00b\x00", nil},
		{"longest", longest, nil},
		{"too long", longest + "a", &Error{"abstract name", "at most 108 bytes", "109"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkUnix(t, tt.path, tt.err)
			raw := withHead(unix.AF_UNIX, tt.path)
			if got := local(tt.path).AppendRaw(nil); !bytes.Equal(got, raw) {
				t.Errorf("AppendRaw gives % x, want % x", got, raw)
			}
			if got, err := FromRaw(raw); got != local(tt.path) || err != nil {
				t.Errorf("FromRaw gives %#v, %v, want %q", got, err, tt.path)
			}
		})
	}
}

func TestTheLongestPathOnLinuxIs107Bytes(t *testing.T) {
	if maxPath != 107 {
		t.Errorf("maxPath = %d", maxPath)
	}
}
