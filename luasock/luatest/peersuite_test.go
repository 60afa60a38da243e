package luatest

import (
	"strings"
	"testing"
	"time"
)

// What module test makes belongs to the test or block that made it.
func TestPeersInTests(t *testing.T) {
	runSuites(t, []suiteCase{
		{name: "what a test makes is no leak and ends with it", code: `
			local s, p, q
			it("a", function()
				s = test.server(function(fp) fp:read(1) end)
				p = test.proxy(s)
				q = test.process{"sleep", "600"}
				local c = socket.fsockopen(p.host, p.port)
				c:write("x")
				c:close()
			end)
			it("b", function()
				for _, port in ipairs{s.port, p.port} do
					local fp, why, errno = socket.fsockopen("127.0.0.1", port)
					assert.equal(socket.ECONNREFUSED, errno)
				end
				assert.equal(143, (q:wait(0)))
			end)`, want: `
			passed a
			passed b`},
		{name: "what before_all makes serves the tests of the block", code: `
			local s
			describe("block", function()
				before_all(function() s = test.server(function(fp) fp:write("hi") end) end)
				for i = 1, 2 do
					it("t" .. i, function()
						local c = socket.fsockopen(s.host, s.port)
						assert.equal("hi", c:get_contents())
						c:close()
					end)
				end
			end)
			it("after", function() assert.is_nil((socket.fsockopen(s.host, s.port))) end)`, want: `
			passed block/t1
			passed block/t2
			passed after`},
		{name: "an error in a handler fails the test, with its line and both sides", code: `
			it("a", function()
				local s = test.server(function(fp)
					assert.equal("good\n", fp:gets())
				end)
				local c = socket.fsockopen(s.host, s.port)
				c:write("bad\n")
				c:close()
			end)`, want: `
			failed a: assertion: handler of tcp://127.0.0.1:{…} #1: the strings are not equal (- expected, + actual)\n  - "good\n"\n  + "bad\n" @3`},
		{name: "an error in a handler of a block's server fails the test that runs", code: `
			local s
			before_all(function() s = test.server(function(fp) if fp:gets() ~= "good\n" then error("bad", 0) end end) end)
			local function say(what)
				local c = socket.fsockopen(s.host, s.port)
				c:write(what)
				c:get_contents()
				c:close()
			end
			it("a", function() say("good\n") end)
			it("b", function() say("bad\n") end)
			it("c", function() say("good\n") end)`, want: `
			passed a
			failed b: error: handler of tcp://127.0.0.1:{…} #2: bad{…}
			passed c`},
		{name: "a program that hangs ends with the time limit", suite: Suite{Timeout: 200 * time.Millisecond}, code: `
			local p
			it("a", function() p = test.process{"sh", "-c", "trap '' INT; sleep 600"} p:wait() end)
			it("b", function() assert.equal(143, (p:wait(0))) end)`, want: `
			failed a: timeout: over the time limit of 0.2 s\n  the test waits in wait on process: sh, pid {…} at {…}a_test.lua:2 @2
			passed b`},
		{name: "a client that a handler left waiting is no deadlock", suite: Suite{Timeout: 200 * time.Millisecond}, code: `
			it("a", function()
				local told = task.channel()
				local s = test.server(function(fp) told:send(fp:gets()) end)
				task.spawn(function() task.sleep(0.02) local c = socket.fsockopen(s.host, s.port) c:write("x\n") c:close() end)
				assert.equal("x\n", told:recv())
			end)`, want: `
			passed a`},
	})
}

// A failed test shows the seed of its proxies and the last output of its programs,
// and of the conversations those that the test itself had.
func TestPeersNotes(t *testing.T) {
	results, _ := runSource(t, Suite{Seed: 77}, map[string]string{"a_test.lua": `
		it("a", function()
			local s = test.server(function(fp) fp:write(fp:gets()) end)
			local p = test.proxy(s, {latency = 0.001})
			test.process{"sh", "-c", "echo one; echo two; exec sleep 600", ready = "two"}
			local c = socket.fsockopen(p.host, p.port)
			c:write("hello\n")
			assert.equal("bye\n", c:gets())
		end)`})
	var texts []string
	for _, n := range results[0].Notes {
		texts = append(texts, n.What+": "+n.Text)
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{
		"test.proxy tcp://127.0.0.1:{…}: faults {latency = 0.001, seed = 77}\n{…}",
		"{…}last output of sh (pid {…}):   one\n  two\n{…}",
	} {
		if !like(want, all) {
			t.Errorf("got\n%s\nwant %s", all, want)
		}
	}
	if n := strings.Count(all, "hello"); n != 4 { // sent and received by the client and by the handler
		t.Errorf("%d messages are shown, want 4:\n%s", n, all)
	}
}

// With the seed that the report prints the same failure comes again.
func TestSeedBringsFailureAgain(t *testing.T) {
	const code = `
		it("a", function()
			local s = test.server(function(fp) while true do fp:write(fp:read(100)) end end, {udp = true})
			local c = socket.stream_client(test.proxy(s, {loss = 0.1}).url)
			c:set_timeout(1)
			for i = 1, 1000 do c:write("x" .. i) if c:read(100) ~= "x" .. i then error("x" .. i .. " is lost") end end
		end)`
	for _, k := range []struct {
		seed int64
		want string
	}{
		{5, "failed a: error: x4 is lost @5"},
		{6, "failed a: error: x10 is lost @5"},
		{5, "failed a: error: x4 is lost @5"},
	} {
		results, _ := runSource(t, Suite{Seed: k.seed}, map[string]string{"a_test.lua": code})
		if got := lineOf(results[0]); got != k.want {
			t.Errorf("seed %d: got %s, want %s", k.seed, got, k.want)
		}
	}
}
