package cli

import (
	"runtime"
	"sync/atomic"
)

// reserve is memory that nobody uses, and that the system therefore does not
// hand out either: it only counts. The collector runs when the heap has doubled,
// and with these bytes in it a small program's does so seldom; without them one
// that receives pieces of 64 KB collects at every 60th, and is half as fast.
type reserve struct {
	bytes atomic.Pointer[[32 << 20]byte]
}

// newReserve returns a reserve that is made when the collector has run for the
// first time. To make it at once would start the collector at once, which takes
// a tenth of the time that an empty program takes.
func newReserve() *reserve {
	r := &reserve{}
	runtime.AddCleanup(new([16]byte), func(r *reserve) { r.bytes.Store(new([32 << 20]byte)) }, r)
	return r
}
