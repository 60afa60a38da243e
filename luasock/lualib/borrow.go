package lualib

import "unsafe"

// borrow looks at a string as bytes without copying it. They must not be
// written to.
func borrow(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

// given makes bytes a string without copying them. They must not be written to
// any more.
func given(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
