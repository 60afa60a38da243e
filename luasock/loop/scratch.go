package loop

import (
	"bytes"
	"strings"
	"unsafe"
)

const (
	// ScratchSize is how many bytes a Scratch gives at least; the largest UDP
	// datagram fits.
	ScratchSize = 64 << 10
	// Large is from how many bytes on memory is given away instead of copied: that
	// costs less.
	Large = ScratchSize * 3 / 4
	// block is how much memory a Scratch takes at once. Who keeps a Large text keeps
	// its block.
	block = 512 << 10
)

// Scratch is memory into which the kernel writes what is received. All sockets
// of a loop share it, so that one that waits holds none. The zero Scratch is
// ready to use; it belongs to the loop's goroutine.
type Scratch struct {
	p []byte
}

// Bytes is the memory, ScratchSize bytes or more, which may hold anything.
func (s *Scratch) Bytes() []byte {
	if len(s.p) < ScratchSize {
		s.p = uncleared(block)
	}
	return s.p
}

// Take gives p to the caller, for good: the memory, when p lies at its beginning,
// else a copy.
func (s *Scratch) Take(p []byte) []byte {
	n := len(p)
	if n == 0 || unsafe.SliceData(p) != unsafe.SliceData(s.p) {
		return bytes.Clone(p)
	}
	const line = 64 // bytes; where one begins the kernel copies fastest to
	s.p = s.p[min(len(s.p), (n+line-1)&^(line-1)):]
	return p[:n:n]
}

// Text makes a string of p, which the caller must not use any more. What is
// Large, and lies at the beginning of the memory, is not copied.
func (s *Scratch) Text(p []byte) string {
	if len(p) < Large {
		return string(p)
	}
	return String(s.Take(p))
}

// String makes a string of p without a copy: nobody may write to p any more.
func String(p []byte) string { return unsafe.String(unsafe.SliceData(p), len(p)) }

// uncleared is n bytes, more than 0, as the allocator finds them: what the
// kernel overwrites need not be cleared.
func uncleared(n int) []byte {
	var b strings.Builder // the one of the standard library's that does not clear
	b.Grow(n)
	b.WriteByte(0)
	return unsafe.Slice(unsafe.StringData(b.String()), n)
}
