package lualib

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/ncruces/go-strftime"
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

func openOS(m *machine, L *lua.LState) {
	m.global(L, &bind.Module{
		Name: "os",
		Doc:  "Time, files by name, processes.",
		Rows: []bind.Row{
			{Name: "clock", Sig: "clock()", Returns: "number", Doc: "The CPU time that the process has used, in seconds.", Fn: osClock},
			{Name: "date", Sig: `date([format="%c" [, time]])`, Returns: "string|table", Doc: `The time as text, as strftime does; as a table for "*t"; "!" before it means UTC.`, Fn: osDate},
			{Name: "difftime", Sig: "difftime(later, earlier)", Returns: "number", Doc: "The seconds between two times.", Fn: osDifftime},
			{Name: "execute", Sig: "execute([command])", Returns: "integer", Doc: "Runs a command in the shell: its wait status. Without one: whether there is a shell, 1 or 0.", Fn: m.osExecute},
			{Name: "exit", Sig: "exit([code=0])", Returns: "nothing", Doc: "Ends the program.", Fn: m.osExit},
			{Name: "getenv", Sig: "getenv(name)", Returns: "string?", Doc: "A variable of the environment; nil if it is not set.", Fn: osGetenv},
			{Name: "remove", Sig: "remove(name)", Returns: "boolean or error", Doc: "Removes a file or empty directory.", Fn: m.osRemove},
			{Name: "rename", Sig: "rename(from, to)", Returns: "boolean or error", Doc: "Renames a file.", Fn: m.osRename},
			{Name: "setlocale", Sig: "setlocale([locale [, category]])", Returns: "string?", Doc: `The locale, which is always "C"; nil for any other.`, Fn: osSetlocale},
			{Name: "time", Sig: "time([t])", Returns: "integer", Doc: "The seconds since 1970, now or at the local time that t says.", Fn: osTime},
			{Name: "tmpname", Sig: "tmpname()", Returns: "string", Doc: "The name of a new empty file.", Fn: m.osTmpname},
		},
	})
}

func osClock(c bind.Call) int {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return c.Return(lua.LNumber(-1))
	}
	used := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	return c.Return(lua.LNumber(used.Seconds()))
}

func osDate(c bind.Call) int {
	format := optString(c, 1, "%c")
	at := time.Now()
	if c.Has(2) {
		at = time.Unix(int64(checkInt(c, 2)), 0)
	}
	if rest, ok := strings.CutPrefix(format, "!"); ok {
		at, format = at.UTC(), rest
	}
	if strings.HasPrefix(format, "*t") {
		return c.Return(dateTable(c.L, at))
	}
	text := strftime.Format(format, at)
	if at.Location() == time.UTC && strings.Contains(format, "%Z") {
		text = strftime.Format(strings.ReplaceAll(format, "%Z", "GMT"), at) // as the C library calls it
	}
	return c.Text(text)
}

func dateTable(L *lua.LState, at time.Time) *lua.LTable {
	t := L.CreateTable(0, 9)
	for name, n := range map[string]int{
		"year": at.Year(), "month": int(at.Month()), "day": at.Day(), "hour": at.Hour(), "min": at.Minute(),
		"sec": at.Second(), "wday": int(at.Weekday()) + 1, "yday": at.YearDay(),
	} {
		t.RawSetString(name, lua.LNumber(n))
	}
	t.RawSetString("isdst", lua.LBool(at.IsDST()))
	return t
}

func osTime(c bind.Call) int {
	if !c.Has(1) {
		return c.Return(lua.LNumber(time.Now().Unix()))
	}
	t := checkTable(c, 1)
	field := func(name string, def int) int {
		n, ok := toNumber(t.RawGetString(name))
		if !ok && def < 0 {
			c.Raise("field '%s' missing in date table", name)
		}
		if !ok {
			return def
		}
		return clampInt(n)
	}
	sec, min, hour := field("sec", 0), field("min", 0), field("hour", 12)
	day, month, year := field("day", -1), field("month", -1), field("year", -1)
	at := time.Date(year, time.Month(month), day, hour, min, sec, 0, time.Local)
	if dst, ok := t.RawGetString("isdst").(lua.LBool); ok && bool(dst) && !at.IsDST() {
		at = at.Add(-time.Hour) // the clock that t was read from was ahead
	}
	return c.Return(lua.LNumber(at.Unix()))
}

func osDifftime(c bind.Call) int {
	later := checkNumber(c, 1)
	if c.Has(2) {
		later -= checkNumber(c, 2)
	}
	return c.Return(lua.LNumber(later))
}

func (m *machine) osExecute(c bind.Call) int {
	if !c.Has(1) {
		return c.Integer(1)
	}
	cmd := m.command(checkString(c, 1))
	var err error
	m.await(c.L, func() { err = cmd.Run() })
	return c.Integer(waitStatus(cmd, err))
}

// command is one for the shell.
func (m *machine) command(text string) *exec.Cmd {
	cmd := exec.Command("/bin/sh", "-c", text)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if m.o.Command != nil {
		m.o.Command(cmd)
	}
	return cmd
}

// waitStatus is the status that wait(2) gave, -1 when nothing ran.
func waitStatus(cmd *exec.Cmd, err error) int {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || cmd.ProcessState == nil {
		return -1
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok {
		return int(status)
	}
	return cmd.ProcessState.ExitCode()
}

func (m *machine) osExit(c bind.Call) int {
	code := 0
	switch v := c.Arg(1).(type) {
	case *lua.LNilType:
	case lua.LBool:
		if !v {
			code = 1
		}
	default:
		code = checkInt(c, 1)
	}
	if m.o.Exit != nil {
		m.o.Exit(c.L, code)
		return 0
	}
	os.Exit(code)
	return 0
}

func osGetenv(c bind.Call) int {
	value, ok := os.LookupEnv(checkString(c, 1))
	if !ok {
		return c.Return(lua.LNil)
	}
	return c.Text(value)
}

func (m *machine) osRemove(c bind.Call) int {
	name := checkString(c, 1)
	if err := os.Remove(name); err != nil {
		return m.fail(c, name, err)
	}
	return c.True()
}

func (m *machine) osRename(c bind.Call) int {
	from := checkString(c, 1)
	if err := os.Rename(from, checkString(c, 2)); err != nil {
		return m.fail(c, from, err)
	}
	return c.True()
}

func osSetlocale(c bind.Call) int {
	switch optString(c, 1, "C") {
	case "C", "POSIX", "":
		return c.Text("C")
	}
	return c.Return(lua.LNil)
}

func (m *machine) osTmpname(c bind.Call) int {
	f, err := os.CreateTemp("", "lua_")
	if err != nil {
		c.Raise("unable to generate a unique filename")
	}
	f.Close()
	return c.Text(f.Name())
}
