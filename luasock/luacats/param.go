package luacats

import (
	"strings"
	"sync"
)

// param is a parameter of a function, as its signature has it.
type param struct {
	name     string // "..." for any number
	optional bool
	def      string // its default; "" for none
}

// signature is what a Sig says, without the receiver of a method.
type signature struct {
	receiver string // "" for a function
	params   []param
}

// parseSig reads "bind(s, address [, port=0])", "t:join([timeout])",
// "insert(t, [position, ] value)".
func parseSig(sig string) signature {
	head, rest, _ := strings.Cut(sig, "(")
	rest = strings.TrimSuffix(rest, ")")
	s := signature{}
	if receiver, _, ok := strings.Cut(head, ":"); ok {
		s.receiver = receiver
	}
	depth, start, brackets := 0, 0, 0
	add := func(end int) {
		text := strings.Trim(rest[start:end], " []")
		name, def, _ := strings.Cut(text, "=")
		if name != "" {
			s.params = append(s.params, param{strings.TrimSpace(name), depth > 0, def})
		}
		start = end + 1
		depth = brackets
	}
	for i, c := range rest {
		switch c {
		case '[':
			if brackets++; strings.Trim(rest[start:i], " []") == "" {
				depth = brackets // the name is still to come
			}
		case ']':
			if brackets--; strings.Trim(rest[start:i], " []") == "" {
				depth = brackets
			}
		case ',':
			add(i)
		}
	}
	add(len(rest))
	return s
}

// withoutEarly are the parameters without the optional ones that stand before
// one that is not.
func (s signature) withoutEarly() (list []param, changed bool) {
	last := -1
	for i, p := range s.params {
		if !p.optional && p.name != "..." {
			last = i
		}
	}
	for i, p := range s.params {
		if p.optional && i < last {
			changed = true
			continue
		}
		list = append(list, p)
	}
	return list, changed
}

// paramTypes are the types of parameters by their names; those of one function
// stand under "function(parameter". What is not here is any.
var paramTypes = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"address": "string", "ai": "AddressInfo", "allowed": "string", "backlog": "integer", "buffer": "string", "capacity": "integer",
		"channels": "Channel[]", "co": "thread", "command": "string", "context": "StreamContext", "data": "string", "domain": "integer",
		"ending": "string", "env": "table", "errno": "integer", "excepts": "(Socket|Stream)[]", "flags": "integer", "fn": "function",
		"fns": "function[]", "format": "string", "fp": "Stream", "handler": "function", "hints": "table", "host": "string", "hostname": "string",
		"how": "integer", "i": "integer", "idle_seconds": "number", "j": "integer", "keep_ending": "boolean", "key": "any", "length": "integer",
		"level": "integer", "max": "integer", "message": "any", "microseconds": "integer", "mode": "string", "n": "integer", "name": "string",
		"on": "boolean", "options": "table", "other": "Stream", "path": "string", "pattern": "string", "plain": "boolean", "port": "integer",
		"position": "integer", "protocol": "integer", "reads": "(Socket|Stream)[]", "remote": "boolean", "s": "Socket", "seconds": "number",
		"server": "Stream", "service": "string", "t": "table", "text": "string", "timeout": "number", "type": "integer", "url": "string",
		"what": "string|table|function", "writes": "(Socket|Stream)[]", "x": "number", "y": "number",

		"help(what": "any", "test.process(command": "table", "test.script(stream": "Stream", "test.script(steps": "table", "test.proxy(faults": "table",
		"test.certificate(names": "string|string[]", "Stream:enable_crypto(method": "integer", "socket.stream_enable_crypto(method": "integer", "http.post(body": "string?", "Session:post(body": "string?", "socket.get_option(name": "integer", "socket.set_option(name": "integer", "socket.getopt(name": "integer",
		"socket.setopt(name": "integer", "socket.read(mode": "integer", "socket.getprotobyname(protocol": "string",
		"socket.getservbyname(protocol": "string", "socket.getservbyport(protocol": "string", "socket.getprotobynumber(number": "integer",
		"socket.long2ip(number": "integer", "socket.inet_ntop(bytes": "string", "socket.sendmsg(message": "table", "socket.recvmsg(message": "table",
		"socket.addrinfo_lookup(service": "string|integer", "string.rep(sep": "string", "string.gsub(repl": "string|table|function",
		"string.dump(fn": "function", "table.concat(separator": "string", "table.move(from": "integer", "table.move(first": "integer",
		"table.move(last": "integer", "table.move(to": "table", "table.sort(less": "function", "tonumber(base": "integer", "load(chunk": "string|function",
		"loadstring(chunk": "string", "load(name": "string", "error(level": "integer", "debug.getinfo(what": "string", "os.date(time": "integer",
		"os.exit(code": "integer|boolean", "os.difftime(later": "integer", "os.difftime(earlier": "integer", "bytes.xor(key": "string",
		"bytes.hmac(key": "string", "bytes.hex(separator": "string", "bytes.diff(expected": "string", "bytes.diff(actual": "string",
		"bytes.crc32(crc": "integer", "bytes.crc16(kind": "string", "math.ldexp(m": "number", "math.ldexp(e": "integer", "math.random(m": "integer",
		"bit.tohex(n": "integer", "bit.band(x1": "integer", "bit.bor(x1": "integer", "bit.bxor(x1": "integer", "package.seeall(module": "table",
		"io.input(file": "file*|string", "io.output(file": "file*|string", "io.close(file": "file*", "FILE*:seek(whence": "string",
		"FILE*:seek(offset": "integer", "FILE*:setvbuf(size": "integer", "task.timeout(seconds": "number", "rawset(t": "table",
		"select(n": `integer|"#"`, "os.time(t": "table", "os.rename(from": "string", "os.rename(to": "string", "getfenv(f": "function|integer",
		"setfenv(f": "function|integer", "setmetatable(mt": "table?", "debug.setmetatable(mt": "table?", "collectgarbage(option": "string",
		"math.max(x": "number", "string.pack(format": "string", "io.popen(mode": "string", "os.setlocale(locale": "string", "os.setlocale(category": "string",
	}
})

// stringModules are those in which s is not a Socket but bytes.
var stringModules = map[string]bool{"string": true, "bytes": true, "utf8": true}

// paramType is the type of a parameter of a function, which has a full name.
func paramType(module, function, name string) string {
	if typ, ok := paramTypes()[function+"("+name]; ok {
		return typ
	}
	if name == "s" && stringModules[module] {
		return "string"
	}
	if typ, ok := paramTypes()[name]; ok {
		return typ
	}
	return "any"
}

// units say in what a parameter is counted.
var units = map[string]string{
	"seconds": "in seconds, with fractions", "timeout": "in seconds, with fractions", "idle_seconds": "in seconds, with fractions",
	"microseconds": "in microseconds, added to seconds", "length": "in bytes", "max": "in bytes", "backlog": "connections that may wait",
	"port": "0 to 65535", "capacity": "values that a sender need not wait for",
}
