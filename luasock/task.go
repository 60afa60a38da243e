package luasock

import (
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/lualib"
)

var taskModule = &bind.Module{
	Name:    "task",
	Doc:     "Many conversations at once, each written as plain blocking code. Tasks switch only inside blocking calls.",
	Rows:    slices.Concat(taskRows, scopeRows, channelRows),
	Classes: []bind.Methods{{Class: taskClass, Rows: taskMethods}, {Class: scopeClass, Rows: scopeMethods}, {Class: channelClass, Rows: channelMethods}},
}

var taskRows = []bind.Row{
	{Name: "spawn", Sig: "spawn(fn, ...)", Returns: "Task", Doc: "Starts fn(...) as a task beside the others and returns the Task. It runs when the spawner next blocks, in the order of spawning.", Fn: taskSpawn},
	{Name: "current", Sig: "current()", Returns: "Task", Doc: "Returns the task that runs now; in the main chunk, the Task of that.", Fn: taskCurrent},
	{Name: "list", Sig: "list()", Returns: "Task[]", Doc: "Returns a list of the tasks that have not ended, oldest first, without the main chunk.", Fn: taskListing},
	{Name: "sleep", Sig: "sleep(seconds)", Returns: "nothing", Doc: "Waits, fractions of a second too.", Fn: taskSleep},
	{Name: "yield", Sig: "yield()", Returns: "nothing", Doc: "Lets every other task that can go on run once.", Fn: taskYield},
	{Name: "timeout", Sig: "timeout(seconds, fn, ...)", Returns: "any ...", Doc: "Calls fn(...) and returns its results; nil, \"timeout\" when the time runs out first: then the call in which fn is blocked raises, and every further one until fn returns.", Fn: taskTimeout},
}

var taskClass = &bind.Class{
	Name:   "Task",
	Doc:    "A function that runs beside the others. task.spawn makes it.",
	String: func(v any) string { t := v.(*Task); return "task: " + t.String() + " " + t.status() },
	Fields: []bind.Field{{
		Name: "name",
		Doc:  "A name for messages; until it is set, file:line of the spawn.",
		Get:  func(_ bind.Call, v any) lua.LValue { return lua.LString(v.(*Task).String()) },
		Set:  taskSetName,
	}},
}

var taskMethods = []bind.Row{
	{Name: "join", Sig: "t:join([timeout])", Returns: "boolean? ok, any ...", Doc: "Waits until the task has ended. Returns true and its results; nil and its error; nil, \"timeout\".", Fn: taskJoin},
	{Name: "cancel", Sig: "t:cancel([reason])", Returns: "boolean", Doc: "Raises \"cancelled\", or the reason, in the call in which the task is blocked, or in its next that would block. Returns false when the task had ended.", Fn: taskCancel},
	{Name: "status", Sig: "t:status()", Returns: "string", Doc: "Returns \"ready\", \"waiting\", \"done\", \"failed\" or \"cancelled\".", Fn: taskStatus},
}

// Task is a Lua function that runs beside the others, or the main chunk.
type Task struct {
	vm   *VM
	task *loop.Task

	fn       lua.LValue
	args     []lua.LValue
	results  []lua.LValue
	err      lua.LValue // what ended it; nil when it returned
	trace    string
	ran      bool
	unjoined bool       // ended by an error that nobody has got
	reason   *cancelled // of the last cancel
	joiners  int        // tasks that wait in join now
	scope    *scope     // owns it; nil for none

	name   string
	source string // where it was spawned
	line   int
	runner *lualib.Runner
	at     *lua.LState // the Lua thread in which it waits
	object *lua.LUserData
}

// spawn starts fn(args...) as a task.
func (vm *VM) spawn(c bind.Call, fn lua.LValue, args []lua.LValue) *Task {
	t := &Task{vm: vm, fn: fn, args: args}
	t.source, t.line = lualib.Position(c.L)
	t.task = vm.loop.Go("", t.run)
	t.task.Label, t.task.Value, t.task.Where = t, t, t.where
	return t
}

// run is the task's body. It is called again after each call that the task has
// left.
func (t *Task) run() {
	var failure *lua.ApiError
	if t.runner == nil {
		t.ran = true
		t.runner = t.vm.borrow()
		t.results, failure = t.runner.Run(t.fn, t.args...)
		t.fn, t.args = nil, nil
	} else {
		t.results, failure = t.runner.Again()
	}
	if t.runner.Left() {
		return
	}
	if failure == nil {
		t.vm.giveBack(t.runner)
	}
	t.runner, t.at = nil, nil
	if failure != nil {
		t.fail(failure)
	}
	if t.scope != nil {
		t.scope.ended(t)
	}
}

// fail keeps the error, and prints it unless somebody will get it or the task
// was asked to end.
func (t *Task) fail(failure *lua.ApiError) {
	t.err, t.trace = failure.Object, failure.StackTrace
	if t.joiners > 0 || t.scope != nil || t.isCancelled() {
		return
	}
	t.vm.noteFailure(t)
	if t.vm.options.KeepErrors {
		return
	}
	fmt.Fprintf(t.vm.options.Stderr, "task %s: %s\n%s\n", t, t.vm.errorText(t.err), t.trace)
}

// mostFailed is how many failed tasks are kept for Wait, which reports one.
const mostFailed = 16

// noteFailure keeps a task whose error nobody has got.
func (vm *VM) noteFailure(t *Task) {
	t.unjoined = true
	vm.unjoined++
	if len(vm.failed) < mostFailed {
		vm.failed = append(vm.failed, t)
	}
}

// forgiveFailure forgets a failed task that somebody has joined.
func (vm *VM) forgiveFailure(t *Task) {
	if t.unjoined && vm.unjoined > 0 {
		vm.unjoined--
		vm.failed = slices.DeleteFunc(vm.failed, func(o *Task) bool { return o == t })
	}
	t.unjoined = false
}

// isCancelled tells whether the task has ended by its cancellation.
func (t *Task) isCancelled() bool {
	if !t.ran && t.task.State() == loop.Done || t.err == bind.Kill {
		return true
	}
	return t.reason != nil && sameError(t.err, t.reason.reason)
}

// sameError tells whether an error is the reason of a cancel, perhaps with
// positions before it, which error and coroutine.wrap put there.
func sameError(err, reason lua.LValue) bool {
	text, ok := err.(lua.LString)
	why, is := reason.(lua.LString)
	return err == reason || ok && is && strings.HasSuffix(string(text), ": "+string(why))
}

// String is the task's name.
func (t *Task) String() string {
	if t.name == "" && t.source != "" {
		return fmt.Sprintf("%s:%d", t.source, t.line)
	}
	if t.name == "" {
		return t.task.Name
	}
	return t.name
}

func (t *Task) status() string {
	switch {
	case t.task.State() == loop.Waiting:
		return "waiting"
	case t.task.State() != loop.Done:
		return "ready"
	case t.isCancelled():
		return "cancelled"
	case t.err != nil:
		return "failed"
	}
	return "done"
}

// where is the line of the script at which the task waits.
func (t *Task) where() string {
	if t.at == nil {
		return ""
	}
	source, line := lualib.Position(t.at)
	if line == 0 {
		return "" // a function of Go's, spawned as it is
	}
	return fmt.Sprintf("%s:%d", source, line)
}

// switching notes in which Lua thread the current task is about to wait.
func (vm *VM) switching(t *loop.Task) {
	if t, ok := t.Value.(*Task); ok {
		t.at = vm.env.Running
	}
}

// switched says that the current task's Lua thread runs again.
func (vm *VM) switched(t *loop.Task) {
	if t, ok := t.Value.(*Task); ok && t.at != nil {
		vm.env.Running = t.at
	}
}

// mayLeave tells whether the task, which runs, can leave the call of a row in
// which it is.
func (vm *VM) mayLeave(t *loop.Task) bool {
	task, ok := t.Value.(*Task)
	return ok && task.runner != nil && task.runner.MayLeave(vm.env.Running)
}

// leave ends a call that loop.ErrLeft tells to leave.
func (vm *VM) leave() int { return vm.current().runner.Leave() }

// userdata is the task as Lua has it, always the same.
func (t *Task) userdata() *lua.LUserData {
	if t.object == nil {
		t.object = t.vm.env.New(taskClass, t)
	}
	return t.object
}

func (vm *VM) current() *Task {
	t, _ := vm.loop.Current().Value.(*Task)
	return t
}

// rest are the arguments from i on.
func rest(c bind.Call, i int) []lua.LValue {
	n := c.N() - i + 1
	if n <= 0 {
		return nil
	}
	args := make([]lua.LValue, n)
	for k := range args {
		args[k] = c.Arg(i + k)
	}
	return args
}

func taskSpawn(c bind.Call) int {
	return c.Return(hostOf(c).spawn(c, c.Func(1), rest(c, 2)).userdata())
}

func taskCurrent(c bind.Call) int { return c.Return(hostOf(c).current().userdata()) }

func taskListing(c bind.Call) int {
	list := c.L.NewTable()
	for _, t := range hostOf(c).loop.Tasks() {
		if t, ok := t.Value.(*Task); ok {
			list.Append(t.userdata())
		}
	}
	return c.Return(list)
}

func taskSleep(c bind.Call) int { return c.Done(hostOf(c).loop.Sleep(c.Seconds(1))) }

func taskYield(c bind.Call) int { return c.Done(hostOf(c).loop.Yield()) }

func taskTimeout(c bind.Call) int {
	d, fn, args := c.Seconds(1), c.Func(2), rest(c, 3)
	vm := hostOf(c)
	var results []lua.LValue
	var failure *lua.ApiError
	expired := vm.loop.Within(d, func() { results, failure = lualib.PCall(c.L, fn, args...) })
	switch {
	case failure != nil && failure.Object == bind.Kill:
		rethrow(c, failure)
	case expired:
		return c.Fail(loop.ErrTimeout)
	case failure != nil:
		rethrow(c, failure)
	}
	return c.Return(results...)
}

func taskArg(c bind.Call) *Task { return bind.Object[*Task](c, 1, taskClass) }

func taskJoin(c bind.Call) int {
	t, timeout := taskArg(c), c.OptSeconds(2, -1)
	vm := t.vm
	if t == vm.current() {
		c.Bad(1, "a task cannot join itself")
	}
	t.joiners++
	err := t.task.Join(vm.loop.Deadline(timeout))
	t.joiners--
	if err != nil {
		return c.Fail(err)
	}
	vm.forgiveFailure(t)
	if failure := t.failure(); failure != nil {
		return c.Return(lua.LNil, failure)
	}
	c.L.Push(lua.LTrue)
	return 1 + c.Return(t.results...)
}

// failure is the error that ended the task; nil when it returned.
func (t *Task) failure() lua.LValue {
	switch {
	case t.err == bind.Kill:
		return lua.LString("cancelled")
	case !t.ran && t.reason != nil:
		return t.reason.reason
	case !t.ran && t.task.State() == loop.Done:
		return lua.LString("cancelled")
	}
	return t.err
}

func taskCancel(c bind.Call) int {
	reason := lua.LValue(lua.LString("cancelled"))
	if c.Has(2) {
		reason = c.Arg(2)
	}
	return c.Boolean(taskArg(c).cancel(reason))
}

func (t *Task) cancel(reason lua.LValue) bool { return t.stop(&cancelled{reason}) }

func (t *Task) stop(err *cancelled) bool {
	if !t.task.Cancel(err) {
		return false
	}
	t.reason = err
	return true
}

func taskStatus(c bind.Call) int { return c.Text(taskArg(c).status()) }

func taskSetName(c bind.Call, v any, to lua.LValue) {
	name, ok := to.(lua.LString)
	if !ok || name == "" {
		c.Raise("a task's name must be a text that is not empty, got %s", bind.Describe(to))
	}
	v.(*Task).name = string(name)
}
