package lualib

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// pucCases are expressions that give here what they give in lua5.1, which is
// asked when it is installed.
var pucCases = []string{
	// tonumber, tostring
	`tonumber("1e3"), tonumber("0x10"), tonumber(" 11 "), tonumber("0x1p4"), tonumber("0x.8"), tonumber("-0x10"), tonumber("+5")`,
	`tonumber(""), tonumber(" "), tonumber("1e"), tonumber("0x"), tonumber("- 1"), tonumber("1 2"), tonumber("1_000"), tonumber("0b1"), tonumber("0o7"), tonumber("."), tonumber("e1"), tonumber("1..2")`,
	`tonumber("z", 36), tonumber("Z", 36), tonumber("7", 8), tonumber("8", 8), tonumber("1e1", 16), tonumber(10, 16), tonumber("ff", 16), tonumber("0xff", 16), tonumber("1010", 2)`,
	`tonumber({}), tonumber(nil), tonumber(true), tonumber("10", 10), tonumber("1e1", 10)`,
	`tonumber("10", 99)`, `tonumber()`, `tonumber({}, 16)`, `tonumber("10", 1)`,
	`tostring(1e15), tostring(-1/0), 0.1, 1e100, 12345.678901234567, tostring(2^53), 1e-5, 123456789012, -1.5, 1e300 * 10`,
	`tostring(nil), tostring(true), tostring("x"), tostring(12)`, `tostring()`,
	`tostring(setmetatable({}, {__tostring = function() return "me" end}))`,
	// base
	`assert(1, 2, 3)`, `assert(false, "m")`, `assert(nil)`, `assert()`,
	`select(2, "a", "b", "c")`, `select(-1, "a", "b", "c")`, `select("#")`, `select("#", nil, nil)`, `select(0)`, `select(-5, 1)`, `select(9, 1)`, `select("x")`, `select(2.9, 1, 2, 3)`,
	`unpack({1, 2, 3})`, `unpack({1, 2, 3}, 2)`, `unpack({1, 2}, 1, 4)`, `unpack({}, 1, 1e7)`, `unpack(1)`, `unpack({1}, 2, 1)`, `unpack({[-1] = "x"}, -1, 0)`,
	`setmetatable(1, {})`, `setmetatable({}, 1)`, `setmetatable({})`, `setmetatable(setmetatable({}, {__metatable = 1}), {})`, `getmetatable(setmetatable({}, {__metatable = 1}))`, `getmetatable("").__index == string`,
	`rawget({5}, 1), rawequal("a", "a"), rawequal({}, {}), rawget(1, 2)`, `rawset({})`, `next({})`, `next({7})`, `ipairs()`, `pairs(nil)`, `type()`, `type(nil)`,
	`loadstring("return 1 + 1")()`, `loadstring("return ...")(1, 2)`, `type(load(function() end))`,
	`load(function() error("e") end)`, `load(function() error() end)`, `load(coroutine.wrap(function() coroutine.yield("return ") coroutine.yield("7") end))()`, `loadfile("/nope")`, `dofile("/nope")`, `loadstring()`, `load(1)`,
	`error()`, `error("x", 0)`, `error("x", 1)`, `error("x", 2)`, `error(setmetatable({}, {__tostring = function() return "t" end})) == 1`,
	`getfenv(0) == _G, getfenv() == _G, getfenv(print) == _G`, `getfenv(-1)`, `getfenv(100)`, `setfenv(1)`, `setfenv(print, {})`, `setfenv(loadstring("return x"), {x = 5})()`, `getfenv({})`,
	`collectgarbage("x")`, `collectgarbage()`, `collectgarbage("stop")`, `type(collectgarbage("count"))`, `_VERSION`,
	`pcall()`, `pcall(1)`, `xpcall(print)`, `pcall(error, "x", 0)`, `pcall(error)`,
	// table
	`table.concat({1, 2, 3}, ", ")`, `table.concat({1, {}, 3})`, `table.concat({}, "x", 1, 2)`, `table.concat({1, 2, 3}, ",", 2, 3)`, `table.concat({1, 2}, ",", 3)`, `table.concat(1)`, `table.concat({"a", 1.5, 2})`,
	`table.insert({}, 1, 2, 3)`, `table.insert({})`, `table.insert(nil, 1)`, `table.insert({1}, "x", 1)`, `(function() local t = {1, 2, 3} table.insert(t, 2, "x") table.insert(t, 9) return unpack(t) end)()`,
	`table.remove({})`, `table.remove({1, 2, 3}, 1)`, `table.remove({1, 2, 3})`, `table.remove({1, 2}, 5)`, `(function() local t = {1, 2, 3} return table.remove(t, 2), #t, t[2] end)()`,
	`table.maxn({[10] = 1, [1.5] = 1})`, `table.maxn({})`, `table.getn({1, 2})`, `table.foreach({a = 1}, function(k, v) return k end)`, `table.foreachi({1, 2}, function(i, v) if i == 2 then return v end end)`,
	`(function() local t = {3, 1, 2} table.sort(t) return unpack(t) end)()`, `(function() local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return unpack(t) end)()`,
	`table.sort({3, 1, 2, 5, 4, 6, 7, 8, 9, 10}, function() return true end)`, `table.sort({1, "x"})`, `table.sort({1, 2}, 1)`, `table.sort({{}, {}})`, `table.sort({nil, 1})`,
	// math
	`math.random(0)`, `math.random(2, 1)`, `math.random(1, 2, 3)`, `math.random(5, 5)`, `math.fmod(-5, 3), math.fmod(5, -3), math.mod(5, 3)`, `math.modf(-3.7)`, `math.modf(1/0)`, `math.frexp(8)`, `math.ldexp(1, 4), math.pow(2, 3), math.log10(1000), math.huge, math.pi`,
	`math.max(1, 3, 2), math.min(3, 1, 2)`, `math.max()`, `math.floor("x")`, `math.floor("3.7"), math.ceil(-3.7), math.abs(-1)`, `math.sqrt()`, `math.deg(math.pi), math.rad(180)`, `-5 % 3, 5 % -3, 5.5 % 2, 2 ^ 0.5`,
	// os
	`os.date("!%c", 0)`, `os.date("!%x %X %p %y %j %U %w %a %A %b %B %d %H %I %M %m %S %Y %Z %%", 1e9)`, `os.date("!*t", 3600).hour, os.date("!*t", 0).yday, os.date("*t").isdst ~= nil`, `os.time({year = 2020})`, `os.time({year = 2020, month = 14, day = -3, hour = 1})`, `os.time({year = 2000, month = 1, day = 1}) - os.time({year = 2000, month = 1, day = 1, hour = 0})`,
	`os.getenv("no such variable")`, `os.remove("/nope/x")`, `os.rename("/nope/x", "/y")`, `os.difftime(5, 3)`, `os.setlocale(), os.setlocale("C"), os.setlocale("xx")`, `os.execute("exit 3")`, `os.execute() ~= 0`,
	// io
	`io.open("/nope/x")`, `io.open("/tmp/x", "zz")`, `io.type(io.stdout), io.type(1)`, `io.lines("/nope")`, `io.type()`, `io.close(1)`,
	`(function() local f = io.tmpfile() f:write("1 2 0x10 abc\nline2\n\nlast", 5, 1.5) f:seek("set") return f:read("*n", "*n", "*n", "*l", "*l", "*l", 3, 0, "*a", "*a", "*l") end)()`,
	`(function() local f = io.tmpfile() f:write("x") f:seek("set") return f:read("*n", "*a") end)()`,
	`(function() local f = io.tmpfile() f:write("ab\ncd") f:seek("set") local r = "" for l in f:lines() do r = r .. l .. ";" end return r, f:read(0), f:read("*a"), f:read("*l") end)()`,
	`(function() local f = io.tmpfile() f:write("abcdef") return f:seek("cur"), f:seek("set", 2), f:read(2), f:seek("cur"), f:seek("end", -1), f:read(5), f:seek("set", -1) end)()`,
	`(function() local f = io.tmpfile() f:write("abcdef") f:seek("set", 1) f:read(1) f:seek("cur", 0) f:write("X") f:seek("set") return f:read("*a") end)()`,
	`(function() local f = io.tmpfile() return f:close(), io.type(f), tostring(f) end)()`, `(function() local f = io.tmpfile() f:close() f:read() end)()`,
	`io.popen("echo hi"):read("*a")`, `io.popen("cat > /dev/null", "w"):write("x") ~= nil`,
	// package
	`require("no.such.module.preloaded") == 1`, `package.loaded.string == string, package.loaded._G == _G`, `(function() package.preload.x1 = function(n) return {n = n} end return require("x1").n, require("x1") == package.loaded.x1 end)()`,
	`(function() package.preload.x2 = function(n) require(n) end return require("x2") end)()`, `module()`,
}

// pucScript prints what each case gives, or its error.
func pucScript() string {
	var script strings.Builder
	for _, c := range pucCases {
		fmt.Fprintf(&script, "print(pcall(function() return %s end))\n", c)
	}
	return script.String()
}

func TestAgainstPUC(t *testing.T) {
	script := pucScript()
	want := oracle(t, "lua5.1", "package.path = './?.lua' package.cpath = ''", script)
	var got bytes.Buffer
	L := newState(t, Options{Stdout: &got})
	run(t, L, `package.path = './?.lua'`)
	fn, err := Load(L, []byte(script), "@t")
	if err != nil {
		t.Fatal(err)
	}
	if _, failed := PCall(L, fn); failed != nil {
		t.Fatal(failed)
	}
	ours, theirs := strings.Split(got.String(), "\n"), strings.Split(want, "\n")
	for i := range min(len(ours), len(theirs)) {
		if ours[i] != theirs[i] {
			t.Errorf("line %d\n got %s\nwant %s", i+1, ours[i], theirs[i])
		}
	}
	if len(ours) != len(theirs) {
		t.Errorf("%d lines, %d expected", len(ours), len(theirs))
	}
}
