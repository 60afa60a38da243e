package luasock

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/loop"
)

func TestTask(t *testing.T) {
	runScripts(t, "", []script{
		{name: "spawn returns a Task and starts fn with its arguments when the spawner blocks", code: `
			local t = task.spawn(function(...) out("runs", ...) end, 1, nil, "x")
			out("spawned", type(t), t:status())
			task.sleep(0.001)
			out("slept", t:status())`, want: `
			spawned userdata ready
			runs 1 nil x
			slept done`},
		{name: "tasks start in the order of spawning", code: `
			for i = 1, 4 do task.spawn(out, i) end
			out("main")
			task.yield()
			out("back")`, want: `
			main
			1
			2
			3
			4
			back`},
		{name: "a task that a task spawns starts after those that wait for their turn", code: `
			task.spawn(function() task.spawn(out, "inner"); out("outer") end)
			task.spawn(out, "second")
			task.yield()
			task.yield()`, want: `
			outer
			second
			inner`},
		{name: "plain Lua between two blocking calls is never interrupted", code: `
			local log = {}
			for _, name in ipairs{"a", "b"} do
				task.spawn(function()
					for i = 1, 2 do
						for j = 1, 1000 do log[#log + 1] = name end
						task.yield()
					end
				end)
			end
			task.yield() task.yield() task.yield()
			local changes, last = 0
			for _, name in ipairs(log) do
				if name ~= last then changes, last = changes + 1, name end
			end
			out(#log, changes) --> =4000 4`},
		{name: "tasks outlive the main chunk", code: `
			task.spawn(function() task.sleep(0.01) out("task") end)
			out("main")`, want: `
			main
			task`},
		{name: "yield lets each of the others run once", code: `
			for _, name in ipairs{"a", "b"} do
				task.spawn(function() for i = 1, 3 do out(name, i) task.yield() end end)
			end`, want: `
			a 1
			b 1
			a 2
			b 2
			a 3
			b 3`},
		{name: "sleepers wake in the order of their times", code: `
			for _, ms in ipairs{150, 10, 80} do
				task.spawn(function() out(task.sleep(ms / 1000), ms) end)
			end`, want: `
			true 10
			true 80
			true 150`},
		{name: "sleep takes fractions, 0, and forever, but nothing negative", code: `
			out(task.sleep(0)) --> =true
			out(task.sleep(0.5e-3)) --> =true
			out(pcall(task.sleep, -1)) --> ~bad argument #1 to 'sleep' \(seconds must be 0 seconds or more, got -1\)
			out(pcall(task.sleep, 0/0)) --> ~must be a number
			out(pcall(task.sleep)) --> ~seconds must be a number, got no value
			local t = task.spawn(task.sleep, math.huge)
			task.yield()
			out(t:status(), t:cancel()) --> =waiting true`},
		{name: "status: ready, waiting, done, failed, cancelled", code: `
			local t = task.spawn(function() task.sleep(0.001) end)
			out(t:status()) --> =ready
			task.yield()
			out(t:status()) --> =waiting
			t:join()
			out(t:status()) --> =done
			local bad = task.spawn(error, "x", 0)
			bad:join()
			out(bad:status()) --> =failed
			local gone = task.spawn(task.sleep, 10)
			task.yield()
			gone:cancel()
			gone:join()
			out(gone:status()) --> =cancelled
			local early = task.spawn(out, "never")
			early:cancel()
			task.yield()
			out(early:status()) --> =cancelled
			out(task.current():status()) --> =ready`},
		{name: "name is file:line of the spawn until it is set", code: `
			local t = task.spawn(task.yield)
			out(t.name, tostring(t)) --> =script:1 task: script:1 ready
			t.name = "worker"
			out(t.name, tostring(t)) --> =worker task: worker ready
			out(pcall(function() t.name = "" end)) --> ~a task's name must be a text that is not empty, got ""
			out(pcall(function() t.name = 5 end)) --> ~a task's name must be a text that is not empty, got 5
			out(pcall(function() t.nane = "x" end)) --> ~cannot set field 'nane' of a Task
			out(t.nane) --> =nil
			out(task.current().name) --> =main chunk`},
		{name: "current is the same object in the task and where it was spawned", code: `
			local seen = {}
			local t = task.spawn(function() seen[1] = task.current() end)
			t:join()
			out(seen[1] == t, task.current() == task.current(), task.current() == t) --> =true true false`},
		{name: "list has the tasks that have not ended, oldest first, without the main chunk", code: `
			local function names()
				local list = {}
				for i, t in ipairs(task.list()) do list[i] = t.name end
				return list
			end
			out(names()) --> ={}
			for i = 1, 3 do task.spawn(task.sleep, i == 2 and 0 or 10).name = "t" .. i end
			out(names()) --> ={t1 t2 t3}
			task.sleep(0.001)
			out(names()) --> ={t1 t3}
			for _, t in ipairs(task.list()) do t:cancel() end
			task.sleep(0.001)
			out(names()) --> ={}`},
		{name: "an iterator, a comparator and a callback may block", code: `
			local function numbers() local i = 0; return function() task.sleep(0.001) i = i + 1 if i < 4 then return i end end end
			local sum = 0
			for n in numbers() do sum = sum + n end
			out(sum) --> =6
			local list = {3, 1, 2}
			table.sort(list, function(a, b) task.sleep(0.001) return a < b end)
			out(list) --> ={1 2 3}
			out((("abc"):gsub(".", function(c) task.yield() return c:upper() end))) --> =ABC`},
		{name: "metamethods may block", code: `
			local function slow(v) return function() task.sleep(0.001) return v end end
			local m = setmetatable({}, {__index = slow("index"), __newindex = slow(), __add = slow("add"), __call = slow("call"),
				__concat = slow("concat"), __lt = slow(true), __eq = slow(true), __unm = slow("unm"), __tostring = slow("text")})
			out(m.x, m + 1, m(), m .. "", m < m, -m) --> =index add call concat true unm
			m.y = 1
			out(tostring(m)) --> =text`},
		{name: "pcall and xpcall may block, and so may the handler's other tasks", code: `
			out(pcall(function() task.sleep(0.001) error({}) end)) --> =false {}
			out(pcall(function() task.sleep(0.001) return 1, 2 end)) --> =true 1 2
			out(xpcall(function() task.sleep(0.001) error("x", 0) end, function(m) return "handled " .. m end)) --> =false handled x`},
		{name: "a coroutine inside a task may block, and others run meanwhile", code: `
			local function body(name)
				local co = coroutine.wrap(function()
					for i = 1, 3 do
						task.sleep(0.001 * (name == "a" and 3 or 4))
						coroutine.yield(i)
					end
					return "end"
				end)
				return co(), co(), co(), co()
			end
			local a, b = task.spawn(body, "a"), task.spawn(body, "b")
			out(a:join()) --> =true 1 2 3 end
			out(b:join()) --> =true 1 2 3 end
			out(body("main")) --> =1 2 3 end`},
		{name: "several tasks interleave inside their own pcalls and coroutines", code: `
			local log = {}
			local function work(name)
				for i = 1, 3 do
					pcall(function()
						coroutine.wrap(function() task.yield() log[#log + 1] = name .. i end)()
						error("out")
					end)
				end
			end
			local a, b = task.spawn(work, "a"), task.spawn(work, "b")
			a:join() b:join()
			out(log) --> ={a1 b1 a2 b2 a3 b3}`},
		{name: "wrong arguments raise", code: `
			out(pcall(task.spawn)) --> ~bad argument #1 to 'spawn' \(fn must be a function, got no value\)
			out(pcall(task.spawn, "x")) --> ~bad argument #1 to 'spawn' \(fn must be a function, got "x"\)
			out(pcall(task.timeout, "1", print)) --> ~bad argument #1 to 'timeout' \(seconds must be a number, got "1"\)
			out(pcall(task.timeout, -1, print)) --> ~seconds must be 0 seconds or more, got -1
			out(pcall(task.timeout, 1)) --> ~bad argument #2 to 'timeout' \(fn must be a function
			local t = task.spawn(task.yield)
			out(pcall(t.join)) --> ~bad argument #1 to 'join' \(t must be a Task, got no value\)
			out(pcall(t.join, 1)) --> ~bad argument #1 to 'join' \(t must be a Task, got 1\)
			out(pcall(t.join, t, -1)) --> ~bad argument #2 to 'join' \(timeout must be 0 seconds or more, got -1\)
			out(pcall(t.cancel, task.channel())) --> ~bad argument #1 to 'cancel' \(t must be a Task, got a Channel\)
			out(pcall(function() local c = task.current() return c:join() end)) --> ~a task cannot join itself
			out(task.spawn(task.sleep, "x"):join()) --> =nil bad argument #1 to 'sleep' (seconds must be a number, got "x")`},
	})
}

func TestTaskCancel(t *testing.T) {
	runScripts(t, "", []script{
		{name: "the blocked call raises cancelled there", code: `
			local t = task.spawn(function()
				out(pcall(task.sleep, 10)) --> =false cancelled
				error("ended", 0)
			end)
			task.yield()
			out("cancel", t:cancel())
			out(t:join())`, want: `
			cancel true
			false cancelled
			nil ended`},
		{name: "the reason is raised as it is: a text", code: `
			local t = task.spawn(task.sleep, 10)
			task.yield()
			t:cancel("no more time")
			out(t:join()) --> =nil no more time
			out(t:status()) --> =cancelled`},
		{name: "the reason is raised as it is: a table", code: `
			local reason = {code = 7}
			local t = task.spawn(function() local ok, e = pcall(task.sleep, 10); out(e == reason, e.code) error(e) end)
			task.yield()
			t:cancel(reason)
			local ok, err = t:join()
			out(ok, err == reason, t:status())`, want: `
			true 7
			nil true cancelled`},
		{name: "false is a reason", code: `
			local t = task.spawn(task.sleep, 10)
			task.yield()
			t:cancel(false)
			out(t:join()) --> =nil false
			out(t:status()) --> =cancelled`},
		{name: "cancelled before its start it never runs", code: `
			local t = task.spawn(out, "never")
			out(t:cancel("early")) --> =true
			out(t:join()) --> =nil early
			out(t:status(), t:cancel()) --> =cancelled false`},
		{name: "it raises once, and a task that catches it goes on", code: `
			local t = task.spawn(function()
				out(pcall(task.sleep, 10))
				out(task.sleep(0.001))
				return "went on"
			end)
			task.yield()
			t:cancel()
			out(t:join())
			out(t:status())`, want: `
			false cancelled
			true
			true went on
			done`},
		{name: "without a blocked call it raises in the next that would block", code: `
			local t = task.spawn(function()
				task.current():cancel("self")
				out("still runs")
				out(pcall(task.sleep, 10))
				out(pcall(task.yield))
			end)
			t:join()`, want: `
			still runs
			false self
			true true`},
		{name: "two cancels before the wait raise the last once", code: `
			local t = task.spawn(function()
				task.current():cancel("first")
				task.current():cancel("second")
				out(pcall(task.yield))
				out(pcall(task.yield))
			end)
			t:join()`, want: `
			false second
			true true`},
		{name: "the main chunk can be cancelled too", code: `
			local main = task.current()
			task.spawn(function() main:cancel("wake up") end)
			out(pcall(task.sleep, 10)) --> =false wake up
			out(task.sleep(0)) --> =true`},
		{name: "cancel of a task that has ended is false", code: `
			local t = task.spawn(function() return 1 end)
			t:join()
			out(t:cancel()) --> =false
			out(t:join()) --> =true 1
			out(t:status()) --> =done`},
		{name: "a task that ends by its cancellation prints nothing and is no failure", code: `
			local t = task.spawn(task.sleep, 10)
			task.yield()
			t:cancel()`},
		{name: "a different error after a cancellation is a failure", code: `
			local t = task.spawn(function() pcall(task.sleep, 10) error("clean-up failed", 0) end)
			task.yield()
			t:cancel()`, stderr: `^task script:1: clean-up failed\n`, err: `^task script:1: clean-up failed$`},
		{name: "it reaches the call through coroutines, iterators and metamethods", code: `
			local t = task.spawn(function()
				coroutine.wrap(function()
					for _ in function() return setmetatable({}, {__index = function() task.sleep(10) end}).x end do end
				end)()
			end)
			task.yield()
			t:cancel()
			out(t:join()) --> ~^nil .*cancelled`},
		{name: "every call that blocks raises it", code: `
			local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM)
			local l = assert(socket.create_listen(0))
			local ch, other = task.channel(), task.spawn(task.sleep, 10)
			local calls = {
				{"sleep", task.sleep, 10}, {"join", other.join, other}, {"channel recv", ch.recv, ch}, {"select", task.select, {ch}},
				{"recv", a.recv, a, 1}, {"read", a.read, a, 1}, {"recvfrom", a.recvfrom, a, 1}, {"accept", l.accept, l},
				{"socket.select", socket.select, {a}, nil, nil, 10}, {"channel send", task.channel().send, task.channel(), 1},
				{"timeout", task.timeout, 10, task.sleep, 10}, {"scope", task.scope, function() task.sleep(10) end},
				{"all", task.all, {function() task.sleep(10) end}}, {"race", task.race, {function() task.sleep(10) end}},
			}
			for _, call in ipairs(calls) do
				local t = task.spawn(function() return select(2, unpack(call)) and call[2](unpack(call, 3)) end)
				task.yield() task.yield()
				assert(t:status() == "waiting", call[1] .. " does not wait")
				t:cancel("away")
				local ok, err = t:join(10)
				out(call[1], ok, err, t:status())
			end
			other:cancel()`, want: `
			sleep nil away cancelled
			join nil away cancelled
			channel recv nil away cancelled
			select nil away cancelled
			recv nil away cancelled
			read nil away cancelled
			recvfrom nil away cancelled
			accept nil away cancelled
			socket.select nil away cancelled
			channel send nil away cancelled
			timeout nil away cancelled
			scope nil away cancelled
			all nil away cancelled
			race nil away cancelled`},
		{name: "a cancelled recv loses no byte", code: `
			local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM)
			local t = task.spawn(a.recv, a, 10)
			task.yield()
			b:write("kept")
			t:cancel()
			t:join()
			out(a:recv(10)) --> =kept`},
	})
}

func TestTaskTimeout(t *testing.T) {
	runScripts(t, "", []script{
		{name: "returns fn's results", code: `
			out(task.timeout(10, function(a, b) return a + b, nil, "x" end, 1, 2)) --> =3 nil x
			out(select("#", task.timeout(10, function() end))) --> =0
			out(task.timeout(10, function() task.sleep(0.001) return "slept" end)) --> =slept`},
		{name: "nil, timeout, ETIMEDOUT when the time is over", code: `
			out(task.timeout(0.01, task.sleep, 10)) --> =nil timeout 110
			out(task.timeout(0, task.sleep, 10)) --> =nil timeout 110`},
		{name: "fn's errors are raised as they are", code: `
			out(pcall(task.timeout, 10, error, "x", 0)) --> =false x
			local e = {}
			out(select(2, pcall(task.timeout, 10, error, e)) == e) --> =true`},
		{name: "after the time every blocking call raises until fn returns", code: `
			out(task.timeout(0.01, function()
				out(pcall(task.sleep, 10))
				out(pcall(task.sleep, 0))
				out(pcall(task.yield))
				return "caught"
			end))
			out(task.sleep(0))`, want: `
			false timeout
			false timeout
			false timeout
			nil timeout 110
			true`},
		{name: "an error of fn after its time is nil, timeout too", code: `
			out(task.timeout(0.01, function() pcall(task.sleep, 10) error("late") end)) --> =nil timeout 110`},
		{name: "the timer is disarmed when fn returns", code: `
			out(task.timeout(0.02, function() return "soon" end)) --> =soon
			out(task.sleep(0.05)) --> =true
			out(pcall(task.timeout, 0.02, error, "x", 0)) --> =false x
			out(task.sleep(0.05)) --> =true`},
		{name: "inner one first: the outer goes on", code: `
			out(task.timeout(10, function()
				local ok, err = task.timeout(0.01, task.sleep, 10)
				task.sleep(0.001)
				return "outer goes on", ok, err
			end)) --> =outer goes on nil timeout`},
		{name: "outer one first: both end, and the inner call raises", code: `
			out(task.timeout(0.01, function()
				out(pcall(task.timeout, 10, function() out(pcall(task.sleep, 10)) error("inner", 0) end)) 
				out(pcall(task.timeout, 10, task.sleep, 10))
				return "caught"
			end))`, want: `
			false timeout
			false inner
			false timeout
			nil timeout 110`},
		{name: "nested thrice, the middle one runs out", code: `
			out(task.timeout(10, function()
				return "outer", task.timeout(0.01, function()
					return "middle", task.timeout(10, task.sleep, 10)
				end)
			end)) --> =outer nil timeout 110`},
		{name: "each task has its own", code: `
			local a = task.spawn(task.timeout, 0.01, task.sleep, 10)
			local b = task.spawn(task.timeout, 10, function() task.sleep(0.03) return "b" end)
			out(a:join()) --> =true nil timeout 110
			out(b:join()) --> =true b`},
		{name: "a cancel inside is raised, not turned into a timeout", code: `
			local t = task.spawn(task.timeout, 10, task.sleep, 10)
			task.yield()
			t:cancel("stop")
			out(t:join()) --> =nil stop`},
		{name: "a time longer than the clock holds is none", code: `
			out(task.timeout(1e300, function() task.sleep(0.001) return "ok" end)) --> =ok
			out(task.timeout(math.huge, function() task.sleep(0.001) return "ok" end)) --> =ok`},
		{name: "of a socket's call: it loses no byte and the socket works on", code: `
			local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM)
			out(task.timeout(0.01, a.recv, a, 10)) --> =nil timeout 110
			b:write("later")
			out(a:recv(10)) --> =later
			b:write("half a li")
			out(task.timeout(0.01, a.read, a, 100, 1)) --> =nil timeout 110
			b:write("ne\n")
			out(a:read(100, 1)) --> ="half a line\n"`},
		{name: "a busy fn without a blocking call is never late", code: `
			out(task.timeout(0.001, function()
				local stop = socket.gettime() + 0.01
				while socket.gettime() < stop do end
				return "done"
			end)) --> =done`},
		{name: "inside a coroutine", code: `
			local co = coroutine.wrap(function()
				coroutine.yield(task.timeout(0.01, task.sleep, 10))
				return "after"
			end)
			out(co()) --> =nil timeout 110
			out(co()) --> =after`},
	})
}

func TestTaskJoin(t *testing.T) {
	runScripts(t, "", []script{
		{name: "true and fn's results", code: `
			out(task.spawn(function() return 1, nil, "x", nil end):join()) --> =true 1 nil x nil
			out(task.spawn(function() end):join()) --> =true`},
		{name: "nil and the error", code: `
			out(task.spawn(error, "text", 0):join()) --> =nil text
			local e = {}
			local ok, err = task.spawn(error, e):join()
			out(ok, err == e) --> =nil true
			out(task.spawn(function() error("where") end):join()) --> =nil script:5: where
			out(task.spawn(error, nil):join()) --> =nil nil`},
		{name: "nil, timeout while it runs on", code: `
			local t = task.spawn(function() task.sleep(0.05) return "end" end)
			out(t:join(0.01)) --> =nil timeout 110
			out(t:join(0)) --> =nil timeout 110
			out(t:join(10)) --> =true end`},
		{name: "again, by several, after the end", code: `
			local t = task.spawn(function() task.sleep(0.01) return "end" end)
			for i = 1, 3 do task.spawn(function() out(i, t:join()) end) end
			out(0, t:join())
			task.yield()
			out(t:join())`, want: `
			0 true end
			1 true end
			2 true end
			3 true end
			true end`},
		{name: "the timeout disarms when the task ends", code: `
			local t = task.spawn(task.sleep, 0.001)
			out(t:join(0.2)) --> =true true
			out(task.sleep(0.25)) --> =true`},
	})
}

func TestTaskError(t *testing.T) {
	runScripts(t, "", []script{
		{name: "is printed when it happens, with name and traceback, and the others go on", code: `
			local function inner() error("oops") end
			local t = task.spawn(function() inner() end)
			t.name = "worker"
			task.spawn(function() task.sleep(0.01) out("others go on") end) --> =others go on`,
			stderr: `^task worker: script:1: oops\nstack traceback:\n(?s:.*script:1:.*script:2:.*)$`,
			err:    `^task worker: script:1: oops$`},
		{name: "of a value that is no text is described", code: `
			task.spawn(error, {})`, stderr: `^task script:1: \(error object is a table value\)\n`, err: `error object is a table value`},
		{name: "is not printed when someone waits in join", code: `
			out(task.spawn(error, "x", 0):join()) --> =nil x`},
		{name: "that nobody waited for is printed once, but joined later it is no failure of the program", code: `
			local t = task.spawn(error, "x", 0)
			task.yield()
			out(t:join()) --> =nil x
			out(t:join()) --> =nil x`, stderr: `^task script:1: x\n(stack traceback:\n)?([^x]*)$`},
		{name: "a join that timed out before does not count", code: `
			local t = task.spawn(function() task.sleep(0.02) error("x", 0) end)
			out(t:join(0.001)) --> =nil timeout 110`, stderr: `^task script:1: x\n`, err: `^task script:1: x$`},
		{name: "of the main chunk comes from Do with its traceback", code: `
			local function f() error("main") end
			f()`, err: `^script:1: main$`},
		{name: "a deep recursion is an error, not a crash", code: `
			local function f() return 1 + f() end
			out(task.spawn(f):join()) --> ~^nil .*(stack overflow|registry overflow)
			out(pcall(f)) --> ~^false .*(stack overflow|registry overflow)
			out(task.spawn(function() return "fine" end):join()) --> =true fine`},
	})
}

func TestDeadlock(t *testing.T) {
	runScripts(t, "", []script{
		{name: "raises in the main chunk with where each task waits", code: `
			local ch = task.channel()
			task.spawn(function()
				ch:recv()
			end).name = "reader"
			local ok, err = pcall(ch.recv, ch)
			out((err:gsub("\n%s*", " | ")))
			ch:close()`, want: `
			~^deadlock: every task waits for another \| main chunk waits in recv on channel: 0 of 0 at script:5 \| reader waits in recv on channel: 0 of 0 at script:3$`},
		{name: "two that join each other", code: `
			local a, b
			a = task.spawn(function() return b:join() end)
			b = task.spawn(function() return a:join() end)
			a.name, b.name = "a", "b"
			out((select(2, pcall(a.join, a)):gsub("\n%s*", " | ")))
			b:cancel()`, want: `
			~main chunk waits in join on a at script:5 \| a waits in join on b at script:2 \| b waits in join on a at script:3`},
		{name: "caught in the main chunk, the program goes on", code: `
			local ch = task.channel()
			local t = task.spawn(function() return ch:recv() end)
			out((pcall(t.join, t))) --> =false
			ch:send("x")
			out(t:join()) --> =true x`},
		{name: "when the main chunk has ended Do returns it", code: `
			task.spawn(function()
				task.channel():recv()
			end)`, err: `^deadlock: every task waits for another\n\tscript:1 waits in recv on channel: 0 of 0 at script:2$`},
		{name: "a deadlock in a call that no Lua function makes", code: `
			local ch = task.channel()
			task.spawn(ch.recv, ch)`, err: `^deadlock: every task waits for another\n\tscript:2 waits in recv on channel: 0 of 0$`},
		{name: "is none while a timer or a descriptor may wake one", code: `
			local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM)
			local ch = task.channel()
			task.spawn(function() task.sleep(0.01) ch:send(1) end)
			out(ch:recv()) --> =1
			task.spawn(function() ch:send(b:recv(1)) end)
			task.spawn(function() a:write("x") end)
			out(ch:recv()) --> =x`},
		{name: "a wait with a timeout is none", code: `
			out(task.channel():recv(0.01)) --> =nil timeout 110`},
	})
}

func TestWaitReturnsDeadlock(t *testing.T) {
	vm := openVM(t, Options{})
	_, err := vm.run(t, "", "task.spawn(function() task.channel():recv() end)")
	var dead *loop.Deadlock
	if !errors.As(err, &dead) || len(dead.Waits) != 1 || dead.Waits[0].Where != "script:1" {
		t.Fatalf("got %#v, want a *loop.Deadlock with the task at script:1", err)
	}
}

// A task's error makes Wait fail for as long as nobody joins it, and tells
// whose it was.
func TestWaitReturnsTaskError(t *testing.T) {
	var stderr bytes.Buffer
	vm := openVM(t, Options{Stderr: &stderr})
	_, err := vm.run(t, "", `bad = task.spawn(error, "first", 0) task.spawn(error, "second", 0)`)
	var failure *Error
	if !errors.As(err, &failure) || failure.Task != "script:1" || failure.Value != lua.LString("first") {
		t.Fatalf("got %#v, want the first task's error", err)
	}
	if n := strings.Count(stderr.String(), "task script:1:"); n != 2 {
		t.Errorf("%d errors were printed, want 2:\n%s", n, &stderr)
	}
}

// What ends a script for good cannot be caught.
func TestExitCannotBeCaught(t *testing.T) {
	for _, code := range []string{
		`pcall(os.exit, 3) out("caught")`,
		`xpcall(function() os.exit(3) end, out) out("caught")`,
		`pcall(task.timeout, 10, os.exit, 3) out("caught")`,
		`pcall(task.scope, function() os.exit(3) end) out("caught")`,
		`pcall(task.all, {function() os.exit(3) end}) out("caught")`,
		`pcall(coroutine.wrap(function() os.exit(3) end)) out("caught")`,
	} {
		t.Run(code, func(t *testing.T) {
			var codes []int
			vm := openVM(t, Options{Stderr: &bytes.Buffer{}, Exit: func(code int) { codes = append(codes, code) }})
			lines, _ := vm.run(t, "", code)
			if len(codes) != 1 || codes[0] != 3 {
				t.Errorf("Exit was called with %v, want [3]", codes)
			}
			if lines != nil {
				t.Errorf("the script went on: %q", lines)
			}
		})
	}
}

// Interrupt ends the main chunk's wait and every task's.
func TestInterrupt(t *testing.T) {
	vm := openVM(t, Options{})
	vm.L.SetGlobal("interrupt", vm.L.NewFunction(func(L *lua.LState) int {
		go vm.Interrupt("stop all")
		return 0
	}))
	lines, err := vm.run(t, "", `
		local t = task.spawn(task.sleep, 100)
		task.yield()
		interrupt()
		out(pcall(task.sleep, 100))
		out(t:join())
		out(t:status())`)
	s := script{want: "false stop all\nnil stop all\ncancelled"}
	s.report(t, s.check(lines))
	if err != nil {
		t.Error(err)
	}
}

func TestInterruptEndsWait(t *testing.T) {
	vm := openVM(t, Options{})
	vm.L.SetGlobal("interrupt", vm.L.NewFunction(func(L *lua.LState) int {
		go vm.Interrupt("stop all")
		return 0
	}))
	_, err := vm.run(t, "", `task.spawn(function() pcall(function() interrupt() task.sleep(100) end) end)`)
	if errorString(err) != "stop all" {
		t.Errorf("Wait returned %v, want the reason", err)
	}
}

// Close ends tasks that wait, whatever they catch, and is quick.
func TestCloseEndsTasks(t *testing.T) {
	vm, err := New(Options{Stderr: &bytes.Buffer{}})
	if err != nil {
		t.Fatal(err)
	}
	fn, err := vm.L.LoadString(`
		local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM)
		for i = 1, 10 do task.spawn(function() a:recv(1) end) end
		task.spawn(task.scope, function(s) s:spawn(task.sleep, 1000) task.sleep(1000) end)
		task.spawn(coroutine.wrap(function() task.sleep(1000) end))
		task.yield()
		error("main ends")`)
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Do(fn); !strings.HasSuffix(errorString(err), "main ends") {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- vm.Close() }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Fatal("Close does not return")
	}
}

// A thousand tasks each hold a conversation over a socket pair of their own.
func TestThousandConversations(t *testing.T) {
	n := "1000"
	if testing.Short() {
		n = "100"
	}
	runScripts(t, "n = "+n, []script{{name: n, code: `
		local function answer(s)
			local got = s:recv(100)
			while got do
				s:write(got:upper())
				got = s:recv(100)
			end
			s:close()
		end
		local good, waiting = 0, 0
		local function ask(s, i)
			for round = 1, 3 do
				local text = ("client %d round %d"):format(i, round)
				s:write(text)
				if s:recv(100) == text:upper() then good = good + 1 end
			end
			s:close()
		end
		for i = 1, n do
			local a, b = assert(socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM))
			task.spawn(answer, a)
			task.spawn(ask, b, i)
		end
		out(#task.list() == 2 * n) --> =true
		for _, t in ipairs(task.list()) do assert(t:join()) end
		out(good == 3 * n, #task.list(), #socket.list()) --> =true 0 0`}})
}

// Tasks are reused after they end; nothing of the last one shows.
func TestTasksAreReused(t *testing.T) {
	runScripts(t, "", []script{{name: "environment and locals", code: `
		for i = 1, 3 do
			out(task.spawn(function(...)
				local before, a, b = leaked, ...
				setfenv(1, {})
				leaked = i
				return before, a, b
			end, i == 1 and "x" or nil):join())
		end
		out(leaked)
		out(task.spawn(function() setfenv(0, {out = out}) return leaked end):join())
		out(task.spawn(function() return out ~= nil, task ~= nil end):join())`, want: `
		true nil x nil
		true nil nil nil
		true nil nil nil
		nil
		true nil
		true true true`}})
}

// A task whose cancel passes through coroutine.wrap or error is still cancelled.
func TestCancelWithPosition(t *testing.T) {
	runScripts(t, "", []script{
		{name: "through a coroutine", code: `
			local t = task.spawn(function() coroutine.wrap(function() task.sleep(9) end)() end)
			task.yield()
			t:cancel()
			task.yield()
			out(t:status()) --> =cancelled`},
		{name: "raised again", code: `
			local t = task.spawn(function() local _, e = pcall(task.sleep, 9) error(e) end)
			task.yield()
			t:cancel("enough")
			task.yield()
			out(t:status()) --> =cancelled`},
	})
}

// A function that goes on trying after its time has run out lets others run.
func TestTimeoutDoesNotStarve(t *testing.T) {
	runScripts(t, "", []script{{name: "others go on", code: `
		local ran, stop = 0, false
		task.spawn(function() for i = 1, 100 do task.yield() ran = ran + 1 end stop = true end)
		out(task.timeout(0.001, function() while not stop do pcall(task.sleep, 1) end return "late" end)) --> =nil timeout 110
		out(ran) --> =100`}})
}
