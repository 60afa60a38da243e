package luatest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

var processRows = []bind.Row{
	{Name: "process", Sig: "process(command)", Returns: "Process", Doc: "Starts a program: {\"program\", \"arg\", …, ready =, timeout = 8, env = {NAME = value}, cwd =}. Waits until it is ready: ready is a port that accepts, a line's text or {pattern =} in its output, the path of a file or socket (with a slash first, or \"./\"), or a list of those. Raises, with its last output, when it ends before or the time does. It is ended, with all of its process group, after the test.", Fn: testProcess},
}

var processClass = &bind.Class{
	Name:   "Process",
	Doc:    "A program under test. test.process makes it.",
	String: func(v any) string { return v.(*process).String() },
	Fields: []bind.Field{
		{Name: "pid", Doc: "Its process ID.", Get: func(_ bind.Call, v any) lua.LValue { return bind.Int(v.(*process).pid) }},
		{Name: "output", Doc: "A Stream: reads what the program writes to standard output and error, and writes to its standard input, which output:shutdown(1) closes.", Get: func(_ bind.Call, v any) lua.LValue { return v.(*process).output }},
	},
}

var processMethods = []bind.Row{
	{Name: "wait", Sig: "p:wait([timeout])", Returns: "integer? status, string signal", Doc: "Waits until the program has ended. Returns its exit status; of one that a signal ended 128 and the signal's number, and the signal's name; nil, \"timeout\", ETIMEDOUT.", Fn: processWait},
	{Name: "kill", Sig: "p:kill([signal=\"TERM\"])", Doc: "Sends the program a signal, by name or number.", Fn: processKill},
	{Name: "close", Sig: "p:close()", Doc: "Ends the program and its process group: SIGTERM, and after 2 seconds SIGKILL.", Fn: processClose},
	forward("expect", "p:expect(what [, timeout])"),
	forward("gets", "p:gets([length])"),
	forward("read", "p:read(length)"),
	forward("read_line", "p:read_line([keep_ending=false])"),
	forward("read_until", "p:read_until(what [, max])"),
	forward("read_all", "p:read_all([max])"),
	forward("lines", "p:lines()"),
	forward("write", "p:write(data [, length])"),
}

// forward is a method of the output as one of the process.
func forward(name, sig string) bind.Row {
	return bind.Row{Name: name, Sig: sig, Doc: "Is output:" + name + ".", Fn: func(c bind.Call) int {
		output, n := processArg(c).output, c.N()
		c.L.Push(c.L.GetField(output, name))
		c.L.Push(output)
		for i := 2; i <= n; i++ {
			c.L.Push(c.Arg(i))
		}
		c.L.Call(n, lua.MultRet)
		return c.N() - n
	}}
}

// process is a program that runs, with its group.
type process struct {
	vm    *luasock.VM
	scope *scope
	owned *resource

	name     string
	pid      int
	cmd      *exec.Cmd
	watchdog *watchdog
	done     chan struct{} // is closed when the program has ended
	pipes    *pipes
	output   *lua.LUserData
	closed   bool
	alive    bool // ran when it was closed
	told     bool // its output stands in an error
}

func (p *process) String() string {
	state := ""
	if p.ended() {
		state = ", " + p.outcome()
	}
	return fmt.Sprintf("process: %s, pid %d%s", p.name, p.pid, state)
}

func testProcess(c bind.Call) int {
	vm, s := c.Host().(*luasock.VM), current(c)
	cmd := commandArg(c, 1)
	p := &process{vm: vm, scope: s, name: filepath.Base(cmd.argv[0]), done: make(chan struct{})}
	if err := p.start(cmd); err != nil {
		c.Raise("test.process: %s: %s", cmd.argv[0], startFailure(err))
	}
	p.owned = s.own(p.name, p.close)
	s.note(fmt.Sprintf("last output of %s (pid %d)", p.name, p.pid), func() string {
		if p.told {
			return ""
		}
		return p.last()
	})
	if problem, err := p.awaitReady(c.L, cmd); err != nil || problem != "" {
		return p.notReady(c, problem, err)
	}
	return c.Return(c.Env().New(processClass, p))
}

// notReady ends a program that is not ready, and raises or returns why. When the
// task is being ended, so is the scope, which ends the program.
func (p *process) notReady(c bind.Call, problem string, err error) int {
	if err != loop.ErrKilled {
		p.owned.release()
		p.close()
	}
	var malformed *luasock.Error
	switch {
	case errors.As(err, &malformed):
		c.L.Error(malformed.Value, 0)
	case err != nil:
		return c.Fail(err)
	}
	p.told = true
	c.Raise("test.process: %s %s\n%s", p.name, problem, p.pipes.tail())
	return 0
}

// startFailure says why a program did not start.
func startFailure(err error) string {
	var errno unix.Errno
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "no such program in PATH"
	case errors.As(err, &errno):
		return sock.Strerror(int(errno))
	}
	return err.Error()
}

// start starts the program and what reads its output.
func (p *process) start(cmd command) error {
	started, err := await(p.vm, "start", func() (*launched, error) { return launch(cmd) })
	if err != nil {
		return err
	}
	p.cmd, p.pid, p.watchdog = started.cmd, started.cmd.Process.Pid, started.watchdog
	go func() {
		defer close(p.done)
		p.cmd.Wait()
	}()
	err = p.openPipes(started)
	if err != nil {
		p.close()
	}
	return err
}

// ended tells whether the program has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// status is the exit status of a program that has ended, or 128 and the number of
// the signal that ended it, with its name.
func (p *process) status() (code int, signal string) {
	ws, ok := p.cmd.ProcessState.Sys().(interface {
		Signaled() bool
		Signal() unix.Signal
	})
	if ok && ws.Signaled() {
		return 128 + int(ws.Signal()), unix.SignalName(ws.Signal())
	}
	return p.cmd.ProcessState.ExitCode(), ""
}

// outcome is the status in words.
func (p *process) outcome() string {
	code, signal := p.status()
	if signal != "" {
		return "was ended by " + signal
	}
	return fmt.Sprintf("ended with status %d", code)
}

// last is the end of the output, for people.
func (p *process) last() string {
	text := p.pipes.tail()
	if p.ended() && !p.alive {
		text += fmt.Sprintf("\n(%s %s)", p.name, p.outcome())
	}
	return text
}

// grace is how long a program has to end by itself after SIGTERM.
const grace = 2 * time.Second

// close ends the program and frees what belongs to it.
func (p *process) close() error {
	if p.closed {
		return nil
	}
	p.closed, p.alive = true, !p.ended()
	await(p.vm, "end of "+p.name, func() (any, error) {
		p.end()
		return nil, nil
	})
	p.pipes.close()
	return nil
}

// end ends the program and its group, in Go's way.
func (p *process) end() {
	if !p.ended() {
		unix.Kill(-p.pid, unix.SIGTERM)
		select {
		case <-p.done:
		case <-time.After(grace):
		}
	}
	unix.Kill(-p.pid, unix.SIGKILL)
	<-p.done
	p.watchdog.dismiss()
}

func processArg(c bind.Call) *process { return bind.Object[*process](c, 1, processClass) }

func processWait(c bind.Call) int {
	p, timeout := processArg(c), c.OptSeconds(2, -1)
	if err := p.awaitEnd(timeout); err != nil {
		return c.Fail(err)
	}
	code, signal := p.status()
	if signal != "" {
		return c.Return(bind.Int(code), lua.LString(signal))
	}
	return c.Integer(code)
}

// awaitEnd waits until the program has ended.
func (p *process) awaitEnd(timeout time.Duration) error {
	if p.ended() {
		return nil
	}
	l := p.vm.Loop()
	_, err := loop.Await(l, loop.Why{Op: "wait", On: p}, l.Deadline(timeout), func(ctx context.Context) (any, error) {
		select {
		case <-p.done:
		case <-ctx.Done():
		}
		return nil, nil
	})
	return err
}

func processKill(c bind.Call) int {
	p, signal := processArg(c), signalArg(c, 2)
	if p.ended() {
		return c.Fail(unix.ESRCH)
	}
	return c.Done(unix.Kill(p.pid, signal))
}

// signalArg reads argument i, a signal's name or number.
func signalArg(c bind.Call, i int) unix.Signal {
	const most = 64
	switch v := c.Arg(i).(type) {
	case *lua.LNilType:
		return unix.SIGTERM
	case lua.LString:
		name := "SIG" + strings.TrimPrefix(strings.ToUpper(string(v)), "SIG")
		if n := unix.SignalNum(name); n != 0 {
			return n
		}
		c.Wrong(i, `the name of a signal, as "TERM"`)
	}
	return unix.Signal(c.Int(i, 1, most))
}

func processClose(c bind.Call) int {
	p := processArg(c)
	p.owned.release()
	return c.Done(p.close())
}
