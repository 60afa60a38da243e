package check

import "github.com/yuin/gopher-lua/ast"

func (w *walker) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.LocalAssignStmt:
		w.local(s)
	case *ast.AssignStmt:
		for _, target := range s.Lhs {
			w.assign(target)
		}
		w.exprs(s.Rhs)
	case *ast.FuncCallStmt:
		w.expr(s.Expr)
	case *ast.FuncDefStmt:
		w.define(s)
	case *ast.DoBlockStmt:
		w.block(s.Stmts)
	case *ast.WhileStmt:
		w.expr(s.Condition)
		w.block(s.Stmts)
	case *ast.RepeatStmt:
		w.open()
		w.stmts(s.Stmts)
		w.expr(s.Condition) // sees the block's variables
		w.close()
	case *ast.IfStmt:
		w.asked(s.Condition)
		w.expr(s.Condition)
		w.block(s.Then)
		w.block(s.Else)
	case *ast.NumberForStmt, *ast.GenericForStmt:
		w.loop(s)
	case *ast.ReturnStmt:
		w.exprs(s.Exprs)
	case *ast.LabelStmt:
		w.word(s.Name)
	case *ast.GotoStmt:
		w.word(s.Label)
	}
}

// local is a declaration. The compiler lets a function see the variable that it
// is assigned to, also without "local function".
func (w *walker) local(s *ast.LocalAssignStmt) {
	for _, name := range s.Names {
		w.word(name)
	}
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if fn, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			w.declare(s.Names[0], nil)
			w.function(fn)
			return
		}
	}
	values := w.exprs(s.Exprs)
	for i, name := range s.Names {
		var v *value
		if i < len(values) {
			v = values[i]
		}
		w.declare(name, v)
	}
}

// assign is a target of an assignment.
func (w *walker) assign(target ast.Expr) {
	switch t := target.(type) {
	case *ast.IdentExpr:
		w.word(t.Value)
		if l := w.find(t.Value); l != nil {
			w.changed[l.number] = true
		} else {
			w.assigned[t.Value] = true
		}
	case *ast.AttrGetExpr:
		w.assignField(t)
	default:
		w.expr(target)
	}
}

// assignField is an assignment to a field: of a module, or of _G.
func (w *walker) assignField(t *ast.AttrGetExpr) {
	of := first(w.expr(t.Object))
	key, constant := t.Key.(*ast.StringExpr)
	w.expr(t.Key)
	switch {
	case of == nil:
	case of.special == "_G" && constant:
		w.assigned[key.Value] = true
	case of.special == "_G":
		w.dynamic = true
	case of.fields != nil && constant:
		w.assigned[of.name+"."+key.Value] = true
	}
}

// define is "function a.b:c() … end".
func (w *walker) define(s *ast.FuncDefStmt) {
	if s.Name.Method == "" {
		w.assign(s.Name.Func)
		w.function(s.Func)
		return
	}
	of := first(w.expr(s.Name.Receiver))
	w.word(s.Name.Method)
	if of != nil && of.fields != nil {
		w.assigned[of.name+"."+s.Name.Method] = true
	}
	w.open()
	w.declare("self", nil)
	w.function(s.Func)
	w.close()
}

// loop is a for loop, whose variables are new each time.
func (w *walker) loop(s ast.Stmt) {
	var names []string
	var body []ast.Stmt
	switch s := s.(type) {
	case *ast.NumberForStmt:
		w.word(s.Name)
		w.exprs([]ast.Expr{s.Init, s.Limit})
		if s.Step != nil {
			w.expr(s.Step)
		}
		names, body = []string{s.Name}, s.Stmts
	case *ast.GenericForStmt:
		for _, name := range s.Names {
			w.word(name)
		}
		w.exprs(s.Exprs)
		names, body = s.Names, s.Stmts
	}
	w.open()
	for _, name := range names {
		w.declare(name, nil)
	}
	w.stmts(body)
	w.close()
}
