package lualib

import (
	"reflect"

	lua "github.com/yuin/gopher-lua"
)

// frame is what gopher-lua keeps of one call and shows to nobody. The program
// counter is what the names in messages come from.
type frame struct {
	Idx      int // from the bottom of its thread, from 0
	Pc       int // of the next instruction
	Base     int // where the function itself stands in the registry
	TailCall int // how many calls were replaced by it
}

// frameOf reads the frame behind what GetStack gave. Reflection may read what is
// not exported, and a change of gopher-lua shows as a panic here, in the first
// test, not as a wrong name.
func frameOf(d *lua.Debug) frame {
	f := reflect.ValueOf(d).Elem().FieldByName("frame").Elem()
	read := func(name string) int { return int(f.FieldByName(name).Int()) }
	return frame{Idx: read("Idx"), Pc: read("Pc"), Base: read("Base"), TailCall: read("TailCall")}
}
