package luatest

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// placeRows are the rows about ports and folders.
var placeRows = []bind.Row{
	{Name: "free_port", Sig: "free_port()", Returns: "integer", Doc: "Returns a port of 127.0.0.1 that is free, for TCP and UDP.", Fn: testFreePort},
	{Name: "wait_for_port", Sig: "wait_for_port(port [, timeout=5])", Returns: "boolean or error", Doc: "Waits until somebody accepts connections on the port of this machine, and returns true; nil, \"timeout\", ETIMEDOUT when nobody does.", Fn: testWaitForPort},
	{Name: "tempdir", Sig: "tempdir()", Returns: "string", Doc: "Makes a folder, which is removed with all that is in it, and returns its path.", Fn: testTempdir},
}

// loopback is 127.0.0.1.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

func testFreePort(c bind.Call) int {
	port, err := freePort(c.Host().(*luasock.VM).Net())
	if err != nil {
		return c.Fail(err)
	}
	return c.Integer(port)
}

// freePort asks the kernel for a port, for TCP, that is free for UDP too.
func freePort(n *sock.Net) (int, error) {
	const tries = 100
	err := error(unix.EADDRINUSE)
	for try := 0; try < tries && errors.Is(err, unix.EADDRINUSE); try++ {
		var port int
		if port, err = freeFor(n, unix.SOCK_STREAM, 0); err == nil {
			if port, err = freeFor(n, unix.SOCK_DGRAM, port); err == nil {
				return port, nil
			}
		}
	}
	return 0, err
}

// freeFor binds a port, 0 for any, and gives it back.
func freeFor(n *sock.Net, typ, port int) (int, error) {
	s, err := n.Socket(unix.AF_INET, typ, 0)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	if err := s.Bind(addr.Inet(loopback, port)); err != nil {
		return 0, err
	}
	at, err := s.Getsockname()
	return at.Port, err
}

func testWaitForPort(c bind.Call) int {
	vm := c.Host().(*luasock.VM)
	port := c.Int(1, 1, 65535)
	deadline := vm.Loop().Deadline(c.OptSeconds(2, 5*time.Second))
	return c.Done(waitForPort(vm, current(c), port, deadline))
}

// pollEvery is how often is looked for what no event tells.
const pollEvery = 10 * time.Millisecond

// waitForPort connects until somebody accepts.
func waitForPort(vm *luasock.VM, s *scope, port int, deadline time.Time) error {
	for {
		switch ready, err := accepts(vm, s, port, deadline); {
		case err != nil || ready:
			return err
		case !deadline.IsZero() && !time.Now().Before(deadline):
			return loop.ErrTimeout
		}
		if err := vm.Loop().Sleep(pollEvery); err != nil {
			return err
		}
	}
}

func testTempdir(c bind.Call) int { return c.Text(tempDir(c)) }

// tempDir makes a folder that is removed with the scope. Its path is short
// enough for that of a socket in it.
func tempDir(c bind.Call) string {
	vm := c.Host().(*luasock.VM)
	path, err := await(vm, "tempdir", func() (string, error) { return os.MkdirTemp("", "sockscript-") })
	if err != nil {
		c.Raise("test.%s: %s", c.Name(), err)
	}
	current(c).own(path, func() error {
		_, err := await(vm, "tempdir", func() (any, error) { return nil, os.RemoveAll(path) })
		return err
	})
	return path
}

// await has fn run on a goroutine of its own, to its end: what is cut short would
// leave something behind. In a VM that is being closed it waits in Go's way.
func await[T any](vm *luasock.VM, op string, fn func() (T, error)) (v T, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		v, err = fn()
	}()
	vm.Loop().Shielded(func() {
		loop.Await(vm.Loop(), loop.Why{Op: op}, time.Time{}, func(context.Context) (any, error) {
			<-done
			return nil, nil
		})
	})
	<-done
	return v, err
}
