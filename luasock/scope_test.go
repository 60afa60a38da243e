package luasock

import "testing"

func TestScope(t *testing.T) {
	runScripts(t, "", []script{
		{name: "returns fn's results when all of its tasks are done", code: `
			out(task.scope(function(s)
				for i = 3, 1, -1 do s:spawn(function(name) task.sleep(i / 100) out(name) end, "task " .. i) end
				out("body ends")
				return "a", nil, "b"
			end))`, want: `
			body ends
			task 1
			task 2
			task 3
			a nil b`},
		{name: "waits for tasks that its tasks spawn into it", code: `
			task.scope(function(s)
				s:spawn(function()
					task.sleep(0.001)
					s:spawn(function() task.sleep(0.001) out("late") end)
				end)
			end)
			out("end")`, want: `
			late
			end`},
		{name: "the first error cancels the rest and is raised", code: `
			local slow
			out(pcall(task.scope, function(s)
				slow = s:spawn(task.sleep, 10)
				s:spawn(function() task.sleep(0.001) error("first", 0) end)
				s:spawn(function() pcall(task.sleep, 10) error("second", 0) end)
			end))
			out(slow:status(), slow:join())`, want: `
			false first
			cancelled nil cancelled`},
		{name: "an error's value is raised as it is", code: `
			local e = {}
			local ok, err = pcall(task.scope, function(s) s:spawn(error, e) end)
			out(ok, err == e) --> =false true`},
		{name: "a task's error cancels the body", code: `
			out(pcall(task.scope, function(s)
				s:spawn(error, "from a task", 0)
				out(pcall(task.sleep, 10))
				out(task.sleep(0.001))
				return "body"
			end))`, want: `
			false cancelled
			true
			false from a task`},
		{name: "the body's error cancels the tasks", code: `
			local t
			out(pcall(task.scope, function(s)
				t = s:spawn(task.sleep, 10)
				task.yield()
				error("from the body", 0)
			end))
			out(t:status())`, want: `
			false from the body
			cancelled`},
		{name: "it waits for the clean-up of those that it cancels", code: `
			out(pcall(task.scope, function(s)
				s:spawn(function() pcall(task.sleep, 10) task.sleep(0.02) out("cleaned up") end)
				s:spawn(error, "x", 0)
			end))`, want: `
			cleaned up
			false x`},
		{name: "a cancel of a task of the scope alone is no error of the scope", code: `
			out(task.scope(function(s)
				local t = s:spawn(task.sleep, 10)
				task.yield()
				t:cancel()
				return "fine"
			end)) --> =fine`},
		{name: "a cancel from outside cancels body and tasks, and is raised after them", code: `
			local child
			local t = task.spawn(function()
				task.scope(function(s)
					child = s:spawn(function() pcall(task.sleep, 10) task.sleep(0.01) out("child cleaned up") end)
					task.sleep(10)
				end)
			end)
			task.yield() task.yield()
			t:cancel("outside")
			out(t:join())
			out(child:status(), t:status())`, want: `
			child cleaned up
			nil outside
			done cancelled`},
		{name: "a cancel from outside after the body's end", code: `
			local child
			local t = task.spawn(task.scope, function(s) child = s:spawn(task.sleep, 10) end)
			task.yield() task.yield()
			t:cancel("outside")
			out(t:join()) --> =nil outside
			out(child:status()) --> =cancelled`},
		{name: "a timeout around it waits for the tasks' clean-up", code: `
			out(task.timeout(0.01, task.scope, function(s)
				s:spawn(function() pcall(task.sleep, 10) task.sleep(0.02) out("cleaned up") end)
			end))
			out(task.timeout(0.01, task.scope, function(s)
				s:spawn(function() pcall(task.sleep, 10) task.sleep(0.02) out("cleaned up") end)
				task.sleep(10)
			end))`, want: `
			cleaned up
			nil timeout 110
			cleaned up
			nil timeout 110`},
		{name: "an error of its task is not printed twice, nor of a scope inside a scope", code: `
			out(pcall(task.scope, function(s)
				s:spawn(task.scope, function(inner) inner:spawn(error, "deep", 0) task.sleep(10) end)
				task.sleep(10)
			end)) --> =false deep`},
		{name: "spawn after its end raises", code: `
			local kept
			task.scope(function(s) kept = s end)
			out(pcall(kept.spawn, kept, print)) --> ~bad argument #1 to 'spawn' \(the scope has ended\)`},
		{name: "spawn while it is being cancelled: cancelled before its start", code: `
			local kept
			out(pcall(task.scope, function(s)
				s:spawn(function()
					pcall(task.sleep, 10)
					kept = s:spawn(out, "never")
				end)
				s:spawn(error, "x", 0)
			end))
			out(kept:status())`, want: `
			false x
			cancelled`},
		{name: "an empty one", code: `
			out(task.scope(function() return 1 end)) --> =1
			out(select("#", task.scope(function() end))) --> =0
			out(pcall(task.scope, error, "x")) --> =false scope`},
		{name: "in a task, several at once", code: `
			local function work(name) return task.scope(function(s)
				local a, b = s:spawn(function() task.sleep(0.001) return 1 end), s:spawn(function() return 2 end)
				return name, select(2, a:join()) + select(2, b:join())
			end) end
			local list = {}
			for i = 1, 3 do list[i] = task.spawn(work, i) end
			for i = 1, 3 do out(list[i]:join()) end`, want: `
			true 1 3
			true 2 3
			true 3 3`},
		{name: "wrong arguments raise", code: `
			out(pcall(task.scope)) --> ~bad argument #1 to 'scope' \(fn must be a function, got no value\)
			task.scope(function(s)
				out(tostring(s)) --> =scope
				out(pcall(s.spawn, s, 1)) --> ~bad argument #2 to 'spawn' \(fn must be a function, got 1\)
				out(pcall(s.spawn, 1, print)) --> ~bad argument #1 to 'spawn' \(scope must be a Scope, got 1\)
			end)`},
	})
}

func TestAll(t *testing.T) {
	runScripts(t, "", []script{
		{name: "the first result of each, in order, side by side", code: `
			local list = task.all{
				function() task.sleep(0.02) out("slow") return "a", "dropped" end,
				function() out("quick") return "b" end,
				function() return end,
				function() return false end,
			}
			out(list[1], list[2], list[3], list[4])`, want: `
			quick
			slow
			a b nil false`},
		{name: "of nothing", code: `
			out(task.all{}) --> ={}`},
		{name: "the first error cancels the rest and is raised", code: `
			out(pcall(task.all, {
				function() out(pcall(task.sleep, 10)) end,
				function() task.sleep(0.001) error("x", 0) end,
				function() task.sleep(10) out("never") end,
			}))`, want: `
			false cancelled
			false x`},
		{name: "what is no function is refused before any starts", code: `
			out(pcall(task.all, {function() out("never") end, 5})) --> ~bad argument #1 to 'all' \(fns must be a list of functions, got 5 at \[2\]\)
			out(pcall(task.all, {a = print})) --> ~\(fns must be a list of functions, got a table with the key "a"\)
			out(pcall(task.all, {print, [3.5] = print})) --> ~got a table with the key 3.5\)
			out(#task.all(table.pack(function() return 1 end, function() return 2 end))) --> =2
			out(pcall(task.all)) --> ~fns must be a table, got no value
			task.yield()`},
		{name: "in a timeout, the rest is cancelled and waited for", code: `
			out(task.timeout(0.01, task.all, {function() pcall(task.sleep, 10) task.sleep(0.01) out("cleaned up") end}))`, want: `
			cleaned up
			nil timeout 110`},
	})
}

func TestRace(t *testing.T) {
	runScripts(t, "", []script{
		{name: "all results of the first that ends, the rest cancelled", code: `
			out(task.race{
				function() out(pcall(task.sleep, 10)) end,
				function() task.sleep(0.001) return "won", nil, 2 end,
			})`, want: `
			false cancelled
			won nil 2`},
		{name: "those that have not started never run", code: `
			out(task.race{function() return 1 end, function() out("never") end}) --> =1`},
		{name: "an error that comes first is raised", code: `
			out(pcall(task.race, {function() error("lost", 0) end, function() task.sleep(10) end})) --> =false lost`},
		{name: "an error of those that are cancelled does not count", code: `
			out(task.race{function() return "won" end, function() pcall(task.sleep, 10) error("x") end}) --> =won
			out(task.race{
				function() pcall(task.sleep, 10) error("in the clean-up") end,
				function() task.sleep(0.001) return "won" end,
			}) --> =won`},
		{name: "of nothing raises", code: `
			out(pcall(task.race, {})) --> ~bad argument #1 to 'race' \(fns must not be empty\)
			out(pcall(task.race, {1})) --> ~fns must be a list of functions, got 1 at \[1\]`},
		{name: "a winner without results", code: `
			out(select("#", task.race{function() end, function() task.sleep(10) end})) --> =0`},
		{name: "the way to write a time limit by hand", code: `
			local a = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM)
			out(task.race{function() return a:recv(1) end, function() task.sleep(0.01) return nil, "too late" end}) --> =nil too late`},
	})
}
