package luatest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// failure makes a Failure of the error of a Lua call. The limit is for the message
// of one that was ended because it computed too long.
func (f *file) failure(L *lua.LState, err error, limit time.Duration) *Failure {
	var e *luasock.Error
	if !errors.As(err, &e) {
		return &Failure{Kind: KindError, Message: err.Error()}
	}
	failure := &Failure{Kind: KindError, Message: f.message(L, e.Value)}
	frames := f.frames(e.Traceback)
	place := f.place(frames)
	switch _, assertion := assertionOf(e.Value); {
	case assertion:
		failure.Kind = KindAssertion
		// In a coroutine it is not in the traceback.
		if at := lua.LVAsString(e.Value.(*lua.LTable).RawGetString(placeKey)); strings.HasPrefix(at, f.chunk+":") {
			place = at
		}
	case f.guard.tripped.Load() && strings.Contains(failure.Message, errBusy.Error()):
		f.guard.reset()
		if f.halted.Load() {
			failure.Message = "interrupted"
			break
		}
		failure.Kind = KindTimeout
		failure.Message = fmt.Sprintf("over the time limit of %s\n  the test computes without waiting at %s", seconds(limit), place)
	default:
		var rest string
		if place2, text, ok := cutPosition(failure.Message); ok && place == "" {
			place, rest = place2, text
		} else if ok && place2 == place {
			rest = text
		}
		if rest != "" {
			failure.Message = rest
		}
	}
	if e.Task != "" {
		failure.Message = "task " + e.Task + ": " + failure.Message
	}
	f.locate(failure, place)
	if len(frames) > 1 {
		failure.Traceback = strings.Join(frames, "\n")
	}
	return failure
}

// message is an error value as people read it.
func (f *file) message(L *lua.LState, v lua.LValue) string {
	if text, ok := assertionOf(v); ok {
		return text
	}
	if text, ok := bind.Text(v); ok {
		return text
	}
	if L.GetMetaField(v, "__tostring") != lua.LNil {
		if results, err := f.vm.Call(f.vm.L, f.tostring, v); err == nil && len(results) > 0 {
			return lua.LVAsString(results[0])
		}
	}
	return "error with the value " + show(L, v)
}

// position is "file:line: text".
var position = regexp.MustCompile(`^([^\n]*?:\d+): ((?s).*)$`)

func cutPosition(message string) (place, text string, ok bool) {
	m := position.FindStringSubmatch(message)
	if m == nil {
		return "", "", false
	}
	return m[1], m[2], true
}

var frame = regexp.MustCompile(`^\t(.*?:\d+): in `)

// frames are the lines of a traceback that are of Lua code.
func (f *file) frames(traceback string) []string {
	var list []string
	for line := range strings.Lines(traceback) {
		line = strings.TrimSuffix(line, "\n")
		if frame.MatchString(line) {
			list = append(list, strings.TrimPrefix(line, "\t"))
		}
	}
	return list
}

// place is where in a traceback the test file itself was last; of one that it is
// not in, the innermost line.
func (f *file) place(frames []string) string {
	for _, line := range frames {
		if at := frame.FindStringSubmatch("\t" + line)[1]; strings.HasPrefix(at, f.chunk+":") {
			return at
		}
	}
	if len(frames) > 0 {
		return frame.FindStringSubmatch("\t" + frames[0])[1]
	}
	return ""
}

// locate sets where a failure is, from "file:line", with the text of the line.
func (f *file) locate(failure *Failure, place string) {
	i := strings.LastIndexByte(place, ':')
	if i < 0 {
		return
	}
	line, err := strconv.Atoi(place[i+1:])
	if err != nil {
		return
	}
	failure.File, failure.Line = place[:i], line
	if failure.File == f.chunk {
		failure.File = f.name
	}
	failure.Source = f.sourceLine(failure.File, line)
}

// sourceLine is the text of a line, "" when it cannot be had.
func (f *file) sourceLine(name string, line int) string {
	lines, ok := f.sources[name]
	if !ok {
		path := name
		if name == f.name {
			path = f.path
		}
		if text, err := os.ReadFile(filepath.Clean(path)); err == nil {
			lines = strings.Split(string(text), "\n")
		}
		if f.sources == nil {
			f.sources = map[string][]string{}
		}
		f.sources[name] = lines
	}
	if line < 1 || line > len(lines) {
		return ""
	}
	return strings.TrimSpace(lines[line-1])
}
