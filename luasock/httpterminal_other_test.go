//go:build !linux

package luasock

import (
	"os"
	"testing"
)

func openTerminal(t *testing.T) (r, w *os.File) {
	t.Skip("how a terminal is opened is known for Linux only")
	return nil, nil
}
