package luatest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// patience is how long a test's tasks may take to end after it.
const patience = 200 * time.Millisecond

// observe notes which sockets a scope has opened and not closed.
func (f *file) observe(e sock.Event) {
	s := f.ownerOf(e)
	if e.ID > f.lastSocket {
		f.lastSocket = e.ID
		if s != nil && f.vm.Loop().Current() != nil {
			source, line := f.vm.Position()
			s.sockets[e.ID] = &made{source, line}
			f.owners[e.ID] = s
		}
	}
	if owner := f.owners[e.ID]; owner != nil && (e.Op == "close" && e.Err != sock.ErrUnreferenced || e.Op == "detach") {
		delete(owner.sockets, e.ID)
		delete(f.owners, e.ID)
	}
	f.record(s, e)
}

// ownerOf is the scope of the task in which something happened. A connection of the
// module http works outside of the tasks of tests: it is its owner's then, or, when
// it is kept from an earlier test, of the test that runs.
func (f *file) ownerOf(e sock.Event) *scope {
	if t := f.vm.Loop().Current(); t != nil {
		if s, ok := t.Group.(*scope); ok && (!s.isTest || slices.Contains(f.running, s)) {
			return s
		}
	}
	if owner := f.owners[e.ID]; owner != nil && (!owner.isTest || slices.Contains(f.running, owner)) {
		return owner
	}
	return f.onlyRunning()
}

// leaks tells of the tasks, sockets and commands that a scope has left.
func (f *file) leaks(s *scope) []Failure {
	var failures []Failure
	for _, t := range f.leftTasks(s) {
		where := t.String()
		failures = append(failures, f.leak(where, "a task was left that has not ended"+describeWaits([]loop.Waits{waitsOf(t)})))
	}
	for _, id := range s.openSockets(f) {
		m := s.sockets[id]
		where := fmt.Sprintf("%s:%d", m.source, m.line)
		failures = append(failures, f.leak(where, "a socket was left open\n  "+f.socketText(id)))
	}
	for _, c := range f.leftCommands(s) {
		where := fmt.Sprintf("%s:%d", c.source, c.line)
		failures = append(failures, f.leak(where, "a command of io.popen was left running\n  "+c.text))
	}
	return failures
}

// openSockets lists the IDs of those that the scope has not closed.
func (s *scope) openSockets(f *file) []uint64 {
	if len(s.sockets) == 0 {
		return nil
	}
	pooled := map[uint64]bool{}
	for _, i := range f.vm.Net().Sockets() {
		pooled[i.ID] = i.Pooled
	}
	var ids []uint64
	for id := range s.sockets {
		if !pooled[id] {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// socketText is what the socket is now, or that the collector has closed it.
func (f *file) socketText(id uint64) string {
	for _, i := range f.vm.Net().Sockets() {
		if i.ID != id {
			continue
		}
		text := i.Kind
		if local := i.Local.String(); local != "" {
			text += " " + local
		}
		if remote := i.Remote.String(); remote != "" {
			text += " -> " + remote
		}
		return text + " " + i.State.String()
	}
	return "nothing refers to it any more, and the collector has closed it"
}

// leak is a failure at the line where something was made.
func (f *file) leak(where, message string) Failure {
	failure := Failure{Kind: KindLeak, Message: message}
	f.locate(&failure, where)
	if failure.File == "" && where != "" {
		failure.Message = strings.Replace(message, "\n", ": "+where+"\n", 1)
	}
	return failure
}

// leftTasks are the tasks of a scope that do not end soon and that nothing ends.
func (f *file) leftTasks(s *scope) []*loop.Task {
	left := f.tasksOf(s)
	if len(left) == 0 {
		return nil
	}
	f.stretch(s, "waiting for tasks", 0, func(*lua.LState) {
		deadline := time.Now().Add(patience)
		for _, t := range left {
			t.Join(deadline)
		}
	})
	return f.tasksOf(s)
}

func (f *file) tasksOf(s *scope) []*loop.Task {
	var list []*loop.Task
	for _, t := range f.vm.Loop().Tasks() {
		if t.Group == s && !s.spared[t] {
			list = append(list, t)
		}
	}
	return list
}

// sweep ends and closes what a scope has left, so that it does not disturb the
// tests that follow.
func (f *file) sweep(s *scope) {
	if left := f.tasksOf(s); len(left) > 0 {
		f.killTasks(s)
		f.stretch(s, "ending tasks", 0, func(*lua.LState) {
			for _, t := range left {
				t.Join(time.Now().Add(patience))
			}
		})
	}
	for _, id := range s.openSockets(f) {
		f.vm.Net().Abandon(id)
		delete(f.owners, id)
	}
	clear(s.sockets)
	for _, c := range s.commands {
		c.end()
	}
	s.commands = nil
	f.vm.Unjoined(s)
}
