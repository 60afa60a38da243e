package lualib

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// gopher-lua compiles an assignment to local variables so that each expression
// writes its variable at once. Where another expression is still to read it, and
// with some expressions even of an assignment to one variable, the result is
// wrong: a, b = b, a (its issue 440), a = t.x and 1, a = (f()). So are variables
// and fields side by side. Such an assignment is compiled as
//
//	do local t1, t2 = b, a; b = t2; a = t1 end
//
// which is what the manual says of it (2.4.3), and in Lua 5.1's order: first all
// expressions are evaluated, then the assignments performed, the last one first.

// mendAssignments rewrites what would be compiled wrongly, in all blocks below.
func mendAssignments(chunk []ast.Stmt) {
	eachNode(reflect.ValueOf(&chunk), func(node any) {
		block, ok := node.(*[]ast.Stmt)
		if !ok {
			return
		}
		for i, stmt := range *block {
			if a, ok := stmt.(*ast.AssignStmt); ok {
				(*block)[i] = mendAssignment(a)
			}
		}
	})
}

func mendAssignment(a *ast.AssignStmt) ast.Stmt {
	if len(a.Lhs) > 1 || len(a.Rhs) > 1 {
		return mendMultiple(a)
	}
	switch value := a.Rhs[0].(type) {
	case *ast.FuncCallExpr:
		value.AdjustRet = false // there is but one variable anyway
	case *ast.Comma3Expr:
		value.AdjustRet = false
	case *ast.LogicalOpExpr:
		if _, ok := a.Lhs[0].(*ast.IdentExpr); ok && hasAnd(value) {
			return evaluatedFirst(a)
		}
	}
	return a
}

// hasAnd tells whether the value of a logical expression may be that of an and.
func hasAnd(e ast.Expr) bool {
	logical, ok := e.(*ast.LogicalOpExpr)
	return ok && (logical.Operator == "and" || hasAnd(logical.Lhs) || hasAnd(logical.Rhs))
}

func mendMultiple(a *ast.AssignStmt) ast.Stmt {
	names := assigned(a)
	simple := len(names) == len(a.Lhs)
	for i, name := range names {
		simple = simple && !slices.Contains(names[i+1:], name)
	}
	for i, value := range a.Rhs {
		open := i == len(a.Rhs)-1 && isOpen(value)
		simple = simple && (isPlain(value) || open && i == 0) && !isOneOf(value, names)
	}
	if simple {
		return a
	}
	return evaluatedFirst(a)
}

// assigned are the names of the variables that an assignment assigns to.
func assigned(a *ast.AssignStmt) (names []string) {
	for _, target := range a.Lhs {
		if name, ok := target.(*ast.IdentExpr); ok {
			names = append(names, name.Value)
		}
	}
	return names
}

// isOneOf tells whether an expression is a variable with one of these names.
func isOneOf(e ast.Expr, names []string) bool {
	name, ok := e.(*ast.IdentExpr)
	return ok && slices.Contains(names, name.Value)
}

// isOpen tells whether an expression may have several values.
func isOpen(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// isPlain tells of a constant, a variable or a function.
func isPlain(e ast.Expr) bool {
	switch e.(type) {
	case *ast.NilExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NumberExpr, *ast.StringExpr, *ast.IdentExpr, *ast.FunctionExpr:
		return true
	}
	return false
}

// evaluatedFirst is the assignment in several statements.
func evaluatedFirst(a *ast.AssignStmt) ast.Stmt {
	values := &ast.LocalAssignStmt{}
	keep := func(e ast.Expr) ast.Expr {
		name := fmt.Sprintf("(%d)", len(values.Names)+1) // no name that source can have
		values.Names = append(values.Names, name)
		if e != nil {
			values.Exprs = append(values.Exprs, e)
		}
		kept := &ast.IdentExpr{Value: name}
		kept.SetLine(a.Line())
		return kept
	}
	names := assigned(a)
	fields := len(a.Lhs) - len(names)
	for _, target := range a.Lhs {
		if t, ok := target.(*ast.AttrGetExpr); ok {
			for _, part := range []*ast.Expr{&t.Object, &t.Key} {
				if !isPlain(*part) && fields > 1 || mayChange(*part, names) {
					*part = keep(*part)
				}
			}
		}
	}
	block := &ast.DoBlockStmt{Stmts: []ast.Stmt{values}}
	for i, target := range a.Lhs {
		var value ast.Expr
		if i < len(a.Rhs) {
			value = a.Rhs[i]
		}
		assign := &ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{keep(value)}}
		block.Stmts = append(block.Stmts, assign)
	}
	slices.Reverse(block.Stmts[1:])
	if len(a.Rhs) > len(a.Lhs) {
		values.Exprs = append(values.Exprs, a.Rhs[len(a.Lhs):]...)
	}
	for _, stmt := range append(block.Stmts, block) {
		stmt.SetLine(a.Line())
		stmt.SetLastLine(a.LastLine())
	}
	return block
}

// mayChange tells whether an expression reads one of the variables, or calls a
// function.
func mayChange(e ast.Expr, names []string) (may bool) {
	eachNode(reflect.ValueOf(&e), func(node any) {
		switch node := node.(type) {
		case *ast.FuncCallExpr:
			may = true
		case *ast.IdentExpr:
			may = may || slices.Contains(names, node.Value)
		}
	})
	return may
}
