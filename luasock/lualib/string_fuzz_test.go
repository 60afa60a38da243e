package lualib

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

var quotedText = regexp.MustCompile(`"([^"\\]*)"`)

// FuzzMatch compares find with the plain reference. The seeds are the texts in
// the table of cases.
func FuzzMatch(f *testing.F) {
	for _, c := range patternCases {
		texts := quotedText.FindAllStringSubmatch(c.code, -1)
		for i := range texts {
			f.Add(texts[0][1], texts[i][1])
		}
	}
	for _, seed := range [][2]string{
		{"aaab", "a-a*a?ab"}, {"xaax", "(a*)(%1)x$"}, {"a\x00b", "[%z-b]+()"}, {"]-^", "[^]-]"},
		{"(a(b)", "%b()"}, {"ab ab", "%f[%w](%w+)%f[%W]"}, {"aXb", "^.-X?.*$"}, {"a%b", "[a-%%]"},
	} {
		f.Add(seed[0], seed[1])
	}
	L, _ := newStringState(f)
	f.Fuzz(func(t *testing.T, src, pat string) {
		if len(src) > 200 || len(pat) > 100 {
			return
		}
		want, message := referenceFind(src, pat)
		if message == tooManySteps {
			return
		}
		got, err := callString(L, "find", lua.LString(src), lua.LString(pat))
		if err != string(message) || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("find(%q, %q) = %q %q, the reference says %q %q", src, pat, got, err, want, message)
		}
		callString(L, "gsub", lua.LString(src), lua.LString(pat), lua.LString("<%0%1>"))
	})
}

// FuzzPack packs numbers and texts and reads them back.
func FuzzPack(f *testing.F) {
	orders := []string{"<", ">", "=", "!1<", ">!1 ", "  "}
	for i := range orders {
		f.Add(uint8(i), int64(i-2)<<(8*i), 1.5*float64(i), "text\x00"[:i%6])
	}
	L, _ := newStringState(f)
	f.Fuzz(func(t *testing.T, order uint8, n int64, x float64, s string) {
		if len(s) > 255 || math.IsNaN(x) {
			return
		}
		small := n % (1 << 53)
		format := orders[int(order)%len(orders)] + "b i3 j J d s1 c" + strconv.Itoa(len(s)) + " i16 i8"
		args := []lua.LValue{lua.LNumber(n % 128), lua.LNumber(n % (1 << 23)), lua.LString(strconv.FormatInt(n, 10)),
			lua.LString(strconv.FormatUint(uint64(n), 10)), lua.LNumber(x), lua.LString(s), lua.LString(s),
			lua.LNumber(small), lua.LNumber(small)}
		packed, message := callString(L, "pack", append([]lua.LValue{lua.LString(format)}, args...)...)
		if message != "" {
			t.Fatal(message)
		}
		got, message := callString(L, "unpack", lua.LString(format), lua.LString(packed[0].(string)))
		want := append(goValues(args), len(packed[0].(string))+1)
		if message != "" || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q: %q %q, want %q", format, got, message, want)
		}
	})
}

// FuzzUnpack gives any format and any data.
func FuzzUnpack(f *testing.F) {
	for _, c := range packCases {
		for _, text := range quotedText.FindAllStringSubmatch(c.code, -1) {
			f.Add(text[1], "\x01\x02\x03\x04\x05\x06\x07\x08\x00")
		}
	}
	L, _ := newStringState(f)
	f.Fuzz(func(t *testing.T, format, data string) {
		for _, name := range []string{"unpack", "packsize"} {
			if _, message := callString(L, name, lua.LString(format), lua.LString(data)); strings.Contains(message, "runtime error") {
				t.Errorf("%s(%q, %q): %s", name, format, data, message)
			}
		}
	})
}

// FuzzQuoted loads what %q gives.
func FuzzQuoted(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\"b\\c", "\r\n\x00\x001\t", "\x7f\x80\xff\x1a", "\\\n", "]]--[["} {
		f.Add(seed)
	}
	L, _ := newStringState(f)
	f.Fuzz(func(t *testing.T, s string) {
		quoted, message := callString(L, "format", lua.LString("return %q"), lua.LString(s))
		if message != "" {
			t.Fatal(message)
		}
		fn, err := L.LoadString(quoted[0].(string))
		if err != nil {
			t.Fatalf("%q: %v", quoted[0], err)
		}
		L.Push(fn)
		L.Call(0, 1)
		got := L.Get(-1)
		L.Pop(1)
		if got != lua.LString(s) {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}

// FuzzFormat looks for traces of Go's own formatting, and for panics.
func FuzzFormat(f *testing.F) {
	for _, c := range formatCases {
		for _, text := range quotedText.FindAllStringSubmatch(c.code, -1) {
			f.Add(text[1], 1.5, "text")
		}
	}
	L, _ := newStringState(f)
	f.Fuzz(func(t *testing.T, format string, n float64, s string) {
		if strings.Contains(format, "!") || strings.Contains(s, "!") {
			return
		}
		for _, args := range [][]lua.LValue{
			{lua.LNumber(n), lua.LString(s), lua.LNumber(-n)}, {lua.LString(s), lua.LNumber(n)}, {lua.LNil}, {},
		} {
			got, message := callString(L, "format", append([]lua.LValue{lua.LString(format)}, args...)...)
			if text := fmt.Sprint(got, message); strings.Contains(text, "%!") || strings.Contains(text, "runtime error") {
				t.Errorf("format(%q, %v) = %s", format, args, text)
			}
		}
	})
}

// callString calls a function of the library. It gives its results as Go values
// without nil at the end, or the message that it raises.
func callString(L *lua.LState, name string, args ...lua.LValue) ([]any, string) {
	top := L.GetTop()
	defer L.SetTop(top)
	fn := L.GetField(L.GetGlobal("string"), name)
	if err := L.CallByParam(lua.P{Fn: fn, NRet: lua.MultRet, Protect: true}, args...); err != nil {
		return nil, errorPosition.ReplaceAllString(err.(*lua.ApiError).Object.String(), "")
	}
	var results []lua.LValue
	for i := top + 1; i <= L.GetTop(); i++ {
		results = append(results, L.Get(i))
	}
	return goValues(results), ""
}

func goValues(values []lua.LValue) []any {
	var all []any
	for _, v := range values {
		switch v := v.(type) {
		case lua.LString:
			all = append(all, string(v))
		case lua.LNumber:
			all = append(all, float64(v))
		}
	}
	return all
}
