package luatest

import (
	"bytes"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// readiness is one sign that a program is ready.
type readiness struct {
	port    int    // accepts connections
	text    string // stands in the output
	pattern string // a Lua pattern that the output matches
	path    string // exists
}

func (r readiness) String() string {
	switch {
	case r.port != 0:
		return fmt.Sprintf("port %d", r.port)
	case r.text != "":
		return fmt.Sprintf("%q in its output", r.text)
	case r.pattern != "":
		return fmt.Sprintf("the pattern %q in its output", r.pattern)
	}
	return r.path
}

// readinessOf reads the key ready.
func readinessOf(f bind.Fields, v lua.LValue) []readiness {
	const want = `a port, a text, {pattern = …}, a path such as "/run/x.sock" or "./x", or a list of those`
	switch v := v.(type) {
	case lua.LNumber:
		return []readiness{{port: f.Int("ready", 1, 65535)}}
	case lua.LString:
		text := string(v)
		switch {
		case text == "":
			f.Wrong("ready", want)
		case strings.HasPrefix(text, "/") || strings.HasPrefix(text, "./") || strings.HasPrefix(text, "../"):
			return []readiness{{path: text}}
		}
		return []readiness{{text: text}}
	case *lua.LTable:
		if pattern, ok := v.RawGetString("pattern").(lua.LString); ok && pattern != "" {
			return []readiness{{pattern: string(pattern)}}
		}
		return readinessList(f, v, want)
	}
	f.Wrong("ready", want)
	return nil
}

// readinessList reads several signs, all of which must be there.
func readinessList(f bind.Fields, list *lua.LTable, want string) (all []readiness) {
	for i := 1; i <= list.Len(); i++ {
		switch v := list.RawGetInt(i).(type) {
		case lua.LNumber:
			port, ok := bind.Whole(v)
			if !ok || port < 1 || port > 65535 {
				f.Bad(fmt.Sprintf("ready[%d]", i), "must be a port, 1 to 65535, got %s", bind.Describe(v))
			}
			all = append(all, readiness{port: port})
		case lua.LString, *lua.LTable:
			if t, ok := v.(*lua.LTable); ok && t.Len() > 0 {
				f.Bad(fmt.Sprintf("ready[%d]", i), "must not be a list")
			}
			all = append(all, readinessOf(f, v)...)
		default:
			f.Wrong("ready", want)
		}
	}
	if all == nil {
		f.Wrong("ready", want)
	}
	return all
}

// awaitReady waits until the program shows every sign. The problem says why it
// did not; an error is what cut the wait short.
func (p *process) awaitReady(L *lua.LState, cmd command) (problem string, err error) {
	l, began := p.vm.Loop(), time.Now()
	deadline := l.Deadline(cmd.timeout)
	defer func() { p.pipes.search = nil }()
	for _, r := range cmd.ready {
		for {
			ended, closed := p.ended(), p.pipes.ended // before the look: what came last counts
			ready, err := p.shows(L, r, deadline)
			switch {
			case err != nil:
				return "", err
			case ready:
			case ended && (closed || time.Since(began) > cmd.timeout):
				return fmt.Sprintf("%s before it was ready (%s); its last output:", p.outcome(), r), nil
			case !deadline.IsZero() && !time.Now().Before(deadline):
				return fmt.Sprintf("was not ready after %v (%s); its last output:", cmd.timeout, r), nil
			}
			if ready {
				break
			}
			if err := p.pipes.news.wait(l, loop.Why{Op: "ready", On: p}, l.Deadline(pollEvery)); err != nil && err != loop.ErrTimeout {
				return "", err
			}
		}
	}
	return "", nil
}

// shows looks for a sign.
func (p *process) shows(L *lua.LState, r readiness, deadline time.Time) (bool, error) {
	switch {
	case r.port != 0:
		return accepts(p.vm, p.scope, r.port, deadline)
	case r.text != "":
		return bytes.Contains(p.pipes.search, []byte(r.text)), nil
	case r.pattern != "":
		return p.matches(L, r.pattern)
	}
	path := r.path
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.cmd.Dir, path)
	}
	_, err := os.Stat(path)
	return err == nil, nil
}

// matches asks the VM's string.find.
func (p *process) matches(L *lua.LState, pattern string) (bool, error) {
	find := L.GetField(L.GetField(L.GetMetatable(lua.LString("")), "__index"), "find")
	results, err := p.vm.Call(L, find, lua.LString(p.pipes.search), lua.LString(pattern))
	return err == nil && len(results) > 0 && results[0] != lua.LNil, err
}

// accepts tells whether somebody accepts connections on a port of this machine.
func accepts(vm *luasock.VM, s *scope, port int, deadline time.Time) (bool, error) {
	list := []addr.Addr{addr.Inet(loopback, port), addr.Inet(netip.IPv6Loopback(), port)}
	c, err := vm.Net().Dial(list, unix.SOCK_STREAM, deadline, func(c *sock.Sock, _ addr.Addr) error {
		s.hide(c.ID())
		return nil
	})
	switch {
	case err == nil:
		return true, c.Close()
	case isBroken(err) || err == loop.ErrTimeout:
		return false, nil
	}
	return false, err
}
