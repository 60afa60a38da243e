package luatest

import (
	"os"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// command is the argument of test.process.
type command struct {
	argv    []string
	ready   []readiness
	timeout time.Duration
	env     []string
	cwd     string
}

// commandArg reads argument i.
func commandArg(c bind.Call, i int) command {
	const patience = 8 * time.Second // less than a test has
	t, f := c.Table(i), c.Fields(i)
	cmd := command{timeout: patience}
	t.ForEach(func(k, v lua.LValue) {
		switch key := k.(type) {
		case lua.LNumber:
			if n, ok := bind.Whole(key); ok && n >= 1 && n <= t.Len() {
				return
			}
			c.Bad(i, "command has a hole before [%s]", bind.NumberText(key))
		case lua.LString:
			switch key {
			case "ready", "timeout", "env", "cwd":
				return
			}
		}
		c.Bad(i, "command has an unknown key %s; valid are ready, timeout, env, cwd", bind.Describe(k))
	})
	for k := 1; k <= t.Len(); k++ {
		arg, ok := bind.Text(t.RawGetInt(k))
		if !ok || strings.Contains(arg, "\x00") {
			c.Bad(i, "command[%d] must be a string without NUL bytes, got %s", k, bind.Describe(t.RawGetInt(k)))
		}
		cmd.argv = append(cmd.argv, arg)
	}
	if len(cmd.argv) == 0 || cmd.argv[0] == "" {
		c.Bad(i, "command must name a program: {\"program\", \"arg\", …}")
	}
	if f.Has("timeout") {
		cmd.timeout = secondsOf(f, "timeout")
	}
	cmd.cwd = f.OptBytes("cwd", "")
	cmd.env = envOf(f)
	if v := f.Get("ready"); v != lua.LNil {
		cmd.ready = readinessOf(f, v)
	}
	return cmd
}

// envOf is the environment of the script with the key env's names on top; false
// takes one out.
func envOf(f bind.Fields) []string {
	env := os.Environ()
	if !f.Has("env") {
		return env
	}
	f.Sub("env").Table().ForEach(func(k, v lua.LValue) {
		name, isText := k.(lua.LString)
		value, ok := bind.Text(v)
		if !isText || name == "" || strings.ContainsAny(string(name), "=\x00") || !ok && v != lua.LFalse || strings.Contains(value, "\x00") {
			f.Bad("env", "must have names with texts, or false for none, got %s = %s", lua.LVAsString(k), bind.Describe(v))
		}
		kept := env[:0:0]
		for _, entry := range env {
			if !strings.HasPrefix(entry, string(name)+"=") {
				kept = append(kept, entry)
			}
		}
		if env = kept; ok {
			env = append(env, string(name)+"="+value)
		}
	})
	return env
}
