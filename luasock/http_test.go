package luasock

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"
)

func TestHTTPRequests(t *testing.T) {
	runHTTP(t, []script{
		{name: "get gives status, reason, headers, body, url, protocol, timings", code: `
			local r = http.get(url .. "/echo?a=1")
			out(r.status, r.reason, r.protocol, r.redirects, r.url == url .. "/echo?a=1") --> =200 OK HTTP/1.1 0 true
			out((r.body:match("^[^\n]+"))) --> =GET /echo?a=1 HTTP/1.1
			out(r.remote_address, r.remote_port == tonumber(url:match("%d+$"))) --> =127.0.0.1 true
			local t = r.timings
			out(t.dns >= 0, t.connect > 0, t.tls, t.first_byte > 0, t.total >= t.connect + t.first_byte) --> =true true 0 true true
			out(#socket.list()) --> =0`},
		{name: "what is sent unasked", code: `
			local body = http.get(url .. "/echo").body:gsub("127.0.0.1:%d+", "HOST")
			out(body) --> ="GET /echo HTTP/1.1\nHost: HOST\nAccept-Encoding: gzip\nAccept: */*\nUser-Agent: sockscript\n\n"`},
		{name: "headers are found in any case", code: `
			local h = http.get(url .. "/headers").headers
			out(h["Content-Type"], h["content-type"], h["CONTENT-TYPE"], h["X-One"], h.nope, h[1]) --> =text/plain text/plain text/plain 1 nil nil
			local names = {}
			for name in pairs(h) do names[#names + 1] = name end
			table.sort(names)
			out(names) --> ={Content-Length Content-Type Date Set-Cookie X-One X-Two}`},
		{name: "several values of one header", code: `
			local r = http.get(url .. "/headers")
			out(r.headers["x-two"]) --> =a, b
			out(r.header_values["set-cookie"]) --> ={a=1; Path=/ b=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT}
			out(r.header_values["X-ONE"], r.header_values.nope) --> ={1} nil`},
		{name: "request headers: text, number, list, none, Host", code: `
			local body = http.get(url .. "/echo", {headers = {
			  ["x-text"] = "v", ["X-Number"] = 5, ["x-list"] = {"a", "b"}, accept = false, ["user-agent"] = false, HOST = "example.org", Empty = ""}}).body
			out(body) --> ="GET /echo HTTP/1.1\nHost: example.org\nAccept-Encoding: gzip\nEmpty: \nX-List: a\nX-List: b\nX-Number: 5\nX-Text: v\n\n"`},
		{name: "headers that would break the request raise", code: `
			local function try(headers) return failure(http.get, url, {headers = headers}) end
			out(try{x = "a\r\nb: c"}) --> =bad argument #2 to 'get' (options.headers.x must be free of control characters, got "a\r\nb: c")
			out(try{["x\r\ny"] = "a"}) --> =bad argument #2 to 'get' (options.headers must have names of header fields as keys, got "x\r\ny")
			out(try{["x y"] = "a"}) --> ~must have names of header fields as keys, got "x y"
			out(try{[""] = "a"}) --> ~must have names of header fields as keys, got ""
			out(try{"a: b"}) --> ~must have names of header fields as keys, got 1
			out(try{x = {"a", "b\0"}}) --> ~options.headers.x must be free of control characters, got "b\\x00"
			out(try{x = {}, y = print}) --> ~options.headers.y must be a string or a list of strings, got a function
			out(try{x = {a = 1}}) --> ~options.headers.x must be a list, got a table with the key "a"
			out(try{["content-length"] = 5}) --> =bad argument #2 to 'get' (options.headers.content-length cannot be set: it follows from the body)
			out(try{["Transfer-Encoding"] = "chunked"}) --> ~cannot be set
			out(failure(http.get, url, {headers = "x: y"})) --> =bad argument #2 to 'get' (options.headers must be a table, got "x: y")`},
		{name: "post", code: `
			local body = http.post(url .. "/echo", "a\0b\255").body
			out(body:match("^POST /echo HTTP/1.1\n") ~= nil, body:match("Content%-Length: (%d+)"), body:sub(-4) == "a\0b\255", body:match("Content%-Type")) --> =true 4 true nil
			out(http.post(url .. "/echo", "").body:match("Content%-Length: (%d+)\n")) --> =0
			out(http.post(url .. "/echo", nil).body:match("Content%-Length: (%d+)\n")) --> =0
			out(http.post(url .. "/echo", 15).body:match("\n\n(.*)")) --> =15
			out(failure(http.post, url, {a = 1})) --> =bad argument #2 to 'post' (body must be a string, got a table; a form is the option form)
			out(failure(http.post, url, "a", {body = "b"})) --> =bad argument #3 to 'post' (options must have no body or form beside the argument body)`},
		{name: "forms and queries", code: `
			local body = http.post(url .. "/echo?x=0", nil, {form = {a = "1 2", b = {"&", "ä"}}, query = {q = "=", n = 5}}).body
			out(body:match("^[^\n]+"), body:match("Content%-Type: ([^\n]+)"), body:match("\n\n(.*)")) --> =POST /echo?x=0&n=5&q=%3D HTTP/1.1 application/x-www-form-urlencoded a=1+2&b=%26&b=%C3%A4
			out(failure(http.get, url, {form = {a = 1}, body = "x"})) --> =bad argument #2 to 'get' (options.form must not stand beside body)
			out(failure(http.get, url, {form = {"a"}})) --> =bad argument #2 to 'get' (options.form must have strings as keys, got 1)
			out(failure(http.get, url, {query = {a = {{}}}})) --> =bad argument #2 to 'get' (options.query.a must be a string or a list of strings, got a table)`},
		{name: "request takes a method and an url", code: `
			out((http.request{url = url .. "/echo", method = "put", body = "x"}.body:match("^[^\n]+"))) --> =PUT /echo HTTP/1.1
			out((http.request{url = url .. "/echo", method = "PURGE"}.body:match("^[^\n]+"))) --> =PURGE /echo HTTP/1.1
			out((http.request{url = url .. "/echo"}.body:match("^[^\n]+"))) --> =GET /echo HTTP/1.1
			local r = http.request{url = url .. "/echo", method = "HEAD"}
			out(r.status, r.body, r.headers["content-length"]) --> =200 "" 1000000000
			out(failure(http.request, {method = "GET"})) --> =bad argument #1 to 'request' (options must have key "url" (a string))
			out(failure(http.request, {url = url, method = "G ET"})) --> =bad argument #1 to 'request' (options.method must be a word like "GET", got "G ET")
			out(failure(http.request, {url = url, method = "GET\r\n"})) --> ~options.method must be a word like "GET"
			out(failure(http.request, url)) --> ~^bad argument #1 to 'request' \(options must be a table, got "http:
			out(failure(http.request)) --> =bad argument #1 to 'request' (options must be a table, got no value)`},
		{name: "unknown options raise", code: `
			out(failure(http.get, url, {tiemout = 5})) --> ~^bad argument #2 to 'get' \(options has an unknown key "tiemout"; did you mean "timeout"\? valid are body, form, query, headers, timeout, .*http2\)$
			out(failure(http.get, url, {url = url})) --> ~options has an unknown key "url"
			out(failure(http.session, {body = "x"})) --> ~options has an unknown key "body"`},
		{name: "wrong types raise", code: `
			out(failure(http.get, url, "x")) --> =bad argument #2 to 'get' (options must be a table, got "x")
			out(failure(http.get, true)) --> =bad argument #1 to 'get' (url must be a string, got true)
			out(failure(http.get)) --> =bad argument #1 to 'get' (url must be a string, got no value)
			local function try(o) return (failure(http.get, url, o):gsub("^bad argument #2 to 'get' %(options%.", "")) end
			out(try{body = 1}) --> =body must be a string, got 1)
			out(try{max = -1}) --> =max must be 0 to 2147483647, got -1)
			out(try{max = 1.5}) --> =max must be an integer, got 1.5)
			out(try{follow = "yes"}) --> =follow must be an integer, got "yes")
			out(try{follow = -1}) --> =follow must be 0 to 32767, got -1)
			out(try{timeout = 0}) --> =timeout must be seconds above 0, or false, got 0)
			out(try{timeout = 0/0}) --> ~^timeout must be seconds above 0, or false, got -?nan\)$
			out(try{timeout = "5"}) --> =timeout must be a number of seconds or a table of them, got "5")
			out(try{timeout = {conect = 1}}) --> =timeout has an unknown key "conect"; did you mean "connect"? valid are dns, connect, tls, first_byte, idle, total)
			out(try{timeout = {tls = -1}}) --> =timeout.tls must be seconds above 0, or false, got -1)
			out(try{auth = "secret"}) --> =auth must be "user:password" or {user, password}, got a text without a colon)
			out(try{auth = {"a"}}) --> =auth must be "user:password" or {user, password}, got a list of 1)
			out(try{auth = 5}) --> =auth must be "user:password" or {user, password}, got 5)
			out(try{verify = "no"}) --> =verify must be a boolean, got "no")
			out(try{cafile = 5}) --> =cafile must be a string, got 5)
			out(try{key = "x"}) --> =key needs cert, the certificate that it is of)
			out(try{unix_socket = ""}) --> =unix_socket must be a path of 1 to 107 bytes, got "")
			out(try{unix_socket = ("x"):rep(200)}) --> ~unix_socket must be a path of 1 to 107 bytes
			out(try{resolve = "a=b"}) --> =resolve must be a table, got "a=b")
			out(try{resolve = {["a:1"] = 5}}) --> =resolve.a:1 must be an address like "127.0.0.1:8443", got 5)
			out(try{resolve = {["a:b"] = "c"}}) --> =resolve must have keys like "example.org:443", got "a:b")
			out(try{proxy = true}) --> =proxy must be a URL or false, got true)
			out(try{proxy = "ftp://x"}) --> =proxy must begin with http://, https:// or socks5://, got "ftp")
			out(try{proxy = "http://"}) --> =proxy must be a URL like "http://host:port")
			out(try{progress = 1}) --> =progress must be a boolean, got 1)
			out(try{http2 = 2}) --> =http2 must be a boolean, got 2)`},
		{name: "no body, an empty one, chunks, gzip, early hints", code: `
			for _, path in ipairs{"/status/204", "/empty", "/chunked", "/gzip", "/hints"} do
			  local r = http.get(url .. path)
			  out(r.status, r.reason, r.body)
			end`, want: `
			204 No Content ""
			200 OK ""
			200 OK one two three
			200 OK was small
			200 OK hinted`},
		{name: "gzip is left alone when the script asks for it", code: `
			local r = http.get(url .. "/gzip", {headers = {["Accept-Encoding"] = "gzip"}})
			out(r.headers["content-encoding"], bytes and r.body:sub(1, 2) == "\31\139") --> =gzip true`},
		{name: "4xx and 5xx are answers", code: `
			local r, err = http.get(url .. "/status/404")
			out(r.status, r.reason, err) --> =404 Not Found nil
			out(http.get(url .. "/status/503").status) --> =503`},
		{name: "large bodies, and too large ones", code: `
			out(#http.get(url .. "/large?n=5000000").body) --> =5000000
			out(http.get(url .. "/large?n=1001", {max = 1000})) --> =nil the body has more than 1000 bytes (the option max raises the limit, download has none) 0 size
			out(#http.get(url .. "/large?n=1000", {max = 1000}).body) --> =1000
			out(http.get(url .. "/chunked", {max = 5})) --> ~^nil the body has more than 5 bytes
			out(http.get(url .. "/gzip", {max = 5})) --> ~^nil the body has more than 5 bytes
			out(#http.get(url .. "/empty", {max = 0}).body) --> =0
			local r = http.post(url .. "/length", ("x"):rep(5000000))
			out(r.body) --> =5000000
			out(#socket.list()) --> =0`},
		{name: "auth", code: `
			out((http.get(url .. "/echo", {auth = "user:pass:word"}).body:match("Authorization: ([^\n]+)"))) --> =Basic dXNlcjpwYXNzOndvcmQ=
			out((http.get(url .. "/echo", {auth = {"user", "pass:word"}}).body:match("Authorization: ([^\n]+)"))) --> =Basic dXNlcjpwYXNzOndvcmQ=
			local with = url:gsub("//", "//user:secret@")
			local r = http.get(with .. "/echo")
			out(r.body:match("Authorization: ([^\n]+)"), r.url:match("secret")) --> =Basic dXNlcjpzZWNyZXQ= nil`},
		{name: "URLs that cannot be meant", code: `
			out(http.get("127.0.0.1/x")) --> =nil url must begin with http:// or https://, got "127.0.0.1/x" 0 url
			out(http.get("127.0.0.1:80/x")) --> =nil url must begin with http:// or https://, got "127.0.0.1:80/x" 0 url
			out(http.get("ftp://127.0.0.1/x")) --> =nil url must begin with http:// or https://, got "ftp://127.0.0.1/x" 0 url
			out(http.get("")) --> =nil url must begin with http:// or https://, got "" 0 url
			out(http.get("http://")) --> =nil url must have a host, got "http://" 0 url
			out(http.get("http:///x")) --> =nil url must have a host, got "http:///x" 0 url
			out(http.get("http://127.0.0.1:70000/")) --> =nil port must be 0 to 65535, got 70000 0 url
			out(http.get("http://127.0.0.1:x/")) --> =nil cannot read the URL: invalid port ":x" after host 0 url
			out(http.get("http://user:secret@127.0.0.1\r\n/")) --> =nil cannot read the URL: invalid control character in URL 0 url
			out(http.get("http://a b/")) --> =nil cannot read the URL: invalid character " " in host name 0 url
			out(http.get("http://[::1/")) --> =nil cannot read the URL: missing ']' in host 0 url
			out((http.get(url .. "/echo?a b\"<ä=%20").body:match("^[^\n]+"))) --> =GET /echo?a%20b%22%3C%C3%A4=%20 HTTP/1.1`},
		{name: "nobody there, no such host", code: `
			local l = assert(socket.stream_server("tcp://127.0.0.1:0"))
			local port = l:get_name(false):match("%d+$")
			l:close()
			local r, err, errno = http.get("http://127.0.0.1:" .. port .. "/")
			out(r, (err:gsub(port, "PORT")), errno == socket.ECONNREFUSED) --> =nil could not connect to 127.0.0.1:PORT: Connection refused true
			out(http.get("http://nowhere.invalid/")) --> ~^nil could not resolve host nowhere.invalid: (Name or service not known|Temporary failure in name resolution) 0 resolve$`},
		{name: "a server that does not keep to HTTP", code: `
			out((select(2, http.get(url .. "/cut")))) --> =the connection was closed after 5 of the body's 10 bytes
			out((select(2, http.get(url .. "/cutchunks")))) --> =the connection was closed after 5 bytes of the body, before its end
			for _, answer in ipairs{"", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 200 OK\r\nbad\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
			  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
			  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\n" .. ("x: y\r\n"):rep(300000)} do
			  local l = assert(socket.stream_server("tcp://127.0.0.1:0"))
			  task.spawn(function()
			    local s = l:accept()
			    s:gets() s:write(answer) s:shutdown(1) s:drain(0.2) s:close() l:close()
			  end)
			  out(select(2, http.get("http://" .. l:get_name(false) .. "/")))
			end`, want: `
			the connection was closed after 5 of the body's 10 bytes
			the connection was closed after 5 bytes of the body, before its end
			~^127.0.0.1:\d+ closed the connection before it answered 0 empty$
			~^malformed HTTP .*SSH-2.0-OpenSSH.* 0 protocol$
			~malformed MIME header.* 0 protocol$
			~bad Content-Length "-5" 0 protocol$
			the body's gzip ends too early, after 0 bytes of what is in it 0 partial
			~invalid byte in chunk length 0 protocol$
			~^(127.0.0.1:\d+ closed the connection before it answered|server response headers exceeded.*) 0 (empty|protocol)$`},
	})
}

func TestHTTPRedirects(t *testing.T) {
	runHTTP(t, []script{
		{name: "are followed, ten unless said", code: `
			local r = http.get(url .. "/redirect/10")
			out(r.status, r.redirects, r.url == url .. "/redirect/0", r.body) --> =200 10 true there
			out((select(2, http.get(url .. "/redirect/11")):gsub(url, "URL"))) --> =more than 10 redirects, the last to URL/redirect/0
			out(http.get(url .. "/redirect/11", {follow = 11}).redirects) --> =11
			out((select(2, http.get(url .. "/redirect/3", {follow = 2})):gsub(url, "URL"))) --> =more than 2 redirects, the last to URL/redirect/0
			out(#socket.list()) --> =0`},
		{name: "false gives the redirect itself", code: `
			local r = http.get(url .. "/redirect/3", {follow = false})
			out(r.status, r.headers.location, r.redirects, r.url == url .. "/redirect/3") --> =302 /redirect/2 0 true
			out(http.get(url .. "/redirect/3", {follow = 0}).status) --> =302`},
		{name: "303 becomes a GET, 307 sends the body again", code: `
			out((http.post(url .. "/to?code=303", "x").body:match("^[^\n]+"))) --> =GET /echo HTTP/1.1
			local body = http.post(url .. "/to?code=307", "twice").body
			out(body:match("^[^\n]+"), body:match("\n\n(.*)")) --> =POST /echo HTTP/1.1 twice`},
		{name: "lead to no other scheme, and do not take a password along", code: `
			out((http.get(url .. "/to?code=302&url=file:///etc/passwd"))) --> =nil
			out(select(2, http.get(url .. "/to?code=302&url=file:///etc/passwd"))) --> =unsupported protocol scheme "file" 0 protocol
			local other = url:gsub("127.0.0.1", "localhost")
			local r = http.get(url .. "/to?code=302&url=" .. other .. "/echo", {auth = "user:secret", headers = {Cookie = "a=b"}})
			out(r.redirects, r.body:match("Authorization"), r.body:match("Cookie")) --> =1 nil nil`},
	})
}

// A body takes little more memory than it has bytes, and of what its size is said
// to be no more than eight times as much as came.
func TestBodyMemory(t *testing.T) {
	for _, c := range []struct {
		name      string
		said, n   int
		mostTaken int
	}{
		{"empty", 0, 0, 1 << 10},
		{"of unknown size", -1, 5 << 20, 10 << 20},
		{"of the size that is said", 40 << 20, 40 << 20, 40<<20 + 1<<10},
		{"smaller than is said", 1 << 30, 3 << 20, 24 << 20},
		{"much smaller than is said", 1 << 30, 1, 2 << 20},
		{"larger than is said", 10, 5 << 20, 10 << 20},
	} {
		data := bytes.Repeat([]byte("0123456789abcdef"), c.n/16+1)[:c.n]
		for _, fails := range []error{nil, io.ErrUnexpectedEOF} {
			r := io.Reader(bytes.NewReader(data))
			if fails != nil {
				r = io.MultiReader(r, iotest.ErrReader(fails))
			}
			body, err := readWhole(r, int64(c.said))
			if !bytes.Equal(body, data) || err != fails || cap(body) > c.mostTaken {
				t.Errorf("%s: %d of %d bytes in a memory of %d, %v", c.name, len(body), c.n, cap(body), err)
			}
		}
	}
}

func TestHTTPSession(t *testing.T) {
	runHTTP(t, []script{
		{name: "keeps cookies", code: `
			local s = http.session()
			s:get(url .. "/cookie?name=a&value=1")
			s:get(url .. "/cookie?name=b&value=2&path=/nowhere")
			out((s:get(url .. "/echo").body:match("Cookie: ([^\n]+)"))) --> =a=1
			local cookies = s:cookies(url .. "/nowhere/x")
			out(cookies.a, cookies.b, s:cookies("http://127.0.0.2/").a) --> =1 2 nil
			out(s:cookies("x")) --> =nil url must begin with http:// or https://, got "x" 0 url
			out((http.session():get(url .. "/echo").body:match("Cookie"))) --> =nil
			out((http.get(url .. "/echo").body:match("Cookie"))) --> =nil
			out((http.get(url .. "/login").body:match("Cookie: ([^\n]+)"))) --> =in=yes
			s:close()`},
		{name: "keeps its connection, which shows as connected", code: `
			local s = http.session()
			out(tostring(s)) --> =http session: 0 connections
			local first = s:get(url .. "/client").body
			out(s:get(url .. "/client").body == first, s:post(url .. "/client", "x").body == first) --> =true true
			local r = s:get(url .. "/client")
			out(r.timings.dns, r.timings.connect, r.timings.tls) --> =0 0 0
			out(http.get(url .. "/client").body == first) --> =false
			local list = socket.list()
			out(#list, list[1].state, list[1].kind, list[1].bytes_in > 0, list[1].bytes_out > 0, tostring(s)) --> =1 connected tcp true true http session: 1 connections
			out(s:close(), #socket.list(), tostring(s)) --> =true 0 http session: closed
			out(failure(s.get, s, url)) --> =bad argument #1 to 'get' (session is closed)
			out(failure(s.close, s)) --> =bad argument #1 to 'close' (session is closed)
			out(failure(s.get, url)) --> ~^bad argument #1 to 'get' \(s must be a Session, got "http:`},
		{name: "keeps the connections of tasks that share it", code: `
			local server = socket.stream_server("tcp://127.0.0.1:0")
			local to, connections = "http://" .. server:get_name(false), 0
			task.spawn(function()
			  for fp in function() return (server:accept(-1)) end do
			    connections = connections + 1
			    task.spawn(function()
			      while fp:read_until("\r\n\r\n") do
			        task.yield()
			        fp:write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
			      end
			      fp:close()
			    end)
			  end
			end)
			local s, fns, answers = http.session(), {}, 0
			for i = 1, 20 do
			  fns[i] = function()
			    for j = 1, 20 do answers = #s:get(to).body + answers end
			  end
			end
			task.all(fns)
			out(answers, connections < 100) --> =800 true
			s:close()
			server:close()`},
		{name: "an idle connection lets the script end", code: `
			s = http.session()
			out(s:get(url .. "/empty").status, #socket.list()) --> =200 1`},
		{name: "an idle connection hides no deadlock", code: `
			local s = http.session()
			s:get(url .. "/empty")
			out(#socket.list()) --> =1
			task.channel():recv()`, err: `^deadlock: every task waits for another\n\tmain chunk waits in recv on channel: 0 of 0 at script:4$`},
		{name: "an idle connection that the server closes is not used again", code: `
			local s = http.session()
			s:get(url .. "/empty")
			http.get(url .. "/hangup")
			while #socket.list() > 0 do task.sleep(0.001) end
			out(s:post(url .. "/echo", "x").status) --> =200
			s:close()`},
		{name: "nobody needs it any more", code: `
			do
			  local s = http.session()
			  s:get(url .. "/empty")
			end
			while #socket.list() > 0 do collectgarbage() task.sleep(0.001) end
			out(#socket.list()) --> =0`},
		{name: "has options of its own, and each request may differ", code: `
			local s = http.session{headers = {["X-A"] = "1", ["X-B"] = "2"}, auth = "u:p", follow = false, timeout = {first_byte = 5}}
			local body = s:get(url .. "/echo", {headers = {["x-b"] = "3"}}).body
			out(body:match("X%-A: (%d)"), body:match("X%-B: (%d)"), body:match("Authorization") ~= nil) --> =1 3 true
			out((s:get(url .. "/echo").body:match("X%-B: (%d)"))) --> =2
			out(s:get(url .. "/redirect/1").status, s:get(url .. "/redirect/1", {follow = true}).status) --> =302 200
			s:close()`},
		{name: "closed under a request", code: `
			local s = http.session()
			local t = task.spawn(function() return s:get(url .. "/silent") end)
			while #socket.list() == 0 do task.sleep(0.001) end
			s:close()
			out(t:join()) --> =true nil session is closed 0 closed
			out(#socket.list()) --> =0`},
		{name: "many tasks share one", code: `
			local s = http.session()
			local fns = {}
			for i = 1, 50 do fns[i] = function() return s:post(url .. "/length", ("x"):rep(i)).body end end
			local sum = 0
			for _, n in ipairs(task.all(fns)) do sum = sum + n end
			out(sum) --> =1275
			s:close()
			out(#socket.list()) --> =0`},
	})
}

// 200 requests in 200 tasks are all under way at once, and a timer goes on
// beside them.
func TestHTTPSideBySide(t *testing.T) {
	const n = 200
	var arrived sync.WaitGroup
	arrived.Add(n)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrived.Done()
		arrived.Wait()
		fmt.Fprint(w, r.URL.Query().Get("i"))
	}))
	defer server.Close()
	vm := openVM(t, Options{})
	got, err := vm.run(t, fmt.Sprintf("url, n = %q, %d", server.URL, n), `
		local fns, ticks = {}, 0
		for i = 1, n do fns[i] = function() return tonumber(http.get(url .. "/?i=" .. i).body) end end
		local clock = task.spawn(function() while true do task.sleep(0.001) ticks = ticks + 1 end end)
		local sum = 0
		for i, v in ipairs(task.all(fns)) do assert(v == i) sum = sum + v end
		clock:cancel()
		out(sum, ticks > 0, #socket.list()) --> =20100 true 0`)
	if err != nil || len(got) != 1 || got[0] != "20100 true 0" {
		t.Errorf("got %q, %v", got, err)
	}
}

// FuzzHTTPOptions: no table of options crashes or leaves the machine, and what
// is wrong is said of the option.
func FuzzHTTPOptions(f *testing.F) {
	for _, options := range []string{
		`timeout = 1`, `timeout = {tls = 1}, follow = 5`, `headers = {a = {"b"}}`, `proxy = "socks5://127.0.0.1:1"`,
		`resolve = {["a:1"] = "127.0.0.1:2"}, auth = {"a", "b"}`, `unix_socket = "x", form = {a = "b"}, query = {}`,
		`cafile = "x", cert = "y", key = "z", verify = false, http2 = false, max = 5`,
	} {
		f.Add(options)
	}
	f.Chdir(f.TempDir())
	vm := openVM(f, Options{})
	f.Fuzz(func(t *testing.T, options string) {
		fn, err := vm.L.LoadString("return {" + options + "}")
		if err != nil || strings.ContainsAny(options, "(:=/") && strings.Contains(options, "function") {
			return
		}
		vm.L.SetGlobal("make", fn)
		vm.lines = nil
		lines, err := vm.run(t, "", `
			local made, o = pcall(make)
			if not made or type(o) ~= "table" then return end
			if type(o.proxy) == "string" then o.proxy = nil end
			o.resolve, o.timeout = nil, 0.05
			local ok, r, err = pcall(http.get, "http://127.0.0.1:1/", o)
			if ok and r == nil and type(err) == "string" then return end
			if not ok and tostring(r):find("bad .* to 'get' %(") then return end
			out(ok, r, err)`)
		if err != nil || len(lines) > 0 {
			t.Errorf("%s: %q, %v", options, lines, err)
		}
	})
}

// FuzzHTTPURL: what is taken for a URL has a host and a port that can be
// connected to, and can be sent.
func FuzzHTTPURL(f *testing.F) {
	for _, text := range []string{"http://a/b?c#d", "https://[::1%25lo]:443/ä b", "http://u:p@x:1?a b\"", "http://", "//a", "http://a:70000", "http://\x00", "HTTP://Ä/%zz"} {
		f.Add(text, "q=1")
	}
	f.Fuzz(func(t *testing.T, text, query string) {
		o := httpOptions{url: text, query: url.Values{"q": {query}}.Encode()}
		u, err := o.parseURL()
		if err != nil {
			if _, ours := err.(httpError); !ours || err.Error() == "" {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if u.Hostname() == "" || strings.ContainsAny(u.RequestURI(), " \r\n\x00\x7f") {
			t.Errorf("%q is taken for host %q, %q", text, u.Host, u.RequestURI())
		}
		if _, err := http.NewRequest(http.MethodGet, u.String(), nil); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}

const httpPrelude = streamPrelude + `
if not http then http = require "http" end
`

// runHTTP runs scripts that have the url of a server.
func runHTTP(t *testing.T, scripts []script) {
	t.Helper()
	server := newHTTPServer(t)
	runScripts(t, fmt.Sprintf("%s url = %q", httpPrelude, server.URL), scripts)
}

// newHTTPServer starts a server that has a path for each thing that a server may
// do.
func newHTTPServer(t testing.TB) *httptest.Server {
	var server *httptest.Server
	done := make(chan struct{})
	mux := http.NewServeMux()
	for path, fn := range map[string]http.HandlerFunc{
		"/echo":    httpEcho,
		"/empty":   func(http.ResponseWriter, *http.Request) {},
		"/chunked": func(w http.ResponseWriter, _ *http.Request) { inPieces(w, "one ", "two ", "three") },
		"/client":  func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) },
		"/gzip":    gzipped,
		"/redirect/{n}": func(w http.ResponseWriter, r *http.Request) {
			if n, _ := strconv.Atoi(r.PathValue("n")); n > 0 {
				http.Redirect(w, r, fmt.Sprintf("/redirect/%d", n-1), http.StatusFound)
				return
			}
			io.WriteString(w, "there")
		},
		"/status/{code}": func(w http.ResponseWriter, r *http.Request) {
			code, _ := strconv.Atoi(r.PathValue("code"))
			w.WriteHeader(code)
		},
		"/to": func(w http.ResponseWriter, r *http.Request) {
			code, _ := strconv.Atoi(r.FormValue("code"))
			to := r.FormValue("url")
			if to == "" {
				to = "/echo"
			}
			w.Header().Set("Location", to)
			w.WriteHeader(code)
		},
		"/headers": func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h["X-Two"], h["X-One"], h["Content-Type"] = []string{"a", "b"}, []string{"1"}, []string{"text/plain"}
			h["Set-Cookie"] = []string{"a=1; Path=/", "b=2; Expires=Thu, 01 Jan 2099 00:00:00 GMT"}
		},
		"/hints": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</style.css>; rel=preload")
			w.WriteHeader(http.StatusEarlyHints)
			io.WriteString(w, "hinted")
		},
		"/large": func(w http.ResponseWriter, r *http.Request) {
			n, _ := strconv.Atoi(r.FormValue("n"))
			io.WriteString(w, strings.Repeat("x", n))
		},
		"/length": func(w http.ResponseWriter, r *http.Request) {
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n)
		},
		"/cookie": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: r.FormValue("name"), Value: r.FormValue("value"), Path: r.FormValue("path")})
		},
		"/login": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "in", Value: "yes", Path: "/"})
			http.Redirect(w, r, "/echo", http.StatusFound)
		},
		"/cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			inPieces(w, "12345")
			panic(http.ErrAbortHandler)
		},
		"/cutchunks": func(w http.ResponseWriter, _ *http.Request) {
			inPieces(w, "12345")
			panic(http.ErrAbortHandler)
		},
		"/silent": func(_ http.ResponseWriter, r *http.Request) { waitFor(r, done) },
		"/stall": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "10")
			inPieces(w, "12345")
			waitFor(r, done)
		},
		"/hangup": func(http.ResponseWriter, *http.Request) { server.CloseClientConnections() },
	} {
		mux.HandleFunc(path, fn)
	}
	server = httptest.NewServer(mux)
	t.Cleanup(func() {
		close(done)
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// waitFor waits until the client has gone, or the test has ended.
func waitFor(r *http.Request, done chan struct{}) {
	select {
	case <-r.Context().Done():
	case <-done:
	case <-time.After(patience):
	}
}

// httpEcho answers with the request.
func httpEcho(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodHead {
		w.Header().Set("Content-Length", "1000000000")
		return
	}
	fmt.Fprintf(w, "%s %s %s\nHost: %s\n", r.Method, r.RequestURI, r.Proto, r.Host)
	var lines []string
	for name, values := range r.Header {
		for _, v := range values {
			lines = append(lines, name+": "+v+"\n")
		}
	}
	sort.Strings(lines)
	io.WriteString(w, strings.Join(lines, "")+"\n")
	io.Copy(w, r.Body)
}

// inPieces sends each text on its own.
func inPieces(w http.ResponseWriter, texts ...string) {
	for _, text := range texts {
		io.WriteString(w, text)
		w.(http.Flusher).Flush()
	}
}

func gzipped(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		http.Error(w, "not asked for", http.StatusNotAcceptable)
		return
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	io.WriteString(z, "was small")
	z.Close()
}
