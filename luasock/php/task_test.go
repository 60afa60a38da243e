package php

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sockscript/luasock"
)

// The same program in fifty tasks at once gives fifty right answers: what a call
// waits for, and what it fails with, is its own task's.
func TestFiftyTasks(t *testing.T) {
	got := runHere(t, `require "socket.php" ()
		local right = 0
		local function program(i)
			local l = stream_socket_server("tcp://127.0.0.1:0")
			local url = "tcp://" .. stream_socket_get_name(l, false)
			local c, errno, errstr = stream_socket_client(url, 10)
			assert(errno == 0 and errstr == "")
			local s, peer = stream_socket_accept(l, 10)
			assert(peer == stream_socket_get_name(c, false))
			for n = 1, 5 do
				assert(fwrite(c, "task " .. i .. " line " .. n .. "\n") > 0)
				usleep(1000)
				assert(fgets(s) == "task " .. i .. " line " .. n .. "\n")
				local r = {c}
				fwrite(s, str_repeat("x", i))
				local ready = stream_select(r, nil, nil, 10)
				assert(ready == 1 and strlen(fread(c, 8192)) == i)
			end
			local sock = socket_create(AF_INET, SOCK_STREAM, SOL_TCP)
			silence(function()
				assert(socket_bind(sock, "127.0.0.1"))
				usleep(1000)
				assert(socket_bind(sock, "127.0.0.1") == false)
			end)
			assert(socket_last_error(sock) == SOCKET_EINVAL)
			fclose(c)
			assert(fgets(s) == false and feof(s))
			right = right + 1
		end
		local tasks = {}
		for i = 1, 50 do tasks[i] = task.spawn(program, i) end
		for _, t in ipairs(tasks) do assert(t:join()) end
		echo(right)`)
	if got != "50" {
		t.Errorf("%s of 50 tasks were right", got)
	}
}

// silence holds for its own task only, and a handler that waits keeps others
// from nothing.
func TestSilenceIsTheTasks(t *testing.T) {
	var stdout, stderr bytes.Buffer
	vm, err := luasock.New(luasock.Options{Stdout: &stdout, Stderr: &stderr})
	if err != nil {
		t.Fatal(err)
	}
	defer vm.Close()
	Open(vm)
	fn, err := vm.Load([]byte(`require "socket.php" ()
		local function fail() return socket_read(socket_create(AF_INET, SOCK_STREAM, 0), 1) end
		local go = task.channel()
		local silent = task.spawn(silence, function()
			go:send(true)
			go:recv()
			fail()
			error("out of silence")
		end)
		go:recv()
		fail()
		go:send(true)
		echo(tostring(select(2, silent:join())):match("out of silence"), "\n")
		fail()
		local order = {}
		set_error_handler(function(level)
			order[#order + 1] = "begins"
			task.yield()
			order[#order + 1] = "ends"
		end)
		local a, b = task.spawn(fail), task.spawn(fail)
		a:join() b:join()
		echo(table.concat(order, " "), "\n")
		local nested = 0
		set_error_handler(function() nested = nested + 1 fail() end)
		fail()
		echo(nested, "\n")`), "=program")
	if err != nil {
		t.Fatal(err)
	}
	if err := vm.Do(fn); err != nil {
		t.Fatal(err)
	}
	if got, want := stdout.String(), "out of silence\nbegins begins ends ends\n1\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
	const warning = "PHP Warning:  socket_read(): unable to read from socket [107]: Transport endpoint is not connected in "
	if got := strings.Count(stderr.String(), warning); got != 3 {
		t.Errorf("%d warnings, want 3:\n%s", got, stderr.String())
	}
}

// What cancels a task passes through every call.
func TestCancelPassesThrough(t *testing.T) {
	for _, call := range []string{
		`socket_read(s, 10)`, `socket_recv(s, 10, 0)`, `socket_accept(l)`, `fgets(fp)`, `fread(fp, 10)`, `fgetc(fp)`,
		`stream_get_contents(fp)`, `stream_get_line(fp, 10, "x")`, `socket_select({s}, nil, nil, nil)`, `stream_select({fp}, nil, nil, nil)`,
		`stream_socket_accept(server, -1)`, `stream_socket_recvfrom(fp, 10)`, `silence(fgets, fp)`, `usleep(100000000)`,
		`socket_recvmsg(s, {controllen = 10})`, `fpassthru(fp)`, `stream_copy_to_stream(fp, fp)`,
		`socket_write(s, ("x"):rep(100000000))`, `fwrite(fp, ("x"):rep(100000000))`,
	} {
		got := runHere(t, `require "socket.php" ()
			local ok, pair = socket_create_pair(AF_UNIX, SOCK_STREAM, 0)
			s, l, fp = pair[1], socket_create_listen(0), stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0)
			keep = fp fp = fp[1]
			server = stream_socket_server("tcp://127.0.0.1:0")
			local t = task.spawn(function() `+call+` end)
			task.yield()
			t:cancel("enough")
			echo(t:join())`)
		if got != "enough" {
			t.Errorf("%s: join gives %q", call, got)
		}
	}
}

// select takes more descriptors than 1,024.
func TestSelectManySockets(t *testing.T) {
	const sockets = 1500
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur < sockets+200 {
		t.Skipf("%d descriptors are allowed, %d are needed", limit.Cur, sockets+200)
	}
	got := runHere(t, fmt.Sprintf(`require "socket.php" ()
		local reads, streams = {}, {}
		local writer
		for i = 1, %d do
			local ok, pair = socket_create_pair(AF_UNIX, SOCK_DGRAM, 0)
			reads[#reads + 1], reads[#reads + 2], writer = pair[1], pair[2], pair[1]
		end
		socket_write(writer, "x")
		local n, r = socket_select(reads, nil, nil, 10)
		for i, s in ipairs(reads) do streams[i] = socket_export_stream(s) end
		local m, f = stream_select(streams, nil, nil, 10)
		echo(n, " ", #r, " ", r[1] == reads[#reads], " ", m, " ", fread(f[1], 10))`, sockets/2))
	if got != "1 1 1 1 x" {
		t.Errorf("got %q", got)
	}
}
