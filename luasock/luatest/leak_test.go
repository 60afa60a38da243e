package luatest

import (
	"fmt"
	"strings"
	"testing"
)

func TestLeaks(t *testing.T) {
	runSuites(t, []suiteCase{
		{name: "a socket that is still referred to, one that is not, one of each kind", code: `
			it("a", function() kept = socket.create_listen(0) end)
			it("b", function() socket.create(socket.AF_INET, socket.SOCK_DGRAM) collectgarbage() end)
			it("c", function()
				local l = socket.stream_server("tcp://127.0.0.1:0")
				local fp = socket.stream_client("tcp://" .. l:get_name(false))
				local s = l:accept()
				l:close() fp:close()
			end)
			it("d", function() local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0) a:close() end)`, want: `
			failed a: leak: a socket was left open\n  tcp 0.0.0.0:{…} listening @1
			failed b: leak: a socket was left open{…} @2
			failed c: leak: a socket was left open\n  tcp 127.0.0.1:{…} connected @6
			failed d: leak: a socket was left open\n  unix{…} @9`},
		{name: "a task", code: `
			it("a", function() task.spawn(function() task.sleep(100) end) end)
			it("b", function() assert.equal(0, #task.list() - 1) end)`, want: `
			failed a: leak: a task was left that has not ended\n  {…}a_test.lua:1 waits in sleep at {…}:1 @1
			passed b`},
		{name: "a command of io.popen, unless it has ended", code: `
			it("a", function() kept = io.popen("exec cat", "w") end)
			it("b", function() io.popen("echo x"):read("*a") end)
			it("c", function() local f = io.popen("echo x") f:close() end)
			it("d", function()
				assert.has_error(function() io.popen() end)
				assert.equal("closed file", io.type(kept))
			end)
			before_all(function() shared = io.popen("exec cat", "w") end)
			after_all(function() shared:close() end)`, want: `
			failed a: leak: a command of io.popen was left running\n  exec cat @1
			passed b
			passed c
			passed d`},
		{name: "a task that ends by itself is none, nor what it closes", code: `
			it("a", function()
				local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
				task.spawn(function() b:recv(1) b:close() end)
				a:close()
			end)`, want: `
			passed a`},
		{name: "what before_each opens and after_each closes is none", code: `
			local s
			before_each(function() s = socket.create_listen(0) end)
			after_each(function() s:close() end)
			it("a", function() end)`, want: `
			passed a`},
		{name: "what a block opens is the block's", code: `
			describe("a", function()
				local s
				before_all(function() s = socket.create_listen(0) end)
				it("one", function() end)
				it("two", function() end)
				after_all(function() s:close() end)
			end)
			describe("b", function()
				before_all(function() s = socket.create_listen(0) end)
				it("one", function() end)
			end)
			local s = socket.create_listen(0)`, want: `
			passed a/one
			passed a/two
			passed b/one
			failed b/(the end): leak: a socket was left open\n  tcp {…} @9
			failed (the end): leak: a socket was left open\n  tcp {…} @12`},
		{name: "one verdict: what failed is not also a leak", code: `
			it("a", function() s = socket.create_listen(0) error("no", 0) end)
			it("b", {timeout = 0.05}, function() s = socket.create_listen(0) s:accept() end)
			it("c", function() s = socket.create_listen(0) pending("later") end)`, want: `
			failed a: error: no @1
			failed b: timeout: {…} @2
			skipped c: later`},
		{name: "what module test makes is none, nor a persistent stream", code: `
			it("a", function()
				local s = test.server(function(fp) fp:gets() end)
				local fp = socket.fsockopen("127.0.0.1", s.port)
				fp:close()
			end)
			it("b", function()
				local s = test.server(function(fp) fp:gets() end)
				local fp = socket.pfsockopen("127.0.0.1", s.port)
			end)`, want: `
			passed a
			passed b`},
		{name: "an error in a server's handler fails the test", code: `
			it("a", function()
				local s = test.server(function(fp) error("bad") end)
				local fp = socket.fsockopen("127.0.0.1", s.port)
				fp:gets()
				fp:close()
			end)`, want: `
			failed a: error: {…}bad{…}`},
	})
}

// What goes through the module http belongs to the test that asks, though it moves
// outside of its tasks, and an idle connection of a session is no leak. Of TLS the
// plaintext is shown.
func TestConversation(t *testing.T) {
	results, _ := runSource(t, Suite{}, map[string]string{"a_test.lua": `
		local session = http.session()
		local server
		before_all(function()
			server = test.server(function(fp)
				for line in fp:lines() do
					if line == "" or line == "\r" then fp:write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK") end
				end
			end)
		end)
		it("a", function() assert.equal(200, session:get("http://127.0.0.1:" .. server.port .. "/a").status) end)
		it("b", function() assert.equal(404, session:get("http://127.0.0.1:" .. server.port .. "/b").status) end)
		it("c", function()
			local s = test.server(function(fp) fp:write("hello\n") end, {tls = true})
			local fp = assert(socket.stream_client(s.url, 5, nil, socket.stream_context{ssl = {verify_peer = false}}))
			finally(function() fp:close() end)
			assert.equal("other\n", fp:gets())
		end)`})
	for i, want := range []string{"", "|GET /b HTTP/1.1.|", "tls read 6 bytes"} {
		r := results[i]
		if (r.Status == Passed) != (want == "") || !strings.Contains(fmt.Sprint(r.Notes), want) {
			t.Errorf("%s, conversation %v", lineOf(r), r.Notes)
		}
	}
	if text := fmt.Sprint(results[2].Notes); strings.Contains(text, "17 03 03") {
		t.Errorf("ciphertext is shown: %s", text)
	}
}
