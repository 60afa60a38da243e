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
	eachNode(reflect.ValueOf(&chunk), func(node any) {
		switch loop := node.(type) {
		case *ast.WhileStmt:
			loop.Stmts = withoutJump(loop.Stmts)
		case *ast.RepeatStmt:
			loop.Stmts = withoutJump(loop.Stmts)
		case *ast.NumberForStmt:
			loop.Stmts = withoutJump(loop.Stmts)
		case *ast.GenericForStmt:
			loop.Stmts = withoutJump(loop.Stmts)
		}
	})
}

// withoutJump is the body of a loop that does not begin with a jump.
func withoutJump(body []ast.Stmt) []ast.Stmt {
	if len(body) == 0 || !jumps(body[0]) {
		return body
	}
	return slices.Insert(body, 0, doLocal("(start)", body[0].Line()))
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
