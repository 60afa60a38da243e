package luatest

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/trace"
)

// scope is what owns resources: a test, a block (what before_all makes), or a
// file. It belongs to the goroutine of its file's VM.
type scope struct {
	name   string
	file   *file
	parent *scope // nil for a file
	isTest bool

	start time.Time

	output    bytes.Buffer  // what its tasks have printed
	traffic   *trace.Record // of its sockets
	resources []*resource
	failures  []Failure
	notes     []note
	finally   []*lua.LFunction    // of a test
	spared    map[*loop.Task]bool // tasks that are no leak
	sockets   map[uint64]*made    // that are open, by ID
	commands  []*popened          // of io.popen

	tell func(message string) // of a script that is no test: prints what would fail one
}

// made is where a socket or a command was made.
type made struct {
	source string
	line   int
}

// note is shown when the test fails.
type note struct {
	what string
	text func() string
}

func newScope(name string, f *file, parent *scope) *scope {
	return &scope{name: name, file: f, parent: parent, start: time.Now(), spared: map[*loop.Task]bool{}, sockets: map[uint64]*made{}}
}

// current is the scope of the test that runs now, also in the tasks that it
// started; outside any test that of the block or the file; at a prompt that of
// the VM.
func current(c bind.Call) *scope {
	return currentOf(c.Host().(*luasock.VM))
}

func currentOf(vm *luasock.VM) *scope {
	if t := vm.Loop().Current(); t != nil {
		if s, ok := t.Group.(*scope); ok {
			return s
		}
	}
	s, _ := vm.Loop().Main().Group.(*scope)
	return s
}

// resource is something that its scope closes.
type resource struct {
	scope *scope
	what  string
	close func() error
}

// own has close called when the scope ends, those of later resources first. It is
// called in a task, so it may wait. What it returns fails the test.
func (s *scope) own(what string, close func() error) *resource {
	r := &resource{scope: s, what: what, close: close}
	s.resources = append(s.resources, r)
	return r
}

// release forgets a resource that was closed before its scope has ended.
func (r *resource) release() {
	list := r.scope.resources
	for i, other := range list {
		if other == r {
			r.scope.resources = append(list[:i], list[i+1:]...)
			return
		}
	}
}

// closeResources closes what the scope owns.
func (s *scope) closeResources() {
	for len(s.resources) > 0 {
		r := s.resources[len(s.resources)-1]
		s.resources = s.resources[:len(s.resources)-1]
		if err := r.close(); err != nil {
			s.fail("closing %s: %s", r.what, err)
		}
	}
}

// fail fails the test for something that happened beside its own flow, as an
// error in a server's handler does. What belongs to a block fails the one test
// that runs in it now, if it is one, else the block.
func (s *scope) fail(format string, args ...any) {
	message := strings.TrimSpace(fmt.Sprintf(format, args...))
	if s.tell != nil {
		s.tell(message)
		return
	}
	s.blame(&Failure{Kind: KindError, Message: message})
}

// failWith is fail for the error of a Lua call in what.
func (s *scope) failWith(L *lua.LState, what string, err *luasock.Error) {
	if s.tell != nil {
		s.tell(fmt.Sprintf("%s: %s\n%s", what, s.file.message(L, err.Value), err.Traceback))
		return
	}
	f := s.file.failure(L, err, 0)
	f.Message = what + ": " + f.Message
	s.blame(f)
}

// blame adds a failure to the test that is to blame.
func (s *scope) blame(f *Failure) {
	at := s
	if only := s.file.onlyRunning(); only != nil && !s.isTest {
		at = only
	}
	at.failures = append(at.failures, *f)
}

// note has text called, and what it gives shown, if the test fails: the last
// output of a process, the seed of a proxy.
func (s *scope) note(what string, text func() string) {
	s.notes = append(s.notes, note{what, text})
}

// exempt says that the socket with this ID is no leak: something that the scope
// owns closes it.
func (s *scope) exempt(id uint64) { delete(s.sockets, id) }

// hide exempts a socket of the works, whose traffic is of no interest: what goes
// over it is seen at the script's own sockets.
func (s *scope) hide(id uint64) {
	s.exempt(id)
	f := s.file
	if f.hidden == nil {
		f.hidden = map[uint64]bool{}
	}
	f.hidden[id] = true
	if at := currentOf(f.vm); at != nil && at.traffic != nil {
		at.traffic.Forget(id)
	}
}

// spawn starts a task that belongs to the scope and is no leak: something that
// the scope owns ends it.
func (s *scope) spawn(vm *luasock.VM, name string, fn func(L *lua.LState)) *loop.Task {
	t := vm.Go(name, fn)
	t.Group = s
	s.spared[t] = true
	return t
}
