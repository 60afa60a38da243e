package luatest

import (
	"testing"

	"sockscript/luasock"
)

// pauseFunc looks for the listener of the test that has failed.
func pauseFunc(t *testing.T, paused *int) func(vm *luasock.VM, r *Result) {
	return func(vm *luasock.VM, r *Result) {
		*paused++
		if list := vm.Net().Sockets(); len(list) != 1 || len(r.Failures) != 1 {
			t.Errorf("at the pause there are %d sockets and %d failures", len(list), len(r.Failures))
		}
	}
}
