package luasock

import (
	"net/http"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

var httpHeaderRow = bind.Row{
	Name: "index", Sig: "index(headers, name)", Doc: "Finds a header by its name in any case.",
	Fn: httpHeaderIndex,
}

// httpHeaderIndex is __index of tables of headers, whose keys are spelled as
// net/http does. A name that is there under another spelling is found.
func httpHeaderIndex(c bind.Call) int {
	name, ok := c.Arg(2).(lua.LString)
	if !ok {
		return c.Return(lua.LNil)
	}
	return c.Return(c.Table(1).RawGetString(http.CanonicalHeaderKey(string(name))))
}

// headerTables are header fields as Lua has them: the values of each name
// joined (RFC 9110, section 5.3), and as a list.
func (vm *VM) headerTables(header http.Header) (joined, lists *lua.LTable) {
	joined, lists = vm.L.NewTable(), vm.L.NewTable()
	for name, values := range header {
		list := vm.L.NewTable()
		for _, v := range values {
			list.Append(lua.LString(v))
		}
		joined.RawSetString(name, lua.LString(strings.Join(values, ", ")))
		lists.RawSetString(name, list)
	}
	joined.Metatable, lists.Metatable = vm.headerMetatable(), vm.headerMetatable()
	return joined, lists
}

// headerMetatable is the metatable of tables of headers.
func (vm *VM) headerMetatable() *lua.LTable {
	if vm.headers == nil {
		vm.headers = vm.L.NewTable()
		vm.headers.RawSetString("__index", vm.L.NewFunction(func(L *lua.LState) int {
			return httpHeaderRow.Fn(vm.env.Call(L, &httpHeaderRow))
		}))
	}
	return vm.headers
}
