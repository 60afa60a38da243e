package addr

import "encoding/binary"

// abstractNames says whether AF_UNIX has names outside the file system.
const abstractNames = true

// appendHead writes the family, two bytes in native order. Linux keeps the
// size (in bytes) beside the address only.
func appendHead(b []byte, family, _ int) []byte {
	return binary.NativeEndian.AppendUint16(b, uint16(family))
}

func rawFamily(raw []byte) int { return int(binary.NativeEndian.Uint16(raw)) }
