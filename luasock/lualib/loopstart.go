package lualib

import (
	"reflect"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// gopher-lua has a jump to a jump go on at once to where that one goes. When the
// second lies before the first it takes a wrong place for it, so the start of a
// loop's body must not be a jump.

// mendLoops puts a statement that does nothing before loop bodies that begin with
// a jump.
func mendLoops(chunk []ast.Stmt) {
	eachNode(reflect.ValueOf(chunk), func(v reflect.Value) {
		switch v.Interface().(type) {
		case ast.WhileStmt, ast.RepeatStmt, ast.NumberForStmt, ast.GenericForStmt:
			body := v.FieldByName("Stmts")
			if stmts := body.Interface().([]ast.Stmt); len(stmts) > 0 && jumps(stmts[0]) {
				body.Set(reflect.ValueOf(slices.Insert(stmts, 0, doLocal("(start)", stmts[0].Line()))))
			}
		}
	})
}

// jumps tells whether a statement may begin with a jump.
func jumps(stmt ast.Stmt) bool {
	switch stmt := stmt.(type) {
	case *ast.BreakStmt, *ast.GotoStmt, *ast.LabelStmt:
		return true
	case *ast.DoBlockStmt:
		return len(stmt.Stmts) > 0 && jumps(stmt.Stmts[0])
	case *ast.IfStmt:
		return isConstant(stmt.Condition)
	case *ast.WhileStmt:
		return isConstant(stmt.Condition)
	}
	return false
}

// isConstant tells whether an expression, or the first of a logical one, is a
// constant.
func isConstant(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.NilExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.NumberExpr, *ast.StringExpr:
		return true
	case *ast.LogicalOpExpr:
		return isConstant(e.Lhs)
	}
	return false
}
