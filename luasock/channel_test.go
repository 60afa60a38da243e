package luasock

import "testing"

func TestChannel(t *testing.T) {
	runScripts(t, "", []script{
		{name: "capacity 0: a sender waits until its value is received", code: `
			local ch = task.channel()
			local t = task.spawn(function() out("sent", ch:send("v")) end)
			task.yield()
			out(t:status())
			out("received", ch:recv())
			t:join()`, want: `
			waiting
			received v
			sent true`},
		{name: "capacity n: n sends do not wait, the next does", code: `
			local ch = task.channel(2)
			out(ch:send(1), ch:send(2)) --> =true true
			out(ch:send(3, 0.001)) --> =nil timeout 110
			out(tostring(ch)) --> =channel: 2 of 2
			out(ch:recv(), ch:recv()) --> =1 2
			out(ch:recv(0.001)) --> =nil timeout 110`},
		{name: "values come in the order of sending, those of blocked senders too", code: `
			local ch = task.channel(1)
			for i = 1, 5 do task.spawn(function() ch:send(i) end) end
			task.yield()
			local got = {}
			for i = 1, 5 do got[i] = ch:recv() end
			out(got) --> ={1 2 3 4 5}`},
		{name: "receivers get values in the order of their waiting", code: `
			local ch = task.channel()
			for i = 1, 3 do task.spawn(function() out(i, ch:recv()) end) end
			task.yield()
			for _, v in ipairs{"a", "b", "c"} do ch:send(v) end`, want: `
			1 a
			2 b
			3 c`},
		{name: "any value but nil passes unchanged", code: `
			local ch = task.channel(9)
			local t, f = {}, function() end
			for _, v in ipairs{1, "a\0b", true, t, f, ch} do ch:send(v) end
			ch:send(false)
			out(ch:recv(), ch:recv(), ch:recv(), ch:recv() == t, ch:recv() == f, ch:recv() == ch, ch:recv()) --> =1 "a\x00b" true true true true false
			out(pcall(ch.send, ch, nil)) --> ~bad argument #2 to 'send' \(value must be a value other than nil, got nil\)
			out(pcall(ch.send, ch)) --> ~got no value`},
		{name: "a timed out receiver takes nothing later", code: `
			local ch = task.channel()
			out(ch:recv(0.001)) --> =nil timeout 110
			out(ch:send("x", 0.001)) --> =nil timeout 110
			task.spawn(function() ch:send("y") end)
			out(ch:recv()) --> =y`},
		{name: "a timed out sender's value is not there later", code: `
			local ch = task.channel()
			out(ch:send("lost", 0.001)) --> =nil timeout 110
			out(ch:recv(0)) --> =nil timeout 110`},
		{name: "a cancelled receiver or sender leaves nothing behind", code: `
			local ch = task.channel()
			local r = task.spawn(ch.recv, ch)
			task.yield()
			r:cancel()
			task.spawn(function() ch:send("for main") end)
			out(ch:recv()) --> =for main
			local s = task.spawn(ch.send, ch, "withdrawn")
			task.yield()
			s:cancel()
			out(ch:recv(0.001)) --> =nil timeout 110`},
		{name: "a receiver that is cancelled in the turn in which it got its value has it", code: `
			local ch = task.channel()
			local r = task.spawn(function()
				out("got", ch:recv())
				out(pcall(task.sleep, 10))
			end)
			task.yield()
			ch:send("v")
			r:cancel("late")
			r:join()`, want: `
			got v
			false late`},
		{name: "close: what is in it can still be received, then nil, closed, 0", code: `
			local ch = task.channel(2)
			ch:send(1) ch:send(2)
			out(ch:close(), ch:close(), tostring(ch)) --> =true true channel: 2 of 2 closed
			out(ch:recv(), ch:recv()) --> =1 2
			out(ch:recv()) --> =nil closed 0
			out(ch:send(3)) --> =nil closed 0
			out(ch:recv(1), ch:send(1, 1)) --> =nil nil closed 0`},
		{name: "close wakes blocked receivers and senders with nil, closed, 0", code: `
			local ch, full = task.channel(), task.channel()
			for i = 1, 2 do task.spawn(function() out("recv", i, ch:recv()) end) end
			for i = 1, 2 do task.spawn(function() out("send", i, full:send(i)) end) end
			task.yield()
			ch:close() full:close()
			task.yield()
			out(full:recv())`, want: `
			recv 1 nil closed 0
			recv 2 nil closed 0
			send 1 nil closed 0
			send 2 nil closed 0
			nil closed 0`},
		{name: "iter gives every value until the channel is closed", code: `
			local ch = task.channel()
			task.spawn(function() for i = 1, 3 do ch:send(i) end ch:close() end)
			local sum = 0
			for v in ch:iter() do sum = sum + v end
			out(sum) --> =6
			for v in ch:iter() do out(v) end`},
		{name: "iter passes false on, by the way Lua ends loops only at nil", code: `
			local ch = task.channel(3)
			ch:send(false) ch:send(1) ch:close()
			for v in ch:iter() do out(v) end`, want: `
			false
			1`},
		{name: "pipeline of workers", code: `
			local jobs, results = task.channel(3), task.channel()
			for w = 1, 4 do
				task.spawn(function() for n in jobs:iter() do task.sleep(0.001) results:send(n * n) end end)
			end
			task.spawn(function() for i = 1, 20 do jobs:send(i) end jobs:close() end)
			local sum = 0
			for i = 1, 20 do sum = sum + results:recv() end
			out(sum) --> =2870`},
		{name: "wrong arguments raise", code: `
			local ch = task.channel()
			out(pcall(task.channel, -1)) --> ~bad argument #1 to 'channel' \(capacity must be 0 to \d+, got -1\)
			out(pcall(task.channel, 0.5)) --> ~capacity must be an integer, got 0.5
			out(pcall(ch.recv)) --> ~bad argument #1 to 'recv' \(ch must be a Channel, got no value\)
			out(pcall(ch.recv, ch, "x")) --> ~bad argument #2 to 'recv' \(timeout must be a number, got "x"\)
			out(pcall(ch.iter, {})) --> ~bad argument #1 to 'iter' \(ch must be a Channel, got a table\)`},
	})
}

func TestChannelSelect(t *testing.T) {
	runScripts(t, "", []script{
		{name: "the channel that has something, and its value", code: `
			local a, b = task.channel(1), task.channel(1)
			b:send("x")
			local ch, v = task.select{a, b}
			out(ch == b, v) --> =true x`},
		{name: "the first of several that have", code: `
			local a, b = task.channel(1), task.channel(1)
			a:send("a") b:send("b")
			out(select(2, task.select{a, b}), select(2, task.select{a, b})) --> =a b`},
		{name: "a buffered value, a blocked sender, a later one", code: `
			local a, b = task.channel(), task.channel()
			task.spawn(function() b:send("blocked") end)
			task.yield()
			local ch, v = task.select{a, b}
			out(ch == b, v) --> =true blocked
			task.spawn(function() task.sleep(0.001) a:send("later") end)
			ch, v = task.select{a, b}
			out(ch == a, v) --> =true later`},
		{name: "nil, timeout", code: `
			local a = task.channel()
			out(task.select({a}, 0.001)) --> =nil timeout 110
			out(task.select({a}, 0)) --> =nil timeout 110
			out(a:send("x", 0.001)) --> =nil timeout 110`},
		{name: "a closed one: the channel, nil, closed", code: `
			local a, b = task.channel(), task.channel()
			b:close()
			local ch, v, why = task.select{a, b}
			out(ch == b, v, why) --> =true nil closed
			task.spawn(function() a:close() end)
			ch, v, why = task.select{a}
			out(ch == a, v, why) --> =true nil closed`},
		{name: "a value goes before a closed one", code: `
			local a, b = task.channel(), task.channel(1)
			a:close() b:send("v")
			out(select(2, task.select{a, b})) --> =v`},
		{name: "only one value is taken", code: `
			local a, b = task.channel(), task.channel()
			local t = task.spawn(function() return select(2, task.select{a, b}) end)
			task.yield()
			out(a:send("first", 0.001), b:send("second", 0.001)) --> =true nil timeout 110
			out(t:join()) --> =true first`},
		{name: "cancelled it leaves nothing behind", code: `
			local a, b = task.channel(), task.channel()
			local t = task.spawn(task.select, {a, b})
			task.yield()
			t:cancel()
			t:join()
			out(a:send(1, 0.001), b:send(1, 0.001)) --> =nil nil timeout 110`},
		{name: "the same channel twice", code: `
			local a = task.channel()
			task.spawn(function() a:send("v") end)
			out(select(2, task.select{a, a})) --> =v`},
		{name: "no channels, and what is none, raise", code: `
			out(pcall(task.select, {})) --> ~bad argument #1 to 'select' \(channels must not be empty\)
			out(pcall(task.select, {task.channel(), 1})) --> ~channels must be a list of Channels, got 1 at \[2\]
			out(pcall(task.select)) --> ~channels must be a table, got no value`},
	})
}
