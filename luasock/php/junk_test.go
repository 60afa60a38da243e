package php

import (
	"fmt"
	"io"
	"testing"

	"sockscript/luasock"
)

// No function crashes on any arguments, and what it throws is an exception of
// PHP's or a text.
func TestJunk(t *testing.T) {
	rounds := 400
	if testing.Short() {
		rounds = 50
	}
	vm, err := luasock.New(luasock.Options{Stdout: io.Discard, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	Open(vm)
	fn, err := vm.Load(fmt.Appendf(nil, `local php = require "socket.php"
		local rounds = %d
		math.randomseed(42)
		local function values()
			local ok, pair = php.socket_create_pair(php.AF_UNIX, php.SOCK_STREAM, 0)
			local closed = php.socket_create(php.AF_INET, php.SOCK_STREAM, 0)
			php.socket_close(closed)
			local streams = php.stream_socket_pair(php.STREAM_PF_UNIX, php.STREAM_SOCK_STREAM, 0)
			local gone = php.stream_socket_pair(php.STREAM_PF_UNIX, php.STREAM_SOCK_STREAM, 0)[1]
			php.fclose(gone)
			local udp = php.socket_create(php.AF_INET6, php.SOCK_DGRAM, 0)
			return {
				false, true, 0, 1, -1, 2, 6, 13, 20, 41, 1.5, 2 ^ 31, 2 ^ 53, 2 ^ 63, -2 ^ 63, 0 / 0, 1 / 0, "", "x", "9", "\0", "127.0.0.1", "::1", "/no/such/file", "%%5.3f%%s", "a4b/Cc",
				{}, {1, 2}, {sec = 1, usec = 0}, {iov = {"x"}, controllen = 24}, {{}}, {pair[1]}, {streams[1]}, {"x", {y = {}}},
				pair[1], pair[2], closed, udp, streams[1], streams[2], gone, php.stream_context_create({socket = {}}),
				php.socket_addrinfo_lookup("127.0.0.1")[1], function() end, coroutine.create(print), task.current(),
			}
		end
		local names = {}
		for name, fn in pairs(php) do
			if type(fn) == "function" and name ~= "sleep" and name ~= "echo" then names[#names + 1] = name end
		end
		table.sort(names)
		local bad = 0
		report = ""
		for _, name in ipairs(names) do
			local list
			for round = 1, rounds do
				if round %% 50 == 1 then list = values() end
				local args, n = {}, math.random(0, 5)
				for i = 1, n do args[i] = list[math.random(0, #list)] end
				local ok, v = pcall(task.timeout, 0.002, php[name], unpack(args, 1, n))
				if not ok and type(v) ~= "string" and not (type(v) == "table" and v.class and #v.message > 3) then
					bad = bad + 1
					report = report .. name .. " raised " .. tostring(v) .. "\n"
				elseif not ok and tostring(v):match("runtime error") or not ok and tostring(v):match("%%.go:") then
					bad = bad + 1
					report = report .. name .. " panicked " .. tostring(v) .. "\n"
				end
				php.restore_error_handler()
			end
		end
		report = report .. #names .. " functions, " .. bad .. " bad\n"`, rounds), "=junk")
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Do(fn); err != nil {
		t.Fatal(err)
	}
	if got, want := vm.L.GetGlobal("report").String(), fmt.Sprintf("%d functions, 0 bad\n", len(rows())-2); got != want {
		t.Errorf("got %.3000s", got)
	}
}
