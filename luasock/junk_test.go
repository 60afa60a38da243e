package luasock

import (
	"bytes"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
	"sockscript/luasock/lualib"
)

// Every row is called with every combination of up to three arguments from a
// list of junk, and as a method of a fitting object with up to two. None may
// panic, and what is raised must be a text that names the function.
func TestJunk(t *testing.T) {
	t.Chdir(t.TempDir()) // some rows make files
	j := newJunkyard(t)
	for _, e := range j.entries {
		t.Run(e.FullName(), func(t *testing.T) {
			j.until = time.Now().Add(patience)
			for _, first := range j.receivers(e) {
				j.combine(t, e, first, 2)
			}
			if !testing.Short() && e.Module != socketClass.Name { // its rows are those of the module
				j.until = time.Now().Add(enough)
				j.combine(t, e, nil, 3)
			}
		})
	}
}

// os.exit with junk ends a VM with a status, or says what is wrong.
func TestExitJunk(t *testing.T) {
	for _, arg := range []string{"", "nil", "true", "false", "0", "-1", "1.5", "1e300", "0/0", `""`, `"x"`, "{}", "print"} {
		var codes []int
		vm := openVM(t, Options{Exit: func(code int) { codes = append(codes, code) }})
		lines, err := vm.run(t, "", "out(pcall(function() os.exit("+arg+") end))")
		refused := len(lines) == 1 && strings.Contains(lines[0], "bad argument #1 to 'exit' (")
		if (len(codes) == 1) == refused || codes == nil && err != nil {
			t.Errorf("os.exit(%s): exits with %v, gives %q, %v", arg, codes, lines, err)
		}
	}
}

// FuzzRows chooses a row and its arguments by bytes.
func FuzzRows(f *testing.F) {
	f.Chdir(f.TempDir())
	for i := range 40 {
		f.Add([]byte{byte(i), byte(i * 7), 16, byte(i), byte(i + 3)})
	}
	j := newJunkyard(f)
	f.Fuzz(func(t *testing.T, choice []byte) {
		if len(choice) < 2 || len(choice) > 8 {
			return
		}
		e := j.entries[(int(choice[0])<<8|int(choice[1]))%len(j.entries)]
		j.renew(t)
		var args []lua.LValue
		for _, b := range choice[2:] {
			args = append(args, j.choose(b))
		}
		j.call(t, e, args)
	})
}

// left says why a row is not called with junk; "" for most.
func left(e *bind.Entry) string {
	switch e.FullName() {
	case "coroutine.yield":
		return "it is its job to leave the call"
	case "os.exit":
		return "it ends the VM; TestExitJunk calls it"
	case "os.execute", "io.popen":
		return "it runs programs"
	case "error", "assert":
		return "it raises what it is given"
	case "print", "io.write", "FILE*:write":
		return "it would print on the test's output"
	}
	return ""
}

// junkyard is a VM with values to throw at its functions.
type junkyard struct {
	vm        *testVM
	entries   []*bind.Entry
	functions map[*bind.Entry]*lua.LFunction
	values    []lua.LValue
	closed    int // the place of the closed socket
	live      int // that of the open one, which must be renewed
	until     time.Time
}

const (
	// moment is how long one call may wait.
	moment = time.Millisecond
	// enough is how long one row may be called with three arguments: rows that
	// wait do not see every combination.
	enough = time.Second / 10
)

func newJunkyard(t testing.TB) *junkyard {
	vm := openVM(t, Options{Stderr: &bytes.Buffer{}, Exit: func(int) {}})
	j := &junkyard{vm: vm, functions: map[*bind.Entry]*lua.LFunction{}}
	for _, e := range Entries(vm.VM) {
		if left(e) == "" {
			j.entries = append(j.entries, e)
			j.functions[e] = vm.env.Function(vm.L, e.Module, &e.Row)
		}
	}
	_, err := vm.run(t, "", `
		empty = function() end
		co = coroutine.create(empty)
		ended = task.spawn(empty)
		ended:join()
		ch = task.channel(1)
		task.scope(function(s) scope = s end)
	`)
	if err != nil {
		t.Fatal(err)
	}
	j.values = []lua.LValue{
		lua.LNil, lua.LTrue,
		lua.LNumber(-1), lua.LNumber(0), lua.LNumber(1.5), lua.LNumber(1e300), lua.LNumber(math.NaN()), lua.LNumber(math.Inf(1)),
		lua.LString(""), lua.LString("abc"), lua.LString("\x00"), lua.LString("127.0.0.1"),
	}
	for _, name := range []string{"empty", "co", "ended", "ch", "scope"} {
		j.values = append(j.values, vm.L.GetGlobal(name))
	}
	j.closed, j.live = len(j.values), len(j.values)+1
	j.values = append(j.values, lua.LNil, lua.LNil)
	j.renew(t)
	j.values[j.closed] = j.values[j.live]
	j.socket(j.live).Close()
	j.renew(t)
	return j
}

func (j *junkyard) socket(i int) *Socket {
	s, _ := bind.To[*Socket](j.values[i])
	return s
}

// renew makes sure that the live socket is open and does not block.
func (j *junkyard) renew(t testing.TB) {
	if s := j.socket(j.live); s != nil && !s.IsClosed() {
		s.SetNonblock(true)
		return
	}
	a, b, err := j.vm.net.Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	a.SetNonblock(true)
	j.values[j.live] = j.vm.env.New(socketClass, a)
	j.vm.L.SetGlobal("peer", j.vm.env.New(socketClass, b))
}

// choose gives the value that a byte stands for. Tables are made anew, so that
// none of them grows.
func (j *junkyard) choose(b byte) lua.LValue {
	i := int(b) % (len(j.values) + 1)
	if i == len(j.values) {
		return j.vm.L.NewTable()
	}
	return j.values[i]
}

// receivers are the first arguments with which a row is called besides junk: for
// a socket's function the live socket, for a method its object. nil: only junk.
func (j *junkyard) receivers(e *bind.Entry) []lua.LValue {
	list := []lua.LValue{nil}
	if len(e.Names) == 0 {
		return list
	}
	name := map[string]string{"t": "ended", "ch": "ch", "scope": "scope", "co": "co"}[e.Names[0]]
	switch {
	case e.Names[0] == "s":
		list = append(list, j.values[j.live])
	case name != "":
		list = append(list, j.vm.L.GetGlobal(name))
	}
	return list
}

// combine calls the row with every combination of up to n values, behind first.
func (j *junkyard) combine(t *testing.T, e *bind.Entry, first lua.LValue, n int) {
	var args []lua.LValue
	if first != nil {
		args = append(args, first)
	}
	var deeper func(args []lua.LValue, n int)
	deeper = func(args []lua.LValue, n int) {
		j.renew(t)
		if first != nil && first.Type() == lua.LTUserData && e.Names[0] == "s" {
			args[0] = j.values[j.live]
		}
		j.call(t, e, args)
		if n == 0 || t.Failed() || time.Now().After(j.until) {
			return
		}
		for b := range len(j.values) + 1 {
			deeper(append(slices.Clip(args), j.choose(byte(b))), n-1)
		}
	}
	deeper(args, n)
}

// call calls the row, which may wait for a moment, and checks what it raises.
func (j *junkyard) call(t *testing.T, e *bind.Entry, args []lua.LValue) {
	t.Helper()
	vm := j.vm
	fn := j.functions[e]
	var failure *lua.ApiError
	late := vm.loop.Within(moment, func() { _, failure = lualib.PCall(vm.L, fn, args...) })
	vm.loop.Yield()
	vm.failed = nil
	if failure == nil || failure.Object == bind.Kill || late {
		return
	}
	if problem := unreadable(e, failure); problem != "" {
		t.Errorf("%s(%s) raised %q: %s\n%s", e.FullName(), describeAll(args), failure.Object, problem, failure.StackTrace)
	}
}

var (
	badArgument = regexp.MustCompile(`bad argument #\d+ to `)
	goTrace     = regexp.MustCompile(`runtime error|goroutine \d|\[G\]|\.go:\d`)
)

// unreadable says what is wrong with an error.
func unreadable(e *bind.Entry, failure *lua.ApiError) string {
	text, ok := failure.Object.(lua.LString)
	switch {
	case failure.Type == lua.ApiErrorPanic || ok && goTrace.MatchString(string(text)):
		return "a Go panic"
	case !ok:
		return "it is no text"
	case !utf8.ValidString(string(text)) || len(text) < 4 || len(text) > 1000:
		return "nobody can read it"
	case badArgument.MatchString(string(text)) && !strings.Contains(string(text), " to '"+e.Name+"' ("):
		return "it does not name the function"
	}
	return ""
}

func describeAll(args []lua.LValue) string {
	var list []string
	for _, v := range args {
		list = append(list, bind.Describe(v))
	}
	return strings.Join(list, ", ")
}
