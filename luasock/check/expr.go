package check

import "github.com/yuin/gopher-lua/ast"

// exprs are expressions in a list: the last one gives all of its values.
func (w *walker) exprs(list []ast.Expr) (values []*value) {
	for i, e := range list {
		v := w.expr(e)
		if i < len(list)-1 {
			v = []*value{first(v)}
		}
		values = append(values, v...)
	}
	return values
}

func first(values []*value) *value {
	if len(values) == 0 {
		return nil
	}
	return values[0]
}

// expr goes through an expression and gives what is known of its values.
func (w *walker) expr(e ast.Expr) []*value {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return []*value{w.name(e)}
	case *ast.StringExpr:
		w.word(e.Value)
		return []*value{w.known.text}
	case *ast.AttrGetExpr:
		return []*value{w.field(e)}
	case *ast.FuncCallExpr:
		return w.call(e)
	case *ast.FunctionExpr:
		w.function(e)
	case *ast.TableExpr:
		w.table(e)
	case *ast.LogicalOpExpr:
		w.logical(e)
	case *ast.RelationalOpExpr:
		w.relational(e)
	case *ast.StringConcatOpExpr:
		w.exprs([]ast.Expr{e.Lhs, e.Rhs})
	case *ast.ArithmeticOpExpr:
		w.exprs([]ast.Expr{e.Lhs, e.Rhs})
	case *ast.UnaryMinusOpExpr:
		w.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		w.asked(e.Expr)
		w.expr(e.Expr)
	case *ast.UnaryLenOpExpr:
		w.expr(e.Expr)
	}
	return nil
}

// name is a variable that is read.
func (w *walker) name(e *ast.IdentExpr) *value {
	at := w.word(e.Value)
	if l := w.find(e.Value); l != nil {
		return l.value
	}
	w.use(use{name: e.Value, at: at})
	if w.assigned[e.Value] {
		return nil
	}
	return w.global(e.Value)
}

// global is what is known of a global variable.
func (w *walker) global(name string) *value {
	if w.isTest && name == "test" {
		return w.known.modules[name]
	}
	return w.known.globals[name]
}

// use notes a name that is read.
func (w *walker) use(u use) {
	u.scope = w.scope
	w.uses = append(w.uses, u)
	w.reads[u.key()]++
}

// field is "a.b" or "a[b]" that is read.
func (w *walker) field(e *ast.AttrGetExpr) *value {
	of := first(w.expr(e.Object))
	key, constant := e.Key.(*ast.StringExpr)
	if !constant {
		w.expr(e.Key)
		return nil
	}
	return w.member(of, key.Value)
}

// member is what a value has under a name, which is the next word.
func (w *walker) member(of *value, name string) *value {
	at := w.word(name)
	if of == nil || of.fields == nil {
		return nil
	}
	if !of.has(name) {
		w.use(use{name: name, of: of, at: at})
		return nil
	}
	if w.assigned[of.name+"."+name] {
		return nil
	}
	return of.fields[name]
}

// call is a call of a function or method.
func (w *walker) call(e *ast.FuncCallExpr) []*value {
	var fn *value
	if e.Func != nil {
		fn = first(w.expr(e.Func))
	} else {
		fn = w.member(first(w.expr(e.Receiver)), e.Method)
	}
	args := w.exprs(e.Args)
	switch {
	case fn == nil:
		return nil
	case fn.special != "":
		return w.special(fn.special, e.Args, args)
	case fn == w.known.php:
		w.php = true
	}
	return fn.results
}

// special is a call of a function that this package knows.
func (w *walker) special(name string, args []ast.Expr, values []*value) []*value {
	literal := func(i int) string {
		if i < len(args) {
			if s, ok := args[i].(*ast.StringExpr); ok {
				return s.Value
			}
		}
		return ""
	}
	global := len(values) > 0 && values[0] != nil && values[0].special == "_G"
	switch name {
	case "assert":
		return values
	case "require":
		return []*value{w.known.modules[literal(0)]}
	case "type":
		for _, arg := range args {
			w.compared[w.key(arg)] = true
		}
	case "setmetatable":
		w.environment = w.environment || global
		return values[:min(1, len(values))]
	case "setfenv":
		w.environment = true
	case "rawset":
		if key := literal(1); global && key != "" {
			w.assigned[key] = true
		} else {
			w.dynamic = w.dynamic || global
		}
	}
	return nil
}

func (w *walker) function(e *ast.FunctionExpr) {
	w.open()
	for _, name := range e.ParList.Names {
		w.word(name)
		w.declare(name, nil)
	}
	w.stmts(e.Stmts)
	w.close()
}

func (w *walker) table(e *ast.TableExpr) {
	for _, f := range e.Fields {
		if f.Key != nil {
			w.expr(f.Key)
		}
		w.expr(f.Value)
	}
}

// logical is "and" or "or". What stands before "or" may be missing.
func (w *walker) logical(e *ast.LogicalOpExpr) {
	if e.Operator == "or" {
		w.compared[w.key(e.Lhs)] = true
	}
	w.asked(e.Lhs)
	w.exprs([]ast.Expr{e.Lhs, e.Rhs})
}

// relational is a comparison. What is compared with nil may be missing.
func (w *walker) relational(e *ast.RelationalOpExpr) {
	if _, ok := e.Rhs.(*ast.NilExpr); ok {
		w.compared[w.key(e.Lhs)] = true
	}
	if _, ok := e.Lhs.(*ast.NilExpr); ok {
		w.compared[w.key(e.Rhs)] = true
	}
	w.exprs([]ast.Expr{e.Lhs, e.Rhs})
}

// asked notes that it is asked whether an expression is true.
func (w *walker) asked(e ast.Expr) {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		w.asked(e.Lhs)
		w.asked(e.Rhs)
	case *ast.UnaryNotOpExpr:
		w.asked(e.Expr)
	default:
		w.truth[w.key(e)] = true
	}
}

// key is the key of a global, or of a field of a module, without going through
// the expression; "" for anything else.
func (w *walker) key(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.IdentExpr:
		if w.find(e.Value) == nil {
			return e.Value
		}
	case *ast.AttrGetExpr:
		key, ok := e.Key.(*ast.StringExpr)
		if of := w.peek(e.Object); ok && of != nil && of.fields != nil {
			return of.name + "." + key.Value
		}
	}
	return ""
}

// peek is the value of a variable.
func (w *walker) peek(e ast.Expr) *value {
	id, ok := e.(*ast.IdentExpr)
	if !ok {
		return nil
	}
	if l := w.find(id.Value); l != nil {
		return l.value
	}
	return w.global(id.Value)
}
