package luacats

import (
	"strings"
	"sync"
)

// result is one value that a function returns.
type result struct {
	typ  string
	name string // "" for none
}

// Results are the types of what a function returns when it succeeds, by its full
// name: of "socket.create" {"Socket"}. Nil when nothing is known.
func Results(function string) (types []string) {
	list, _ := resultsOf(function, "")
	for _, r := range list {
		types = append(types, r.typ)
	}
	return types
}

// resultsOf reads the table of results. With fails, the function returns nil,
// message, errno when the world refuses. What the table does not know may stand
// at the end of the function's documentation.
func resultsOf(function, doc string) (list []result, fails bool) {
	text, known := results()[function]
	if method, ok := strings.CutPrefix(function, "Socket:"); ok && !known {
		text, known = results()["Stream:"+method]
	}
	if !known {
		return documented(doc), false
	}
	text, fails = strings.CutSuffix(text, " or error")
	for _, part := range strings.Split(text, ", ") {
		if typ, name, _ := strings.Cut(part, " "); typ != "" {
			list = append(list, result{typ, name})
		}
	}
	return list, fails
}

// phpTypes are PHP's names of types in ours.
var phpTypes = map[string]string{
	"bool": "boolean", "int": "integer", "float": "number", "string": "string", "array": "table", "mixed": "any",
	"true": "true", "false": "false", "Socket": "Socket",
}

// documented reads what a function of PHP returns from the end of its
// documentation: "Returns int|false, data." is a type of PHP, and the names of
// what PHP gives in parameters. Of any other text it is any number of values.
func documented(doc string) []result {
	unknown := []result{{"any", "..."}}
	_, text, found := strings.Cut(doc, "Returns ")
	text, ends := strings.CutSuffix(text, ".")
	if !found || !ends {
		return unknown
	}
	parts := strings.Split(text, ", ")
	if parts[0] == "void" {
		return nil
	}
	typ, optional := strings.CutPrefix(parts[0], "?")
	var types []string
	for _, name := range strings.Split(typ, "|") {
		if phpTypes[name] == "" {
			return unknown
		}
		types = append(types, phpTypes[name])
	}
	typ = strings.Join(types, "|")
	if optional {
		typ += "?"
	}
	list := []result{{typ, ""}}
	for _, name := range parts[1:] {
		if !isName(name) {
			return unknown
		}
		list = append(list, result{"any", name})
	}
	return list
}

// results has what functions return, by their full names; a method that is a
// function too stands under the function's. Types are LuaCATS's; a name follows
// where it says something, "..." is any number. What is not here is any.
var results = sync.OnceValue(func() map[string]string {
	return map[string]string{
		"assert":         "any ...",
		"collectgarbage": "any",
		"dofile":         "any ...",
		"error":          "",
		"getfenv":        "table",
		"getmetatable":   "any",
		"help":           "string",
		"ipairs":         "function, table, integer",
		"load":           "function? chunk, string? message",
		"loadfile":       "function? chunk, string? message",
		"loadstring":     "function? chunk, string? message",
		"module":         "",
		"newproxy":       "userdata",
		"next":           "any key, any value",
		"pairs":          "function, table",
		"pcall":          "boolean ok, any ...",
		"print":          "",
		"rawequal":       "boolean",
		"rawget":         "any",
		"rawlen":         "integer",
		"rawset":         "table",
		"require":        "any",
		"select":         "any ...",
		"setfenv":        "any",
		"setmetatable":   "table",
		"tonumber":       "number?",
		"tostring":       "string",
		"type":           "string",
		"unpack":         "any ...",
		"xpcall":         "boolean ok, any ...",

		"package.loadlib": "nil, string message, string",
		"package.seeall":  "",

		"table.concat":   "string",
		"table.foreach":  "any",
		"table.foreachi": "any",
		"table.getn":     "integer",
		"table.insert":   "",
		"table.maxn":     "number",
		"table.move":     "table",
		"table.pack":     "table",
		"table.remove":   "any",
		"table.sort":     "",
		"table.unpack":   "any ...",

		"io.close":      "boolean? ok, string? message, integer? errno",
		"io.flush":      "boolean",
		"io.input":      "file*",
		"io.lines":      "function",
		"io.open":       "file* or error",
		"io.output":     "file*",
		"io.popen":      "file* or error",
		"io.read":       "any ...",
		"io.tmpfile":    "file* or error",
		"io.type":       "string?",
		"io.write":      "file* or error",
		"FILE*:close":   "boolean? ok, string? how, integer? code",
		"FILE*:flush":   "boolean",
		"FILE*:lines":   "function",
		"FILE*:read":    "any ...",
		"FILE*:seek":    "integer or error",
		"FILE*:setvbuf": "boolean",
		"FILE*:write":   "file* or error",

		"os.clock":     "number",
		"os.date":      "string|table",
		"os.difftime":  "number",
		"os.execute":   "integer",
		"os.exit":      "",
		"os.getenv":    "string?",
		"os.remove":    "boolean or error",
		"os.rename":    "boolean or error",
		"os.setlocale": "string?",
		"os.time":      "integer",
		"os.tmpname":   "string",

		"math.frexp": "number m, integer e", "math.modf": "number, number", "math.randomseed": "",
		"math.abs": "number", "math.acos": "number", "math.asin": "number", "math.atan": "number", "math.atan2": "number",
		"math.ceil": "integer", "math.cos": "number", "math.cosh": "number", "math.deg": "number", "math.exp": "number",
		"math.floor": "integer", "math.fmod": "number", "math.ldexp": "number", "math.log": "number", "math.log10": "number",
		"math.max": "number", "math.min": "number", "math.mod": "number", "math.pow": "number", "math.rad": "number",
		"math.random": "number", "math.sin": "number", "math.sinh": "number", "math.sqrt": "number", "math.tan": "number", "math.tanh": "number",

		"debug.getfenv":      "table",
		"debug.getinfo":      "table?",
		"debug.getlocal":     "string? name, any value",
		"debug.getmetatable": "table?",
		"debug.getregistry":  "table",
		"debug.getupvalue":   "string? name, any value",
		"debug.setfenv":      "any",
		"debug.setlocal":     "string? name",
		"debug.setmetatable": "boolean",
		"debug.setupvalue":   "string? name",
		"debug.traceback":    "string",

		"string.byte":     "integer ...",
		"string.char":     "string",
		"string.dump":     "string",
		"string.find":     "integer? first, integer? last, any ...",
		"string.format":   "string",
		"string.gmatch":   "function",
		"string.gsub":     "string, integer count",
		"string.len":      "integer",
		"string.lower":    "string",
		"string.match":    "any ...",
		"string.pack":     "string",
		"string.packsize": "integer",
		"string.rep":      "string",
		"string.reverse":  "string",
		"string.sub":      "string",
		"string.unpack":   "any ...",
		"string.upper":    "string",

		"coroutine.create":      "thread",
		"coroutine.resume":      "boolean ok, any ...",
		"coroutine.wrap":        "function",
		"coroutine.yield":       "any ...",
		"coroutine.status":      "string",
		"coroutine.running":     "thread?",
		"coroutine.isyieldable": "boolean",
		"coroutine.close":       "boolean ok, any problem",

		"utf8.char":      "string",
		"utf8.codes":     "function, string, integer",
		"utf8.codepoint": "integer ...",
		"utf8.len":       "integer?, integer? position",
		"utf8.offset":    "integer?",

		"bit.tobit": "integer", "bit.tohex": "string", "bit.bnot": "integer", "bit.band": "integer", "bit.bor": "integer",
		"bit.bxor": "integer", "bit.lshift": "integer", "bit.rshift": "integer", "bit.arshift": "integer", "bit.rol": "integer",
		"bit.ror": "integer", "bit.bswap": "integer",

		"bytes.hex":           "string",
		"bytes.unhex":         "string?, string? message",
		"bytes.dump":          "string",
		"bytes.diff":          "string",
		"bytes.base64":        "string",
		"bytes.unbase64":      "string?, string? message",
		"bytes.xor":           "string",
		"bytes.random":        "string",
		"bytes.crc32":         "integer",
		"bytes.crc16":         "integer",
		"bytes.inet_checksum": "integer",
		"bytes.digest":        "string",
		"bytes.hmac":          "string",

		"json.encode": "string",
		"json.decode": "any, string? message",
		"json.array":  "table",

		"socket.create":           "Socket or error",
		"socket.create_pair":      "Socket, Socket or error",
		"socket.create_listen":    "Socket or error",
		"socket.bind":             "boolean or error",
		"socket.listen":           "boolean or error",
		"socket.accept":           "Socket or error",
		"socket.connect":          "boolean or error",
		"socket.read":             "string or error",
		"socket.write":            "integer or error",
		"socket.recv":             "string or error",
		"socket.send":             "integer or error",
		"socket.recvfrom":         "string data, string address, integer port or error",
		"socket.sendto":           "integer or error",
		"socket.shutdown":         "boolean or error",
		"socket.close":            "boolean or error",
		"socket.getsockname":      "string address, integer port or error",
		"socket.getpeername":      "string address, integer port or error",
		"socket.set_block":        "boolean",
		"socket.set_nonblock":     "boolean",
		"socket.select":           "(Socket|Stream)[] reads, (Socket|Stream)[] writes, (Socket|Stream)[] excepts or error",
		"socket.atmark":           "boolean or error",
		"socket.last_error":       "integer",
		"socket.clear_error":      "",
		"socket.strerror":         "string",
		"socket.fd":               "integer",
		"socket.list":             "table[]",
		"socket.gettime":          "number",
		"socket.get_option":       "any or error",
		"socket.set_option":       "boolean or error",
		"socket.getopt":           "any or error",
		"socket.setopt":           "boolean or error",
		"socket.sendmsg":          "integer or error",
		"socket.recvmsg":          "table or error",
		"socket.cmsg_space":       "integer",
		"socket.gethostbyname":    "string",
		"socket.gethostbynamel":   "string[] or error",
		"socket.gethostbyaddr":    "string or error",
		"socket.getprotobyname":   "integer or error",
		"socket.getprotobynumber": "string or error",
		"socket.getservbyname":    "integer or error",
		"socket.getservbyport":    "string or error",
		"socket.inet_pton":        "string or error",
		"socket.inet_ntop":        "string or error",
		"socket.ip2long":          "integer or error",
		"socket.long2ip":          "string",
		"socket.addrinfo_lookup":  "AddressInfo[] or error",
		"socket.addrinfo_connect": "Socket or error",
		"socket.addrinfo_bind":    "Socket or error",
		"socket.addrinfo_explain": "table",
		"socket.import_stream":    "Socket or error",
		"socket.export_stream":    "Stream or error",
		"socket.fsockopen":        "Stream or error",
		"socket.pfsockopen":       "Stream or error",
		"socket.stream_client":    "Stream or error",
		"socket.stream_server":    "Stream or error",
		"socket.stream_accept":    "Stream, string peer or error",
		"socket.stream_pair":      "Stream, Stream or error",
		"socket.stream_select":    "(Socket|Stream)[] reads, (Socket|Stream)[] writes, (Socket|Stream)[] excepts or error",
		"socket.stream_get_name":  "string or error",
		"socket.stream_shutdown":  "boolean or error",
		"socket.stream_recvfrom":  "string data, string address or error",
		"socket.stream_sendto":    "integer or error",
		"socket.stream_context":   "StreamContext",

		"socket.stream_enable_crypto": "boolean or error",

		"Stream:gets":          "string or error",
		"Stream:getc":          "string or error",
		"Stream:read":          "string or error",
		"Stream:get_contents":  "string or error",
		"Stream:get_line":      "string or error",
		"Stream:getss":         "string or error",
		"Stream:passthru":      "integer or error",
		"Stream:copy_to":       "integer or error",
		"Stream:eof":           "boolean",
		"Stream:lines":         "fun(): string?",
		"Stream:chunks":        "fun(): string?",
		"Stream:write":         "integer or error",
		"Stream:puts":          "integer or error",
		"Stream:flush":         "boolean",
		"Stream:close":         "boolean or error",
		"Stream:set_timeout":   "boolean",
		"Stream:set_blocking":  "boolean",
		"Stream:get_meta_data": "table",
		"Stream:get_name":      "string or error",
		"Stream:shutdown":      "boolean or error",
		"Stream:recvfrom":      "string data, string address or error",
		"Stream:sendto":        "integer or error",
		"Stream:accept":        "Stream, string peer or error",
		"Stream:read_exactly":  "string or error",
		"Stream:read_until":    "string or error",
		"Stream:read_all":      "string or error",
		"Stream:read_line":     "string or error",
		"Stream:peek":          "string or error",
		"Stream:unread":        "boolean",
		"Stream:buffered":      "integer",
		"Stream:drain":         "integer or error",
		"Stream:expect":        "string",
		"Stream:send_after":    "string or error",
		"Stream:interact":      "boolean or error",

		"http.request":     "table answer or error",
		"http.get":         "table answer or error",
		"http.post":        "table answer or error",
		"http.download":    "integer size, table answer or error",
		"http.session":     "Session",
		"Session:request":  "table answer or error",
		"Session:get":      "table answer or error",
		"Session:post":     "table answer or error",
		"Session:download": "integer size, table answer or error",
		"Session:cookies":  "table",
		"Session:close":    "boolean",

		"Stream:enable_crypto": "boolean or error",

		"test.server":        "Server",
		"test.script":        "string[]",
		"test.proxy":         "Proxy",
		"test.process":       "Process",
		"test.certificate":   "table",
		"test.free_port":     "integer",
		"test.wait_for_port": "boolean or error",
		"test.tempdir":       "string",
		"Process:wait":       "integer? status, string signal",

		"task.spawn":    "Task",
		"task.current":  "Task",
		"task.list":     "Task[]",
		"task.sleep":    "",
		"task.yield":    "",
		"task.timeout":  "any ...",
		"task.scope":    "any ...",
		"task.all":      "any[]",
		"task.race":     "any ...",
		"task.channel":  "Channel",
		"task.select":   "Channel? channel, any value, string? message",
		"Task:join":     "boolean? ok, any ...",
		"Task:cancel":   "boolean",
		"Task:status":   "string",
		"Scope:spawn":   "Task",
		"Channel:send":  "boolean? ok, string? message",
		"Channel:recv":  "any value, string? message",
		"Channel:iter":  "fun(): any",
		"Channel:next":  "any value, string? message",
		"Channel:close": "boolean",
	}
})
