package repl

import (
	"fmt"
	"os"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

// session is what was entered and succeeded, as a script.
type session struct{ steps []step }

type step struct {
	source  string
	current string // an expression for the connection that became the current one; "" for none
	uses    bool   // the source says connection for the current one
}

func (s *session) add(source string) {
	s.steps = append(s.steps, step{source: source, uses: strings.Contains(source, currentName)})
}

// current notes which connection the last step has made the current one.
func (s *session) current(expr string) {
	if len(s.steps) > 0 {
		s.steps[len(s.steps)-1].current = expr
	}
}

// use adds a step that is about the current connection.
func (s *session) use(source string) { s.steps = append(s.steps, step{source: source, uses: true}) }

// script is the session as Lua that runs. check tells whether a piece is Lua.
func (s *session) script() string {
	var b strings.Builder
	b.WriteString("-- a session of sockscript\n")
	for i, step := range s.steps {
		b.WriteString(step.source + "\n")
		if step.current != "" && s.used(i+1) {
			b.WriteString(currentName + " = " + step.current + "\n")
		}
	}
	return b.String()
}

// used tells whether a step from i on is about the connection that is the current
// one before it.
func (s *session) used(i int) bool {
	for _, step := range s.steps[i:] {
		if step.uses {
			return true
		}
		if step.current != "" {
			return false
		}
	}
	return false
}

// remember adds an entry that has succeeded to the session.
func (c *Console) remember(text string, results []lua.LValue) {
	text = strings.TrimSpace(text)
	expr, isExpr := strings.CutPrefix(text, "=")
	if !isExpr {
		expr, isExpr = strings.CutPrefix(text, "return ")
	}
	if !isExpr {
		_, err := c.vm.Load([]byte("return "+text), chunkName)
		isExpr = err == nil
	}
	kept := len(results) > 0 && results[0] != lua.LNil // as _
	switch {
	case isExpr && !kept && c.isStatement(expr):
		c.session.add(expr)
	case isExpr:
		c.session.add("_ = " + strings.TrimSuffix(strings.TrimSpace(expr), ";"))
	case strings.Contains(text, "local") || strings.Contains(text, "return"):
		c.session.add("do\n" + text + "\nend") // its locals end with it
	default:
		c.session.add(text)
	}
	if ud, ok := first(results).(*lua.LUserData); ok && isConnection(ud) {
		c.session.current("_")
	}
}

func first(values []lua.LValue) lua.LValue {
	if len(values) == 0 {
		return lua.LNil
	}
	return values[0]
}

func (c *Console) isStatement(text string) bool {
	_, err := c.vm.Load([]byte(text), chunkName)
	return err == nil
}

// save writes the session to a file.
func (c *Console) save(path string) error {
	script := c.session.script()
	if _, err := c.vm.Load([]byte(script), "@"+path); err != nil {
		return sourceError(err, script)
	}
	if err := os.WriteFile(path, []byte(script), 0o666); err != nil {
		return fmt.Errorf("cannot write %s: %s", path, sock.Reason(err))
	}
	fmt.Fprintf(c.show, "%s in %s\n", plural(len(c.session.steps), "entry"), path)
	return nil
}

// helpRow is help as the prompt has it: what it returns prints as it is.
func (c *Console) helpRow() *bind.Row {
	return &bind.Row{
		Name: "help", Sig: "help([what])",
		Doc: "Returns the description of a function, or of a name such as \"socket.bind\", \"Task:join\" or \"socket\".",
		Fn: func(call bind.Call) int {
			text, ok := c.vm.Help(call.Arg(1))
			if !ok {
				call.Bad(1, "%s", c.vm.NoHelp(call.Arg(1)))
			}
			if call.Arg(1) == lua.LNil {
				text += "\n.help tells how the prompt is used."
			}
			c.helped = text
			return call.Text(text)
		},
	}
}
