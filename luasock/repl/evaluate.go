package repl

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

// chunkName is what messages call an entry, as in PUC Lua.
const chunkName = "=stdin"

// entry evaluates what was entered.
func (c *Console) entry(text string) {
	if err := c.history.add(text); err != nil {
		c.fail(fmt.Errorf("the history is not kept: cannot write %s: %s", c.history.path, sock.Reason(err)))
		c.history.path = ""
	}
	trimmed := strings.TrimSpace(text)
	if meant := c.habits()[trimmed]; meant != "" {
		trimmed = meant
	}
	switch {
	case trimmed == "":
	case isCommand(trimmed):
		c.run(func() { c.command(trimmed) })
	default:
		c.run(func() { c.evaluate(text) })
	}
}

// habits are what people enter who know other prompts, and the commands that they
// mean: what Lua gives no value, and help, which would only show itself.
func (c *Console) habits() map[string]string {
	meant := map[string]string{"?": ".help"}
	if c.vm.L.GetGlobal("help") == c.help {
		meant["help"] = ".help"
	}
	for _, word := range []string{"exit", "quit"} {
		if c.vm.L.GetGlobal(word) == lua.LNil {
			meant[word], meant[word+"()"] = ".quit", ".quit"
		}
	}
	return meant
}

// compile makes a function of an entry: an expression, which may have = before it,
// or statements. source is what was compiled.
func (c *Console) compile(text string) (fn *lua.LFunction, source string, err error) {
	if expr, ok := strings.CutPrefix(strings.TrimSpace(text), "="); ok {
		source = "return " + expr
		fn, err = c.vm.Load([]byte(source), chunkName)
		return fn, source, err
	}
	fn, exprErr := c.vm.Load([]byte("return "+text), chunkName)
	if exprErr == nil {
		return fn, "return " + text, nil
	}
	fn, err = c.vm.Load([]byte(text), chunkName)
	if err != nil && unfinished(exprErr) {
		err = exprErr
	}
	return fn, text, err
}

// unfinished tells whether more text could make the source complete.
func unfinished(err error) bool {
	var bad *luasock.SyntaxError
	return errors.As(err, &bad) && bad.Token == "<eof>"
}

// whole implements questions. When the VM is too busy to answer, the entry waits
// for it anyway.
func (c *Console) whole(text string) bool {
	trimmed := strings.TrimSpace(text)
	if trimmed == "" || isCommand(trimmed) {
		return true
	}
	return !c.asked(false, func() bool {
		_, _, err := c.compile(text)
		return unfinished(err)
	})
}

// asked has the VM's goroutine answer, or gives otherwise when it is busy.
func (c *Console) asked(otherwise bool, question func() bool) bool {
	answer := make(chan bool, 1)
	if !c.vm.Post(func() { answer <- question() }) {
		return otherwise
	}
	select {
	case a := <-answer:
		return a
	case <-time.After(time.Second):
		return otherwise
	}
}

// complete implements questions.
func (c *Console) complete(text string) (from int, words []string) {
	if strings.HasPrefix(strings.TrimLeft(text, " "), ".") {
		if from, words, ok := completeCommand(text); ok {
			return from, words
		}
	}
	type found struct {
		from  int
		words []string
	}
	answer := make(chan found, 1)
	c.vm.Post(func() {
		from, words := c.names.complete(text)
		answer <- found{from, words}
	})
	select {
	case f := <-answer:
		return f.from, f.words
	case <-time.After(time.Second):
		return len(text), nil
	}
}

// sign implements questions.
func (c *Console) sign(call string, tell func(string)) {
	c.vm.Post(func() { tell(c.names.signature(call)) })
}

// evaluate runs an entry and shows its values.
func (c *Console) evaluate(text string) {
	fn, source, err := c.compile(text)
	if err != nil {
		c.fail(sourceError(err, source))
		return
	}
	results, ok := c.call(fn)
	if !ok {
		return
	}
	c.remember(text, results)
	c.results(results)
}

// call calls a function and shows the error that it raised.
func (c *Console) call(fn lua.LValue, args ...lua.LValue) (results []lua.LValue, ok bool) {
	results, err := c.vm.Call(c.vm.L, fn, args...)
	if err != nil {
		c.fail(err)
		return nil, false
	}
	return results, true
}

// results shows the values of an entry and keeps the first as _.
func (c *Console) results(values []lua.LValue) {
	if len(values) > 0 {
		if values[0] != lua.LNil {
			c.keep(values[0])
		}
		if text := c.printed(values); text != "" {
			c.show.endLine()
			fmt.Fprintln(c.show, text)
		}
	}
	c.notice()
}

// keep binds a value to _. A socket or stream is the one that commands are about
// from now on.
func (c *Console) keep(v lua.LValue) {
	c.vm.L.SetGlobal("_", v)
	if ud, ok := v.(*lua.LUserData); ok && isConnection(ud) {
		c.about(ud)
		if s := socketOf(ud); s != nil {
			c.seen[s.ID()] = true
		}
	}
}

func (c *Console) printed(values []lua.LValue) string {
	if text, ok := values[0].(lua.LString); ok && len(values) == 1 && c.helped != "" && string(text) == c.helped {
		return c.helped
	}
	return c.printer().results(values)
}

func (c *Console) printer() *printer {
	return &printer{names: c.names, color: c.color, text: c.textOf}
}

// textOf is what __tostring of a value gives.
func (c *Console) textOf(v lua.LValue) (string, bool) {
	fn := c.vm.L.GetMetaField(v, "__tostring")
	if fn == lua.LNil {
		return "", false
	}
	results, err := c.vm.Call(c.vm.L, fn, v)
	if err != nil || len(results) == 0 {
		return "", false
	}
	return bind.Text(results[0])
}

func (c *Console) paint(color, text string) string { return painted(c.color, color, text) }

// fail shows an error: a wrong syntax with its place, an error of Lua with its
// traceback if that tells more than the entry's own line.
func (c *Console) fail(err error) {
	c.show.endLine()
	var bad *SourceError
	var raised *luasock.Error
	switch {
	case errors.As(err, &bad):
		fmt.Fprintln(c.show, c.paint(failing, bad.Show([]byte(bad.Source))))
	case errors.As(err, &raised) && raised.Value == bind.Kill:
	case errors.As(err, &raised):
		c.failed(raised)
	default:
		fmt.Fprintln(c.show, c.paint(failing, err.Error()))
	}
}

func (c *Console) failed(e *luasock.Error) {
	text := e.Error()
	switch e.Value.(type) {
	case lua.LString, lua.LNumber:
	default:
		if own, ok := c.textOf(e.Value); ok {
			text = own
		} else {
			text += ": " + c.printer().value(e.Value)
		}
	}
	fmt.Fprintln(c.show, c.paint(failing, text))
	if strings.Contains(e.Traceback, "in function <") || strings.Count(e.Traceback, "\n") > 3 {
		fmt.Fprintln(c.show, c.paint(faint, e.Traceback))
	}
}

func sourceError(err error, source string) error {
	var bad *luasock.SyntaxError
	if errors.As(err, &bad) {
		return &SourceError{bad, source}
	}
	return err
}

// runFile runs a file's Lua.
func (c *Console) runFile(path string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("cannot read %s: %s", path, sock.Reason(err))
	}
	fn, err := c.vm.Load(source, "@"+path)
	if err != nil {
		return sourceError(err, string(source))
	}
	_, err = c.vm.Call(c.vm.L, fn)
	return err
}
