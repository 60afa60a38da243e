package luatest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
	"sockscript/luasock/trace"
)

// file is one file of tests in its VM. All of it belongs to one goroutine, but
// for what is atomic.
type file struct {
	suite     *execution
	suiteSeed int64
	name      string // as it is reported
	path      string
	index     int // among the files of the suite
	vm        *luasock.VM
	guard     *guard
	scope     *scope // of the file's chunk
	root      *block

	collecting    *block // whose body runs
	units         int    // that were reached
	running       []*scope
	stretches     []*stretch
	hidden        map[uint64]bool // sockets whose traffic is not shown
	lastSocket    uint64
	owners        map[uint64]*scope
	sources       map[string][]string // lines of files, for reports
	chunk         string              // what messages call the file
	asserts       *asserts
	tostring      lua.LValue // the function, as it was before the tests
	snapshots     *snapshots
	failedOutside bool     // something outside any test has failed
	paused        bool     // a person looks at it: what is printed is not kept
	captured      *os.File // takes what commands write; nil until there is one
	halted        atomic.Bool
}

// seed is the run's seed, which the report prints.
func (f *file) seed() int64 { return f.suiteSeed }

// onlyRunning is the scope of the one test that runs now; nil when none or more
// than one does.
func (f *file) onlyRunning() *scope {
	if len(f.running) == 1 {
		return f.running[0]
	}
	return nil
}

// stopped tells whether no further test is to run.
func (f *file) stopped() bool { return f.halted.Load() || f.suite.stopped() }

// run loads the file into a VM and runs it.
func (f *file) run(out emit) {
	source, err := os.ReadFile(f.path)
	if err != nil {
		out(f.broken(&Failure{Kind: KindError, Message: "cannot read " + f.name + ": " + sock.Reason(err)}))
		return
	}
	if err := f.open(); err != nil {
		out(f.broken(&Failure{Kind: KindError, Message: err.Error()}))
		return
	}
	defer f.close(out)
	defer f.suite.enter(f)()
	fn, err := f.vm.Load(source, "@"+f.name)
	var bad *luasock.SyntaxError
	if errors.As(err, &bad) {
		failure := &Failure{Kind: KindError, Message: strings.TrimPrefix(bad.Error(), fmt.Sprintf("%s:%d: ", bad.Chunk, bad.Line)), File: f.name, Line: bad.Line}
		failure.Source = f.sourceLine(f.name, bad.Line)
		out(f.broken(failure))
		return
	}
	f.chunk = fn.Proto.SourceName
	f.root = &block{body: fn}
	if f.suite.List {
		f.list(out)
		return
	}
	f.execute(f.root, out)
}

// list tells of the tests, in the order of the file, without running them.
func (f *file) list(out emit) {
	if !f.collect(f.root, out) {
		return
	}
	f.wanted(f.root)
	var walk func(b *block)
	walk = func(b *block) {
		for _, c := range b.children {
			switch {
			case c.block == nil && f.selected(c.test):
				out(c.test.result(f, Skipped, ""))
			case c.block != nil && !c.block.collected:
				f.collect(c.block, out)
			case c.block != nil:
				walk(c.block)
			}
		}
	}
	walk(f.root)
}

// broken is the result of a file that does not even begin.
func (f *file) broken(failure *Failure) *Result {
	return &Result{File: f.name, Line: failure.Line, Outside: true, Status: Failed, Failures: []Failure{*failure}}
}

// open makes the VM.
func (f *file) open() error {
	newVM := f.suite.New
	if newVM == nil {
		newVM = luasock.New
	}
	vm, err := newVM(luasock.Options{
		Stdout:     output{f},
		Stderr:     output{f},
		KeepErrors: true,
		Observe:    f.observe,
		Exit:       func(int) {},
		Command:    f.captures,
	})
	if err != nil {
		return err
	}
	f.vm = vm
	f.guard = &guard{loop: vm.Loop()}
	vm.L.SetContext(f.guard)
	f.owners, f.sources = map[uint64]*scope{}, map[string][]string{}
	f.scope = newScope("", f, nil)
	vm.Loop().Main().Group = f.scope
	f.openLibraries()
	return nil
}

// openLibraries makes what tests have beside what scripts have.
func (f *file) openLibraries() {
	Open(f.vm)
	f.openWords()
	f.openAsserts()
	f.snapshots = newSnapshots(f)
	L := f.vm.L
	if library, ok := L.GetGlobal("os").(*lua.LTable); ok {
		library.RawSetString("exit", L.NewFunction(f.exit))
	}
	f.noteCommands()
	if pkg, ok := L.GetGlobal("package").(*lua.LTable); ok {
		dir := filepath.Dir(f.path)
		own := filepath.Join(dir, "?.lua") + ";" + filepath.Join(dir, "?", "init.lua") + ";" + sourcePath
		pkg.RawSetString("path", lua.LString(own+lua.LVAsString(pkg.RawGetString("path"))))
	}
	arg := L.NewTable()
	arg.RawSetInt(-1, lua.LString("sockscript"))
	arg.RawSetInt(0, lua.LString(f.name))
	L.SetGlobal("arg", arg)
}

// sourcePath is where a project has its modules, as busted looks for them.
const sourcePath = "./src/?.lua;./src/?/init.lua;./lua/?.lua;./lua/?/init.lua;"

// exit is os.exit: it ends the test and fails it.
func (f *file) exit(L *lua.LState) int {
	code := lua.LValue(lua.LNumber(0))
	if L.GetTop() > 0 {
		code = L.Get(1)
	}
	s := currentOf(f.vm)
	failure := Failure{Kind: KindError, Message: "os.exit(" + bind.Describe(code) + ") was called"}
	f.vm.Env().Running = L
	source, line := f.vm.Position()
	f.locate(&failure, fmt.Sprintf("%s:%d", source, line))
	s.failures = append(s.failures, failure)
	for _, st := range f.stretches {
		if st.scope == s {
			st.task.Kill()
		}
	}
	f.killTasks(s)
	L.Error(bind.Kill, 0)
	return 0
}

// close ends the VM.
func (f *file) close(out emit) {
	if f.snapshots != nil {
		f.snapshots.close(out)
	}
	f.vm.Close()
	if f.captured != nil {
		f.captured.Close()
	}
}

// interrupt ends what runs, and nothing else is begun. Any goroutine may call it.
func (f *file) interrupt() {
	f.halted.Store(true)
	var heard atomic.Bool
	time.AfterFunc(busyGrace, func() {
		if !heard.Load() {
			f.guard.trip()
		}
	})
	f.vm.Post(func() {
		heard.Store(true)
		for _, st := range f.stretches {
			st.stop(KindError, "interrupted")
		}
	})
}

// record keeps an event for the conversation that a failed test shows.
func (f *file) record(s *scope, e sock.Event) {
	if f.hidden[e.ID] {
		return
	}
	if s == nil || !s.isTest {
		return
	}
	if s.traffic == nil {
		s.traffic = &trace.Record{Limits: trace.Limits{Messages: 12, Bytes: 512, Sockets: 16}}
	}
	s.traffic.Observe(e)
}

// mostOutput is how many bytes of what a test prints are kept.
const mostOutput = 1 << 20

// output is where print, io.write, io.stderr and the standard streams go: to the
// test that runs.
type output struct{ f *file }

func (o output) Write(p []byte) (int, error) {
	if o.f.paused {
		return os.Stdout.Write(p)
	}
	s := currentOf(o.f.vm)
	s.takeCaptured()
	if room := mostOutput - s.output.Len(); room > 0 {
		s.output.Write(p[:min(len(p), room)])
	}
	return len(p), nil
}

// captures has what a command writes go to a file without a name, for it would
// stand in the report. A pipe would have to be read until the last of its
// children has ended.
func (f *file) captures(cmd *exec.Cmd) {
	if f.paused {
		return
	}
	if f.captured == nil {
		name, err := os.CreateTemp("", "sockscript-output-")
		if err != nil {
			return
		}
		os.Remove(name.Name())
		f.captured = name
		unix.FcntlInt(name.Fd(), unix.F_SETFL, unix.O_APPEND) // so that it can be cut short under them
	}
	cmd.Stdout, cmd.Stderr = f.captured, f.captured
}

// takeCaptured takes what commands have written.
func (s *scope) takeCaptured() {
	from := s.file.captured
	if from == nil {
		return
	}
	if info, err := from.Stat(); err != nil || info.Size() == 0 {
		return
	}
	io.CopyN(&s.output, io.NewSectionReader(from, 0, mostOutput), max(0, int64(mostOutput-s.output.Len())))
	from.Truncate(0)
}

// takeOutput gives what the scope's tasks have printed, and forgets it.
func (s *scope) takeOutput() string {
	s.takeCaptured()
	text := s.output.String()
	s.output = bytes.Buffer{}
	return text
}

// texts are the notes of a scope that has failed, and the conversations on its
// sockets.
func (s *scope) texts(f *file) []Note {
	var list []Note
	for _, n := range s.notes {
		if text := n.text(); text != "" {
			list = append(list, Note{n.what, text})
		}
	}
	if s.traffic != nil {
		text := s.traffic.Text(trace.Options{Bytes: true, Start: s.start, Most: 256})
		if text != "" {
			list = append(list, Note{"conversation", text})
		}
	}
	return list
}
