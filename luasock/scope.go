package luasock

import (
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/lualib"
)

var scopeRows = []bind.Row{
	{Name: "scope", Sig: "scope(fn)", Returns: "any ...", Doc: "Calls fn(scope) and returns fn's results when all tasks of the scope are done. The first error, of fn or of a task, cancels the rest and is raised.", Fn: taskScope},
	{Name: "all", Sig: "all(fns)", Returns: "any[]", Doc: "Runs the functions side by side and returns a list with the first result of each, in order. The first error cancels the rest and is raised.", Fn: taskAll},
	{Name: "race", Sig: "race(fns)", Returns: "any ...", Doc: "Runs the functions side by side and returns the results of the first that ends, or raises its error; the rest is cancelled.", Fn: taskRace},
}

var scopeClass = &bind.Class{
	Name:   "Scope",
	Doc:    "Tasks that end together. task.scope makes it.",
	String: func(any) string { return "scope" },
}

var scopeMethods = []bind.Row{
	{Name: "spawn", Sig: "scope:spawn(fn, ...)", Returns: "Task", Doc: "Starts fn(...) as a task of the scope and returns the Task.", Fn: scopeSpawn},
}

// scope owns tasks: it ends when they have ended, and its first error ends them.
type scope struct {
	vm       *VM
	parent   *Task
	tasks    []*Task
	stop     *cancelled // what the parent gets in fn when a task has failed
	inBody   bool
	closed   bool
	err      lua.LValue // the first error
	isRace   bool
	winner   *Task // of a race
	stopping bool
}

func (vm *VM) newScope() *scope {
	return &scope{vm: vm, parent: vm.current(), stop: &cancelled{lua.LString("cancelled")}}
}

func (s *scope) spawn(c bind.Call, fn lua.LValue, args []lua.LValue) *Task {
	t := s.vm.spawn(c, fn, args)
	t.scope = s
	s.tasks = append(s.tasks, t)
	return t
}

// ended is called by a task of the scope as the last thing it does.
func (s *scope) ended(t *Task) {
	if t.err != nil && t.isCancelled() {
		return
	}
	if s.isRace {
		if s.winner != nil {
			return
		}
		s.winner = t
		s.cancelAll()
	}
	if t.err != nil {
		s.failed(t.err)
	}
}

// failed keeps the first error and cancels what still runs.
func (s *scope) failed(err lua.LValue) {
	if s.err == nil {
		s.err = err
	}
	s.cancelAll()
	if s.inBody {
		s.parent.task.Cancel(s.stop)
	}
}

// cancelAll cancels what still runs. What an Interrupt has cancelled together
// with the parent is left to clean up.
func (s *scope) cancelAll() {
	if s.stopping {
		return
	}
	s.stopping = true
	for _, t := range s.tasks {
		if t.reason == nil || t.reason != s.parent.reason {
			t.cancel(s.stop.reason)
		}
	}
}

// join waits until every task has ended. Where the wait is cut short, the tasks
// are cancelled and waited for all the same; the error is what cut it.
func (s *scope) join() error {
	var cut error
	for i := 0; i < len(s.tasks) && cut == nil; i++ { // a task may spawn into the scope
		cut = s.tasks[i].task.Join(time.Time{})
	}
	if cut != nil {
		s.cancelAll()
		s.vm.loop.Shielded(func() {
			for i := 0; i < len(s.tasks); i++ {
				s.tasks[i].task.Join(time.Time{})
			}
		})
	}
	s.closed = true
	return cut
}

// body calls the scope's function in the parent.
func (s *scope) body(L *lua.LState, fn lua.LValue) ([]lua.LValue, *lua.ApiError) {
	s.inBody = true
	results, failure := lualib.PCall(L, fn, s.vm.env.New(scopeClass, s))
	s.inBody = false
	s.parent.task.Forgive(s.stop)
	if failure != nil {
		s.failed(failure.Object)
	}
	return results, failure
}

func taskScope(c bind.Call) int {
	s := hostOf(c).newScope()
	results, failure := s.body(c.L, c.Func(1))
	cut := s.join()
	if failure != nil && failure.Object == bind.Kill {
		rethrow(c, failure)
	}
	s.raise(c, cut)
	return c.Return(results...)
}

// raise raises what ended the scope, if an error did.
func (s *scope) raise(c bind.Call, cut error) {
	if cut != nil {
		c.Fail(cut)
	}
	if s.err != nil {
		c.L.Error(s.err, 0)
	}
}

func scopeSpawn(c bind.Call) int {
	s := bind.Object[*scope](c, 1, scopeClass)
	if s.closed {
		c.Bad(1, "the scope has ended")
	}
	t := s.spawn(c, c.Func(2), rest(c, 3))
	if s.stopping {
		t.cancel(s.stop.reason)
	}
	return c.Return(t.userdata())
}

// spawnList starts each function of a list argument in the scope.
func (s *scope) spawnList(c bind.Call, i int) {
	var fns []*lua.LFunction
	for k, v := range c.List(i, "functions") {
		fn, ok := v.(*lua.LFunction)
		if !ok {
			c.Bad(i, "fns must be a list of functions, got %s at [%d]", bind.Describe(v), k+1)
		}
		fns = append(fns, fn)
	}
	for _, fn := range fns {
		s.spawn(c, fn, nil)
	}
}

func taskAll(c bind.Call) int {
	s := hostOf(c).newScope()
	s.spawnList(c, 1)
	s.raise(c, s.join())
	results := c.L.CreateTable(len(s.tasks), 0)
	for i, t := range s.tasks {
		if len(t.results) > 0 {
			results.RawSetInt(i+1, t.results[0])
		}
	}
	return c.Return(results)
}

func taskRace(c bind.Call) int {
	s := hostOf(c).newScope()
	s.isRace = true
	s.spawnList(c, 1)
	if len(s.tasks) == 0 {
		c.Bad(1, "fns must not be empty")
	}
	s.raise(c, s.join())
	if s.winner == nil {
		c.L.Error(s.stop.reason, 0)
	}
	return c.Return(s.winner.results...)
}
