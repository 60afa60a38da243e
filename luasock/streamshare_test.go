package luasock

import "testing"

func TestStreamDatagrams(t *testing.T) {
	runScripts(t, streamPrelude, []script{
		{name: "boundaries", code: `
			local c, l = udp()
			c:write("0123456789") c:write("next") c:sendto("") c:write("last\n")
			out(l:read(4)) --> =0123
			out(l:read(100)) --> =456789
			out(l:gets()) --> =next
			out(l:read(100)) --> =""
			out(l:eof()) --> =false
			out(l:gets()) --> ="last\n"
			out(l:eof()) --> =false`},
		{name: "write of nothing sends nothing", code: `
			local c, l = udp()
			out(c:write("")) --> =0
			l:set_timeout(0.01)
			out(l:read(1)) --> =nil timeout 110`},
		{name: "recvfrom and sendto", code: `
			local c, l = udp()
			out(c:sendto("abc")) --> =3
			local data, from = l:recvfrom(100)
			out(data, from == c:get_name(false)) --> =abc true
			out(l:sendto("answer", 0, from)) --> =6
			out(c:recvfrom(3, socket.STREAM_PEEK)) --> ~^ans 127.0.0.1:\d+$
			out(c:recvfrom(3)) --> ~^ans 127.0.0.1:\d+$
			c:sendto("")
			out((l:recvfrom(3))) --> =""
			l:set_timeout(0.01)
			out(l:recvfrom(3)) --> =nil timeout 110
			out(l:get_meta_data().timed_out) --> =true
			l:set_blocking(false)
			out(l:recvfrom(3)) --> =nil Resource temporarily unavailable 11
			out(failure(l.recvfrom, l, 0)) --> =bad argument #2 to 'recvfrom' (length must be 1 or more, got 0)
			out(failure(l.recvfrom, l, 1, 4)) --> =bad argument #3 to 'recvfrom' (flags must be STREAM_PEEK, STREAM_OOB or 0, got 4)
			out(l:sendto("x")) --> =nil Destination address required 89
			out(l:sendto(("x"):rep(70000), 0, from)) --> =nil Message too long 90
			out(failure(l.sendto, l, "x", 0, "bogus")) --> =bad argument #4 to 'sendto' (address must be host:port, got "bogus")
			out(failure(l.sendto, l, "x", 0, "127.0.0.1")) --> ~must be host:port
			out(failure(l.sendto, l, "x", 0, "127.0.0.1:70000")) --> ~must be host:port
			out(l:sendto("x", 0, "nope.invalid:9")) --> ~^nil \S.* -1000[12]$`},
		{name: "refused", code: `
			local c, l = udp()
			l:close()
			out(c:write("x")) --> =1
			out(c:recvfrom(10)) --> =nil Connection refused 111
			out(c:write("x")) --> =1
			out(c:read(10)) --> =nil Connection refused 111
			out(c:eof()) --> =true
			out(c:write("x")) --> =1`},
		{name: "on TCP", code: `
			local c, s = tcp()
			s:write("line\nrest")
			out(c:gets()) --> ="line\n"
			out(c:recvfrom(2, socket.STREAM_PEEK)) --> =re ""
			out(c:recvfrom(100)) --> =rest ""
			out(c:recvfrom(1, socket.STREAM_OOB)) --> =nil Invalid argument 22
			out(s:sendto("!", socket.STREAM_OOB)) --> =1
			socket.select(nil, nil, {c}, 1)
			out(c:recvfrom(1, socket.STREAM_OOB)) --> =! ""
			s:close()
			out(c:recvfrom(1)) --> =nil closed 0
			out(c:sendto("x")) --> =1`},
		{name: "udg", code: `
			local path = os.tmpname() .. ".udg"
			local l = assert(socket.stream_server("udg://" .. path, socket.STREAM_SERVER_BIND))
			local c = assert(socket.stream_client("udg://" .. path))
			out(c:write("one"), c:sendto("two")) --> =3 3
			out(l:recvfrom(100)) --> =one ""
			out(l:read(100)) --> =two
			local s = assert(socket.stream_server("udg://" .. path .. "2", socket.STREAM_SERVER_BIND))
			out(s:sendto("three", 0, path)) --> =5
			local data, from = l:recvfrom(100)
			out(data, from == path .. "2") --> =three true
			os.remove(path) os.remove(path .. "2")`},
		{name: "a datagram over 64 KB", code: `
			local a, b = socket.stream_pair(socket.STREAM_PF_UNIX, socket.SOCK_DGRAM)
			out(a:write(("x"):rep(100000))) --> =100000
			out(#b:read(200000)) --> =100000`},
		{name: "seqpacket ends", code: `
			local a, b = socket.stream_pair(socket.STREAM_PF_UNIX, socket.SOCK_SEQPACKET)
			a:write("one") a:write("two") a:close()
			out(b:read(10)) --> =one
			out(b:read(10)) --> =two
			out(b:eof()) --> =true
			out(b:read(10)) --> =nil closed 0`},
	})
}

func TestStreamSharing(t *testing.T) {
	runScripts(t, streamPrelude, []script{
		{name: "one object", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			out(socket.export_stream(i) == c, socket.import_stream(c) == i) --> =true false
			local raw = socket.create(socket.AF_INET, socket.SOCK_STREAM)
			out(socket.export_stream(raw) == socket.export_stream(raw)) --> =true`},
		{name: "what was read ahead", code: `
			local c, s = tcp()
			s:write("line\nrest")
			out(c:gets()) --> ="line\n"
			local i = socket.import_stream(c)
			out(#socket.select({i}, nil, nil, 0), #socket.select({c}, nil, nil, 0)) --> =1 1
			out(i:recv(2)) --> =re
			out(c:read(1)) --> =s
			s:write("\nnext\nlast")
			out(c:gets()) --> ="t\n"
			out(c:gets()) --> ="next\n"
			out(i:read(100)) --> =last`},
		{name: "a shared stream reads nothing ahead", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			s:write("one\ntwo\nthree")
			out(c:gets(), c:get_meta_data().unread_bytes) --> ="one\n" 0
			out(c:peek(2), c:get_meta_data().unread_bytes) --> =tw 0
			out(c:get_line(10, "\n"), i:recv(100)) --> =two three
			s:write("part")
			c:set_timeout(0.01)
			out(c:gets()) --> =nil timeout 110
			out(c:get_meta_data().unread_bytes, i:recv(2)) --> =4 pa
			s:write("!\nrest")
			out(c:gets(), i:recv(100)) --> ="rt!\n" rest`},
		{name: "a close closes both", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			c:close()
			out(failure(i.recv, i, 1)) --> ~\(socket is closed\)$
			local i = socket.import_stream(s)
			i:close()
			out(failure(s.gets, s)) --> =bad argument #1 to 'gets' (stream is closed)`},
		{name: "a close under the socket's read, through the stream's calls", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			local t = task.spawn(function() return i:read_line() end)
			task.sleep(0.01)
			c:close()
			out(t:join()) --> =true nil socket is closed 9`},
		{name: "a close of the socket under the stream's read", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			local t = task.spawn(function() return c:gets() end)
			task.sleep(0.01)
			i:close()
			out(t:join()) --> =true nil closed 0`},
		{name: "blocking is shared, time-outs are not", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			i:set_nonblock()
			out(c:get_meta_data().blocked) --> =false
			out(c:gets()) --> =nil Resource temporarily unavailable 11
			c:set_blocking(true)
			i:set_option(socket.SOL_SOCKET, socket.SO_RCVTIMEO, {sec = 0, usec = 10000})
			out(i:recv(1)) --> =nil Resource temporarily unavailable 11
			c:set_timeout(0.01)
			out(c:gets()) --> =nil timeout 110`},
		{name: "dropping either leaves the other", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			c = nil
			collectgarbage() collectgarbage()
			task.sleep(0.01)
			out(i:write("x"), s:read(1)) --> =1 x
			local e = socket.export_stream(i)
			i = nil
			collectgarbage() collectgarbage()
			task.sleep(0.01)
			out(e:write("y"), s:read(1)) --> =1 y`},
		{name: "dropping both closes", code: `
			local c, s = tcp()
			local i = socket.import_stream(c)
			out(s:write("unread")) --> =6
			c, i = nil, nil
			for k = 1, 100 do
			  collectgarbage()
			  task.sleep(0.01)
			  if s:eof() then break end
			end
			out(s:eof()) --> =true`},
		{name: "a file is no socket", code: `
			out(pcall(socket.import_stream, 1)) --> ~must be a Stream
		`},
		{name: "in SCM_RIGHTS", code: `
			local c, s = tcp()
			local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			out(a:sendmsg{iov = {"x"}, control = {{level = socket.SOL_SOCKET, type = socket.SCM_RIGHTS, data = {c}}}}) --> =1
			local m = b:recvmsg{}
			local copy = socket.export_stream(m.control[1].data[1])
			c:close()
			out(copy:write("through\n"), s:gets()) --> =8 "through\n"`},
	})
}

func TestStreamSelect(t *testing.T) {
	runScripts(t, streamPrelude, []script{
		{name: "mixed", code: `
			local c, s = tcp()
			local a, b = socket.create_pair(socket.AF_UNIX, socket.SOCK_STREAM, 0)
			local r, w, e = socket.select({c, b}, {c, a}, {c}, 0)
			out(#r, w[1] == c, w[2] == a, #e) --> =0 true true 0
			s:write("x") a:write("y")
			local r = socket.stream_select({c, b}, nil, nil, 1)
			out(r[1] == c, r[2] == b) --> =true true
			out(failure(socket.select, {1}, nil, nil, 0)) --> =bad argument #1 to 'select' (must be a list of Sockets and Streams, got 1 at [1])
			c:close()
			out(failure(socket.select, {c}, nil, nil, 0)) --> =bad argument #1 to 'select' (stream is closed at [1])`},
		{name: "the buffer counts", code: `
			local c, s = tcp()
			s:write("a\nb\n")
			out(c:gets()) --> ="a\n"
			local r, w = socket.select({c}, {c}, nil, 5)
			out(#r, #w) --> =1 1
			out(c:gets()) --> ="b\n"
			out(#socket.select({c}, nil, nil, 0)) --> =0`},
		{name: "a connection, an end", code: `
			local c, s, l = tcp()
			out(#socket.select({l}, nil, nil, 0)) --> =0
			local d = socket.stream_client("tcp://" .. l:get_name(false))
			out(#socket.select({l}, nil, nil, 1)) --> =1
			s:close()
			out(#socket.select({c}, nil, nil, 1), c:eof(), #socket.select({c}, nil, nil, 1)) --> =1 true 1`},
	})
}
