package stream

// Moved is how many bytes the kernel has moved past the streams.
func (g *Group) Moved() uint64 { return g.moved }

// SetMostUntil puts another number in the place of MostUntil.
func (g *Group) SetMostUntil(n int) { g.mostUntil = n }

// Holds is how much memory the stream keeps for what it has read ahead.
func (s *Stream) Holds() int { return cap(s.buf) }
