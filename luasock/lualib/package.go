package lualib

import (
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// The registry's names for what package has: require goes by these, whatever a
// script does to package.
const (
	loadedKey  = "_LOADED"
	loadersKey = "_LOADERS"
)

func openPackage(m *machine, L *lua.LState) {
	t := m.env.Open(L, &bind.Module{
		Name: "package",
		Doc:  "How require finds modules.",
		Rows: []bind.Row{
			{Name: "loadlib", Sig: "loadlib(path, name)", Returns: "nil, string message, string", Doc: "C libraries cannot be loaded: nil, a message, \"absent\".", Fn: packageLoadlib},
			{Name: "seeall", Sig: "seeall(module)", Returns: "nothing", Doc: "Lets a module see the globals.", Fn: packageSeeall},
		},
	})
	loaded, loaders := L.NewTable(), L.NewTable()
	for i, row := range []bind.Row{
		{Name: "preload", Sig: "preload(name)", Doc: "Finds the loader in package.preload.", Fn: m.loaderPreload},
		{Name: "lua", Sig: "lua(name)", Doc: "Finds a Lua file by package.path.", Fn: m.loaderLua},
	} {
		loaders.RawSetInt(i+1, m.env.Function(L, "package", &row))
	}
	t.RawSetString("loaded", loaded)
	t.RawSetString("loaders", loaders)
	t.RawSetString("preload", L.NewTable())
	t.RawSetString("cpath", lua.LString(""))
	t.RawSetString("path", lua.LString(luaPath()))
	t.RawSetString("config", lua.LString("/\n;\n?\n!\n-"))
	L.G.Registry.RawSetString(loadedKey, loaded)
	L.G.Registry.RawSetString(loadersKey, loaders)
	loaded.RawSetString("package", t)
	loaded.RawSetString("_G", L.G.Global)
	L.G.Global.RawSetString("package", t)
	m.packages = t
	for _, row := range []bind.Row{
		{Name: "require", Sig: "require(name)", Returns: "any", Doc: "Loads a module, once, and gives what it returned.", Fn: m.require},
		{Name: "module", Sig: "module(name, ...)", Returns: "nothing", Doc: "Makes a table the environment of the caller, and a module.", Fn: m.module},
	} {
		L.G.Global.RawSetString(row.Name, m.env.Function(L, bind.Globals, &row))
	}
}

// luaPath is LUA_PATH, in which ;; stands for the default.
func luaPath() string {
	path := os.Getenv("LUA_PATH")
	if path == "" {
		return lua.LuaPathDefault
	}
	return strings.ReplaceAll(path, ";;", ";"+lua.LuaPathDefault+";")
}

func packageLoadlib(c bind.Call) int {
	return c.Return(lua.LNil, lua.LString("dynamic libraries not enabled; check your Lua installation"), lua.LString("absent"))
}

func packageSeeall(c bind.Call) int {
	t := checkTable(c, 1)
	mt, ok := t.Metatable.(*lua.LTable)
	if !ok {
		mt = c.L.NewTable()
		t.Metatable = mt
	}
	mt.RawSetString("__index", c.L.G.Global)
	return 0
}

func (m *machine) loaderPreload(c bind.Call) int {
	name := checkString(c, 1)
	preload, ok := m.packages.RawGetString("preload").(*lua.LTable)
	if !ok {
		c.Raise("'package.preload' must be a table")
	}
	if loader := preload.RawGetString(name); loader != lua.LNil {
		return c.Return(loader)
	}
	return c.Text("\n\tno field package.preload['" + name + "']")
}

func (m *machine) loaderLua(c bind.Call) int {
	name := checkString(c, 1)
	path, ok := m.packages.RawGetString("path").(lua.LString)
	if !ok {
		c.Raise("'package.path' must be a string")
	}
	var missing strings.Builder
	for _, pattern := range strings.Split(string(path), ";") {
		if pattern == "" {
			continue
		}
		file := strings.ReplaceAll(pattern, "?", strings.ReplaceAll(name, ".", "/"))
		if source, err := m.readSource(c.L, file); err == nil {
			fn, err := Load(c.L, source, "@"+file)
			if err != nil {
				c.Raise("error loading module '%s' from file '%s':\n\t%s", name, file, err)
			}
			return c.Return(fn)
		}
		missing.WriteString("\n\tno file '" + file + "'")
	}
	return c.Text(missing.String())
}

// loading stands for a module whose loader runs.
var loading = &lua.LUserData{Metatable: lua.LNil}

func (m *machine) require(c bind.Call) int {
	name := checkString(c, 1)
	loaded := c.L.G.Registry.RawGetString(loadedKey).(*lua.LTable)
	if v := loaded.RawGetString(name); lua.LVAsBool(v) {
		if v == loading {
			c.Raise("loop or previous error loading module '%s'", name)
		}
		return c.Return(v)
	}
	loader := m.loader(c, name)
	loaded.RawSetString(name, loading)
	c.L.Push(loader)
	c.L.Push(lua.LString(name))
	c.L.Call(1, 1)
	if v := c.L.Get(-1); v != lua.LNil {
		loaded.RawSetString(name, v)
	}
	if loaded.RawGetString(name) == loading {
		loaded.RawSetString(name, lua.LTrue)
	}
	return c.Return(loaded.RawGetString(name))
}

// loader asks package.loaders for what loads the module.
func (m *machine) loader(c bind.Call, name string) lua.LValue {
	loaders, ok := m.packages.RawGetString("loaders").(*lua.LTable)
	if !ok {
		c.Raise("'package.loaders' must be a table")
	}
	missing := ""
	for i := 1; ; i++ {
		loader := loaders.RawGetInt(i)
		if loader == lua.LNil {
			c.Raise("module '%s' not found:%s", name, missing)
		}
		c.L.Push(loader)
		c.L.Push(lua.LString(name))
		c.L.Call(1, 1)
		found := c.L.Get(-1)
		c.L.Pop(1)
		if found.Type() == lua.LTFunction {
			return found
		}
		missing += lua.LVAsString(found)
	}
}

func (m *machine) module(c bind.Call) int {
	name := checkString(c, 1)
	loaded := c.L.G.Registry.RawGetString(loadedKey).(*lua.LTable)
	t, ok := loaded.RawGetString(name).(*lua.LTable)
	if !ok {
		if t, ok = c.L.FindTable(c.L.G.Global, name, 1).(*lua.LTable); !ok {
			c.Raise("name conflict for module '%s'", name)
		}
		loaded.RawSetString(name, t)
	}
	if t.RawGetString("_NAME") == lua.LNil {
		t.RawSetString("_M", t)
		t.RawSetString("_NAME", lua.LString(name))
		t.RawSetString("_PACKAGE", lua.LString(name[:strings.LastIndexByte(name, '.')+1]))
	}
	caller, ok := levelAt(c.L, 1)
	if !ok || caller.Fn.IsG || caller.tail {
		c.Raise("'module' not called from a Lua function")
	}
	caller.Fn.Env = t
	for i, n := 2, c.N(); i <= n; i++ {
		c.L.Push(c.Arg(i))
		c.L.Push(t)
		c.L.Call(1, 0)
	}
	return 0
}
