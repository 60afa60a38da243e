//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package addr

// abstractNames says whether AF_UNIX has names outside the file system.
const abstractNames = false

// appendHead writes sa_len, the size of the whole address in bytes, and the
// family, one byte each.
func appendHead(b []byte, family, size int) []byte {
	return append(b, byte(size), byte(family))
}

func rawFamily(raw []byte) int { return int(raw[1]) }
