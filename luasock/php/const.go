package php

import (
	"math"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

const (
	// intMax is PHP_INT_MAX as far as a Lua number can hold it. PHP's int is as
	// wide as Go's.
	intMax = min(math.MaxInt, math.MaxInt64-1023)
	// maxUint32 is the most that an int holds of 32 bits.
	maxUint32 = min(math.MaxInt, math.MaxUint32)
)

// ownConstants are PHP's beside those of its sockets.
var ownConstants = []bind.Const{
	{Name: "E_ERROR", Value: eError},
	{Name: "E_WARNING", Value: eWarning},
	{Name: "E_PARSE", Value: 4},
	{Name: "E_NOTICE", Value: eNotice},
	{Name: "E_STRICT", Value: 2048},
	{Name: "E_CORE_ERROR", Value: 16},
	{Name: "E_CORE_WARNING", Value: 32},
	{Name: "E_COMPILE_ERROR", Value: 64},
	{Name: "E_COMPILE_WARNING", Value: 128},
	{Name: "E_RECOVERABLE_ERROR", Value: 4096},
	{Name: "E_DEPRECATED", Value: eDeprecated},
	{Name: "E_USER_ERROR", Value: 256},
	{Name: "E_USER_WARNING", Value: 512},
	{Name: "E_USER_NOTICE", Value: 1024},
	{Name: "E_USER_DEPRECATED", Value: 16384},
	{Name: "E_ALL", Value: eAll},
	{Name: "SEEK_SET", Value: 0},
	{Name: "SEEK_CUR", Value: 1},
	{Name: "SEEK_END", Value: 2},
	{Name: "STREAM_CLIENT_PERSISTENT", Value: 1},
	{Name: "STREAM_CLIENT_ASYNC_CONNECT", Value: 2},
	{Name: "STREAM_CLIENT_CONNECT", Value: 4},
	{Name: "STREAM_NOTIFY_CONNECT", Value: 2},
	{Name: "PHP_INT_SIZE", Value: strconv.IntSize / 8},
	{Name: "PHP_INT_MAX", Value: intMax},
	{Name: "PHP_INT_MIN", Value: math.MinInt},
}

// constants are all of the module's numbers, with PHP's names: SOCKET_ stands
// before an error's and PHP_ before a mode's.
func constants() []bind.Const {
	list, seen := ownConstants[:len(ownConstants):len(ownConstants)], map[string]bool{}
	for _, c := range ownConstants {
		seen[c.Name] = true
	}
	for _, c := range luasock.Constants() {
		if name := constantName(c.Name); !seen[name] {
			list = append(list, bind.Const{Name: name, Value: c.Value})
		}
	}
	return append(list, curlConstants()...)
}

func constantName(name string) string {
	switch {
	case name == "NORMAL_READ", name == "BINARY_READ":
		return "PHP_" + name
	case strings.HasPrefix(name, "E") && !strings.Contains(name, "_"):
		return "SOCKET_" + name
	}
	return name
}

// setTexts puts the constants that are no numbers into the module's table.
func setTexts(vm *luasock.VM, t *lua.LTable) {
	t.RawSetString("PHP_EOL", lua.LString("\n"))
	for n, name := range []string{"STDIN", "STDOUT", "STDERR"} {
		t.RawSetString(name, vm.StandardStream(n))
	}
}
