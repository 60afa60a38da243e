package lualib

import (
	"reflect"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// gopher-lua records where each local variable begins, but where it ends only
// for the last variable that used its register. The names in messages, and
// debug.getlocal, need both. So the chunk is compiled a second time, with a
// marker wherever variables may have ended: a variable of its own, whose register
// says how many variables are alive there.

// markerName is no name that source can have.
const markerName = "(marker)"

// mendLocals sets StartPc and EndPc of every local variable of proto, which the
// chunk was compiled to. The chunk is of no use any more then.
func mendLocals(proto *lua.FunctionProto, chunk []ast.Stmt) {
	eachNode(reflect.ValueOf(&chunk), func(node any) {
		if block, ok := node.(*[]ast.Stmt); ok {
			*block = mark(*block)
		}
	})
	marked, err := lua.Compile(chunk, "")
	if err != nil {
		return // too many variables, with the markers
	}
	mendProto(proto, marked)
}

// eachNode calls visit with a pointer to every node and every list of the syntax
// tree below v, a pointer to it, the inner ones first.
func eachNode(v reflect.Value, visit func(node any)) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachNode(v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanInterface() {
				eachNode(f, visit)
			}
		}
		visit(v.Addr().Interface())
	case reflect.Slice:
		for i := range v.Len() {
			eachNode(v.Index(i), visit)
		}
		visit(v.Addr().Interface())
	}
}

// mark puts a marker before each statement of a block and at its end: what an
// inner block, or the branch before this one, had has ended there.
func mark(stmts []ast.Stmt) []ast.Stmt {
	marked := make([]ast.Stmt, 0, 2*len(stmts)+1)
	line := 0
	for _, stmt := range stmts {
		line = stmt.Line()
		marked = append(marked, marker(line), stmt)
	}
	if n := len(stmts); n > 0 && !ends(stmts[n-1]) {
		marked = append(marked, marker(line))
	}
	return marked
}

// ends tells the statements after which there can be nothing.
func ends(stmt ast.Stmt) bool {
	switch stmt.(type) {
	case *ast.ReturnStmt, *ast.BreakStmt, *ast.GotoStmt, *ast.LabelStmt:
		return true
	}
	return false
}

func marker(line int) ast.Stmt { return doLocal(markerName, line) }

// doLocal is do local name end, which does nothing.
func doLocal(name string, line int) ast.Stmt {
	local := &ast.LocalAssignStmt{Names: []string{name}}
	local.SetLine(line)
	block := &ast.DoBlockStmt{Stmts: []ast.Stmt{local}}
	block.SetLine(line)
	return block
}

// mendProto reads the ends off the marked code. Between the markers the code is
// the same, so an instruction's place is its place there without the markers
// before it.
func mendProto(p, marked *lua.FunctionProto) {
	for i, child := range p.FunctionPrototypes {
		if i < len(marked.FunctionPrototypes) {
			mendProto(child, marked.FunctionPrototypes[i])
		}
	}
	var own []*lua.DbgLocalInfo // those of p, in the order of marked's
	markers := 0
	var alive []*lua.DbgLocalInfo
	end := len(p.Code) + 1
	for _, l := range marked.DbgLocals {
		if l.Name != markerName {
			if len(own) == len(p.DbgLocals) || p.DbgLocals[len(own)].Name != l.Name {
				return // they are not the same after all
			}
			local := p.DbgLocals[len(own)]
			own = append(own, local)
			local.StartPc, local.EndPc = l.StartPc-markers-1, end
			alive = append(alive, local)
			continue
		}
		at := l.StartPc - 1 // of the LOADNIL
		count := instruction(marked.Code[at]).a()
		for len(alive) > count {
			alive[len(alive)-1].EndPc = at - markers
			alive = alive[:len(alive)-1]
		}
		markers++
	}
}
