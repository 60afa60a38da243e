package luasock_test

import (
	"context"
	"fmt"
	"log"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/sock"
)

// A Go program with a Lua state of its own gives it the sockets and tasks. The
// script calls a Go function, and talks to itself over a socket pair; that its
// calls wait on an event loop is nothing the host must know of.
func Example() {
	L := lua.NewState()
	defer L.Close()
	vm, err := luasock.Open(L, luasock.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer vm.Close()

	L.SetGlobal("greeting", L.NewFunction(func(L *lua.LState) int {
		L.Push(lua.LString("hello, " + L.CheckString(1)))
		return 1
	}))

	err = L.DoString(`
		local a, b = assert(socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM))
		task.spawn(function()
			local name = a:recv(100)
			a:write(greeting(name))
			a:close()
		end)
		b:write("socket")
		print(b:recv(100))
		print(b:recv(100))
	`)
	if err != nil {
		log.Fatal(err)
	}
	// Tasks that outlive the script run on in Wait.
	if err := vm.Wait(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// hello, socket
	// nil	closed	0
}

// New makes the Lua state too. Do runs a function as a program: until its tasks
// have ended.
func ExampleNew() {
	vm, err := luasock.New(luasock.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer vm.Close()
	program, err := vm.L.LoadString(`
		local name = ...
		task.spawn(function()
			task.sleep(0.01)
			print(name .. ": the task ends after the main chunk")
		end)
		print(name .. ": the main chunk ends")
	`)
	if err != nil {
		log.Fatal(err)
	}
	if err := vm.Do(program, lua.LString("example")); err != nil {
		log.Fatal(err)
	}
	// Output:
	// example: the main chunk ends
	// example: the task ends after the main chunk
}

// An error of the script comes back as an *Error with its Lua lines.
func ExampleVM_Do() {
	vm, err := luasock.New(luasock.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer vm.Close()
	program, err := vm.L.LoadString(`assert(socket.create(socket.AF_INET, socket.SOCK_STREAM)):bind("127.0.0.1", 70000)`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(vm.Do(program))
	// Output:
	// <string>:1: bad argument #3 to 'bind' (port must be 0 to 65535, got 70000)
}

// A context ends a script wherever it is: in a wait by Interrupt, and in a loop
// because Lua looks at it.
func ExampleVM_Interrupt() {
	run := func(ctx context.Context, code string) error {
		vm, err := luasock.New(luasock.Options{})
		if err != nil {
			return err
		}
		defer vm.Close()
		vm.L.SetContext(ctx)
		defer context.AfterFunc(ctx, func() { vm.Interrupt(context.Cause(ctx).Error()) })()
		program, err := vm.Load([]byte(code), "=script")
		if err != nil {
			return err
		}
		return vm.Do(program)
	}
	for _, code := range []string{`task.sleep(3600)`, `while true do end`} {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
		fmt.Println(run(ctx, code))
		cancel()
	}
	// Output:
	// context deadline exceeded
	// script:1: context deadline exceeded
}

// With Preload a script asks for what it uses, and no global is set. What
// os.exit does is the host's decision: here it ends the script alone.
func ExamplePreload() {
	L := lua.NewState()
	defer L.Close()
	vm, err := luasock.Preload(L, luasock.Options{
		Exit: func(code int) { fmt.Println("the script asks for status", code) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer vm.Close()
	err = L.DoString(`
		print(socket, type(require("socket").create))
		os.exit(3)
		print("never reached")
	`)
	fmt.Println("the host goes on:", err != nil)
	// Output:
	// nil	function
	// the script asks for status 3
	// the host goes on: true
}

// An observer is told of every call on every socket, with the bytes that moved.
func ExampleOptions_observe() {
	watch := func(e sock.Event) { fmt.Printf("socket %d: %s %q %v\n", e.ID, e.Op, e.Data, e.Err) }
	vm, err := luasock.New(luasock.Options{Observe: watch})
	if err != nil {
		log.Fatal(err)
	}
	defer vm.Close()
	program, err := vm.L.LoadString(`
		local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM)
		a:write("hello")
		b:recv(100)
		a:close()
		b:recv(100)
	`)
	if err != nil {
		log.Fatal(err)
	}
	if err := vm.Do(program); err != nil {
		log.Fatal(err)
	}
	// Output:
	// socket 1: create_pair "" <nil>
	// socket 2: create_pair "" <nil>
	// socket 1: send "hello" <nil>
	// socket 2: recv "hello" <nil>
	// socket 1: close "" <nil>
	// socket 2: recv "" EOF
}
