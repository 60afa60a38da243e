package loop

import (
	"strings"
	"unsafe"
)

// ScratchSize is the size of a Scratch in bytes; the largest UDP datagram fits.
const ScratchSize = 64 << 10

// Scratch is memory into which the kernel writes what is received. All sockets
// of a loop share it, so that one that waits holds none. The zero Scratch is
// ready to use; it belongs to the loop's goroutine.
type Scratch struct {
	p []byte
}

// Bytes is the memory, ScratchSize bytes, which may hold anything.
func (s *Scratch) Bytes() []byte {
	if s.p == nil {
		s.p = uncleared(ScratchSize)
	}
	return s.p
}

// Text makes a string of p, which the caller must not use any more. When p fills
// most of the Scratch, its memory becomes the string, and the Scratch takes new
// one: so much costs more to copy than to allocate.
func (s *Scratch) Text(p []byte) string {
	if len(p) < ScratchSize*3/4 || unsafe.SliceData(p) != unsafe.SliceData(s.p) {
		return string(p)
	}
	s.p = nil
	return unsafe.String(unsafe.SliceData(p), len(p))
}

// uncleared is n bytes, more than 0, as the allocator finds them: what the
// kernel overwrites need not be cleared.
func uncleared(n int) []byte {
	var b strings.Builder // the one of the standard library's that does not clear
	b.Grow(n)
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), n)
}
