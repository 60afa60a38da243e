// Package repl is the prompt: a person's session with a VM. It evaluates what is
// entered, shows the values, and keeps the VM's tasks running meanwhile.
//
// The VM belongs to one goroutine, the one that calls Run: between two entries it
// runs the VM's loop. Keys are read on goroutines of readline's (editor), which
// ask that goroutine through Post what only it knows (questions).
package repl

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync/atomic"
	"time"

	"github.com/chzyer/readline"
	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
)

// statusInterrupted is the exit status after SIGINT.
const statusInterrupted = 128 + int(unix.SIGINT)

// Options say how a prompt looks. The zero Options are a prompt on standard
// input and output.
type Options struct {
	In      *os.File // where keys come from; os.Stdin when nil
	Out     *os.File // where everything is shown; os.Stdout when nil
	NoColor bool     // no colours, whatever the environment says
	Banner  string   // the first line; none when empty
	// First, if set, is run before the first entry, as an entry is: Ctrl-C
	// interrupts it and its error is shown. The error may be a *SourceError.
	First func() error
	// NoInit leaves the person's init.lua alone.
	NoInit bool
}

// SourceError is source that Lua does not accept, to be shown with its place.
type SourceError struct {
	*luasock.SyntaxError
	Source string
}

// Console is the terminal of a prompt. A VM that is made with its VMOptions
// prints above the line that is being typed.
type Console struct {
	o       Options
	color   bool
	dumb    bool // no escape sequences: lines are typed as the terminal has them
	term    *terminal
	show    *display
	breaker *breaker

	strikes atomic.Int32 // how often Ctrl-C was pressed during the entry
	entries atomic.Int64 // counts the beginnings and ends of entries: odd from Enter to the end
	ended   atomic.Int32 // the exit status that a signal gave; 0 for none

	vm      *luasock.VM
	task    *loop.Task // that Run was called in
	names   names
	keys    *keyboard
	editor  *editor
	history *history
	session session
	current *lua.LUserData  // the socket or stream that .send and the like are about
	named   lua.LValue      // what the global connection was set to
	seen    map[uint64]bool // the sockets, by their IDs, that have been current or were no news
	help    lua.LValue      // the prompt's own help
	helped  string          // what help has returned last
	unhex   func()          // switches .hex off; nil when it is
	quit    bool
	running bool // an entry runs
	dropped bool // the entry that is about to run is not to
}

// NewConsole makes the console. It leaves the terminal alone until Run.
func NewConsole(o Options) *Console {
	if o.In == nil {
		o.In = os.Stdin
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	c := &Console{o: o, term: &terminal{in: o.In, out: o.Out}, breaker: newBreaker(), named: lua.LNil, seen: map[uint64]bool{}}
	c.dumb = os.Getenv("TERM") == "dumb" || !isTerminal(o.In) || !isTerminal(o.Out)
	c.color = !c.dumb && !o.NoColor && os.Getenv("NO_COLOR") == ""
	c.show = &display{out: o.Out, size: c.term.size}
	return c
}

func isTerminal(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), getTermios)
	return err == nil
}

// VMOptions are the options of a VM that is to print on the console.
func (c *Console) VMOptions() luasock.Options {
	return luasock.Options{
		Stdin: scriptInput{func() *keyboard { return c.keys }}, Stdout: c.show, Stderr: c.show, Exit: c.exit,
		Typist: c.typist,
	}
}

// exit is os.exit.
func (c *Console) exit(code int) {
	c.leave()
	os.Exit(code)
}

// leave gives the terminal back as it was. Any goroutine may call it.
func (c *Console) leave() {
	c.show.close("")
	c.term.restore()
}

// Run opens a prompt on a VM that was made without a console: what its tasks
// print is not kept apart from the line that is being typed.
func Run(vm *luasock.VM, o Options) (status int) { return NewConsole(o).Run(vm) }

// Run prompts until the person leaves and returns the exit status: 0, or 128 and
// the number of the signal that ended it. It must be called by the goroutine that
// owns the VM, in the main chunk or a task; it leaves the VM open. The terminal is as it was
// when Run returns or panics.
func (c *Console) Run(vm *luasock.VM) (status int) {
	c.vm, c.names, c.task = vm, names{vm.L, vm.Env(), vm.Topics()}, vm.Loop().Current()
	vm.L.SetContext(c.breaker)
	defer vm.L.RemoveContext()
	defer c.leave()
	if err := c.connect(); err != nil {
		fmt.Fprintf(c.show, "sockscript: %s\n", err)
		return 1
	}
	defer c.disconnect()
	stop := c.watch()
	defer stop()
	if c.o.Banner != "" {
		fmt.Fprintln(c.show, c.paint(faint, c.o.Banner))
	}
	c.accept()
	c.begin()
	c.finish()
	for !c.quit && c.ended.Load() == 0 {
		text, err := c.next()
		switch {
		case err == nil:
			c.accept()
			c.entry(text)
			c.finish()
		case !errors.Is(err, readline.ErrInterrupt):
			c.quit = true
		}
	}
	if status = int(c.ended.Load()); status != 0 {
		c.cleanUp()
	}
	return status
}

// connect opens keyboard, history and editor.
func (c *Console) connect() (err error) {
	var failed error
	if c.history, failed = openHistory(historyPath()); failed != nil {
		c.fail(fmt.Errorf("no history: cannot use %s: %s", historyPath(), sock.Reason(failed)))
	}
	if c.keys, err = newKeyboard(c.o.In); err != nil || c.dumb {
		return err
	}
	c.editor = &editor{keys: c.keys, show: c.show, history: c.history, ask: c, color: c.color, term: c.term, said: &history{}}
	return c.editor.connect()
}

func (c *Console) disconnect() {
	c.keys.Close()
	if c.editor != nil {
		c.editor.close()
	}
}

// begin runs what comes before the first entry.
func (c *Console) begin() {
	c.help = c.vm.Env().Function(c.vm.L, "base", c.helpRow())
	c.vm.L.SetGlobal("help", c.help)
	if !c.o.NoInit {
		c.runInit()
	}
	if c.o.First != nil {
		c.run(func() {
			if err := c.o.First(); err != nil {
				c.fail(err)
			}
		})
	}
	c.notice()
}

// runInit runs the person's init.lua, if there is one.
func (c *Console) runInit() {
	path := xdgPath("XDG_CONFIG_HOME", ".config", "init.lua")
	if _, err := os.Stat(path); path == "" || errors.Is(err, os.ErrNotExist) {
		return
	}
	c.run(func() {
		if err := c.runFile(path); err != nil {
			c.fail(err)
		}
	})
}

// next waits for the next entry, while tasks run.
func (c *Console) next() (text string, err error) {
	l, done := c.vm.Loop(), false
	l.Ref()
	defer l.Unref()
	go func() {
		read, failed := c.read()
		c.vm.Post(func() {
			text, err, done = read, failed, true
			l.Wake(c.task, nil)
		})
	}()
	for !done {
		// What else ends the wait is a cancel that came too late for an entry.
		killed := l.Park(loop.Why{Op: "prompt"}, time.Time{}) == loop.ErrKilled
		if !done && (killed || c.ended.Load() != 0) {
			return "", loop.ErrKilled
		}
	}
	return text, err
}

func (c *Console) read() (string, error) {
	if c.dumb {
		return c.readPlain()
	}
	return c.editor.read()
}

// run runs an entry, or something like it: Ctrl-C interrupts it. What a script has
// read ahead of standard input and the prompt has not are each other's.
func (c *Console) run(fn func()) {
	switch {
	case c.ended.Load() != 0:
		return
	case c.dropped:
		c.fail(errInterrupted)
		return
	}
	c.keys.lend(true)
	c.running = true
	defer func() {
		c.running = false
		c.breaker.release()
		c.takeKeys()
	}()
	fn()
}

// accept implements questions.
func (c *Console) accept() {
	if c.entries.Load()%2 == 0 {
		c.strikes.Store(0)
		c.entries.Add(1)
	}
}

// finish says that an entry is over.
func (c *Console) finish() {
	c.entries.Add(1)
	c.dropped = false
}

// watch takes the signals until the function that it returns is called.
func (c *Console) watch() (stop func()) {
	signals, done := make(chan os.Signal, 8), make(chan struct{})
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGWINCH, unix.SIGCONT)
	go func() {
		for {
			select {
			case <-done:
				return
			case s := <-signals:
				c.signal(s.(unix.Signal))
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
	}
}

func (c *Console) signal(s unix.Signal) {
	switch {
	case s == unix.SIGWINCH:
		c.show.resized()
	case s == unix.SIGCONT:
		c.term.continued()
		c.show.again()
	case s != unix.SIGINT:
		c.End(128+int(s), "terminated")
	case c.entries.Load()%2 == 1:
		c.interrupt()
	case c.dumb:
		c.show.again()
	default: // before the prompt has the keyboard
		c.stuck()
	}
}

// grace is how long tasks have to clean up after a signal.
const grace = time.Second

// End has Run return the status, after tasks were cancelled with the reason and
// had a second to clean up. The second time, it ends the program at once. Any
// goroutine may call it while Run runs.
func (c *Console) End(status int, reason string) {
	if !c.ended.CompareAndSwap(0, int32(status)) {
		c.leave()
		os.Exit(status)
	}
	c.vm.Interrupt(reason)
	c.unblock(func() {}, func() { c.breaker.held.Store(true) })
	time.AfterFunc(3*grace, func() {
		c.leave()
		os.Exit(status)
	})
}

// cleanUp lets the tasks that were cancelled end.
func (c *Console) cleanUp() {
	c.breaker.release()
	l := c.vm.Loop()
	l.Within(grace, func() {
		for len(l.Tasks()) > 0 {
			err := c.vm.Wait()
			if _, dead := err.(*loop.Deadlock); dead || err == loop.ErrExpired || err == loop.ErrKilled {
				return
			}
		}
	})
}
