package lualib

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

func TestJSONEncode(t *testing.T) {
	dataCases(t, []dataCase{
		{"json.encode(true), json.encode(json.null)", `"true", "null"`},
		{"json.encode(1), json.encode(-1.5), json.encode(0.1), json.encode(2^53), json.encode(1e300), json.encode(1e-7)",
			`"1", "-1.5", "0.1", "9007199254740992", "1e+300", "1e-07"`},
		{"json.encode(1/3), json.encode(-0)", `"0.3333333333333333", "-0"`},
		{"json.encode(-2^53), json.encode(2^53-1), json.encode(1e20), json.encode(1e21)",
			`"-9007199254740992", "9007199254740991", "100000000000000000000", "1e+21"`},
		{`json.encode('a"b\\c/\n\0\127\255ä')`, `"\"a\\\"b\\\\c/\\n\\u0000` + "\\x7f\\xffä" + `\""`},
		{"json.encode{}, json.encode(json.array{}), json.encode(json.array())", `"{}", "[]", "[]"`},
		{"json.encode{1, 'b', {c = false}}", `"[1,\"b\",{\"c\":false}]"`},
		{"json.encode{b = 1, a = 2, ['10'] = 3, ['9'] = 4}", `"{\"10\":3,\"9\":4,\"a\":2,\"b\":1}"`},
		{"json.encode({a = {1, 2}, b = {}}, {indent = '  '})", `"{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}"`},
		{"json.encode({1}, {indent = ''}), json.encode({1}, {}), json.encode({1}, nil)", `"[1]", "[1]", "[1]"`},
		{"(function() local t = {1, 2, x = 3} t.x = nil t[2] = nil return json.encode(t) end)()", `"[1]"`},
		{"(function() local t = {} return json.encode{t, t} end)()", `"[{},{}]"`},
		{"json.encode(json.array(json.array{1}))", `"[1]"`},
		{"tostring(json.null), json.null == json.decode('null'), require('json') == json", `"null", true, true`},

		{"json.encode()", "raises: bad argument #1 to 'encode' (value is nil; the null of JSON is json.null)"},
		{"json.encode{users = {1, 2, {f = print}}}", "raises: bad argument #1 to 'encode' (value.users[3].f is a function, which JSON cannot hold)"},
		{"json.encode{['a b'] = {[''] = coroutine.create(print)}}", `raises: bad argument #1 to 'encode' (value["a b"][""] is a thread, which JSON cannot hold)`},
		{"json.encode{0/0}", "raises: bad argument #1 to 'encode' (value[1] is -nan, which JSON cannot hold)"},
		{"json.encode{x = -1/0}", "raises: bad argument #1 to 'encode' (value.x is -inf, which JSON cannot hold)"},
		{"(function() local t = {a = {}} t.a.b = {t.a} return json.encode(t) end)()",
			"raises: bad argument #1 to 'encode' (value.a.b[1] is value.a again, a cycle)"},
		{"(function() local t = {} t[1] = t return json.encode(t) end)()",
			"raises: bad argument #1 to 'encode' (value[1] is value again, a cycle)"},
		{"json.encode{1, x = 2}", `raises: bad argument #1 to 'encode' (value has list items and also the key "x")`},
		{"json.encode{y = {1, [1.5] = 2}}", "raises: bad argument #1 to 'encode' (value.y has list items and also the key 1.5)"},
		{"json.encode{[true] = 2}", "raises: bad argument #1 to 'encode' (value has the key true; keys must be strings, or 1 to n for a list)"},
		{"json.encode{1, nil, 3}", "raises: bad argument #1 to 'encode' (value is a list of 3 with a hole at 2)"},
		{"json.encode{[0] = 1}", "raises: bad argument #1 to 'encode' (value has the key 0; keys must be strings, or 1 to n for a list)"},
		{"json.encode(json.array{x = 1})", `raises: bad argument #1 to 'encode' (value is an array, but has the key "x")`},
		{"json.encode({}, {indnt = '  '})", `raises: bad argument #2 to 'encode' (options has an unknown key "indnt"; did you mean "indent"? valid are indent)`},
		{"json.encode({}, {indent = 'xy'})", `raises: bad argument #2 to 'encode' (options.indent must be spaces or tabs, got "xy")`},
		{"json.encode({}, {indent = 2})", `raises: bad argument #2 to 'encode' (options.indent must be a string, got 2)`},
		{"json.encode({}, 2)", `raises: bad argument #2 to 'encode' (options must be a table, got 2)`},
		{"json.array(2)", `raises: bad argument #1 to 'array' (t must be a table, got 2)`},
		{"json.array(setmetatable({}, {}))", `raises: bad argument #1 to 'array' (t must have no metatable of its own, which is where the mark goes)`},
	})
}

// decodeCases are texts and what comes of them: the value encoded again, or
// the message. The fuzz tests start from them.
var decodeCases = []dataCase{
	{`null`, "null"}, {` true `, "true"}, {"\t\r\nfalse\n", "false"},
	{`0`, "0"}, {`-0`, "-0"}, {`-12.5e2`, "-1250"}, {`1E3`, "1000"}, {`0.000001`, "0.000001"}, {`1e-400`, "0"},
	{`9007199254740993`, "9007199254740992"}, {`12345678901234567890`, "12345678901234567000"},
	{`""`, `""`}, {`"a\"\\\/\b\f\n\r\t"`, `"a\"\\/\b\f\n\r\t"`}, {`"\u00e4\u20AC\u0000"`, `"ä€\u0000"`},
	{`"\ud83d\ude00"`, `"😀"`}, {`"\ud83d"`, "\"\uFFFD\""}, {`"\ude00\ud83d\ude00x"`, "\"\uFFFD😀x\""}, {`"\ud83d\u0041"`, "\"\uFFFDA\""},
	{"\"\xff\xfe\"", "\"\xff\xfe\""}, {"\"\\n\xff\"", "\"\\n\xff\""},
	{`[]`, "[]"}, {`{}`, "{}"}, {`[[],{},[{}]]`, "[[],{},[{}]]"}, {"[ 1 , 2,\n3 ]", "[1,2,3]"}, {`[null,null]`, "[null,null]"},
	{`{"b":1,"a":{"x":[1]}}`, `{"a":{"x":[1]},"b":1}`}, {`{"a":1,"a":2}`, `{"a":2}`}, {`{"":null}`, `{"":null}`},
	{"{ \"\\u0061\" :\n1 , \"b\":2}", `{"a":1,"b":2}`},

	{``, "json.decode: line 1 column 1: unexpected end of JSON input"},
	{`tru`, "json.decode: line 1 column 4: unexpected end of JSON input"},
	{`trux`, "json.decode: line 1 column 4: invalid character 'x' in literal true (expecting 'e')"},
	{"{\n  \"a\": 1,\n  \"b\": x\n}", "json.decode: line 3 column 8: invalid character 'x' looking for beginning of value"},
	{`[1,]`, "json.decode: line 1 column 4: invalid character ']' looking for beginning of value"},
	{`[1`, "json.decode: line 1 column 3: unexpected end of JSON input"},
	{"[1\n", "json.decode: line 2 column 1: unexpected end of JSON input"},
	{`"abc`, "json.decode: line 1 column 5: unexpected end of JSON input"},
	{"\"a\nb\"", "json.decode: line 1 column 3: invalid character '\\n' in string literal"},
	{`"\x41"`, "json.decode: line 1 column 3: invalid character 'x' in string escape code"},
	{`01`, "json.decode: line 1 column 2: invalid character '1' after top-level value"},
	{`1.`, "json.decode: line 1 column 3: unexpected end of JSON input"},
	{`+1`, "json.decode: line 1 column 1: invalid character '+' looking for beginning of value"},
	{`NaN`, "json.decode: line 1 column 1: invalid character 'N' looking for beginning of value"},
	{`{a:1}`, "json.decode: line 1 column 2: invalid character 'a' looking for beginning of object key string"},
	{`{} {}`, "json.decode: line 1 column 4: invalid character '{' after top-level value"},
	{"[0,\n 1e999]", `json.decode: line 2 column 2: number "1e999" is greater than a double can be`},
	{`{"a":[-1e999]}`, `json.decode: line 1 column 7: number "-1e999" is greater than a double can be`},
}

func TestJSONDecode(t *testing.T) {
	L, _ := dataState(t)
	for _, k := range decodeCases {
		v := dataCall(t, L, "json", "decode", lua.LString(k.code))
		got := ""
		if v[0] == lua.LNil {
			got = v[1].String()
		} else {
			got = dataText(t, L, "json", "encode", v[0])
		}
		if got != k.want {
			t.Errorf("%q\n got %s\nwant %s", k.code, got, k.want)
		}
	}
	dataCases(t, []dataCase{
		{"json.decode()", "raises: bad argument #1 to 'decode' (text must be a string, got no value)"},
		{"json.decode({})", "raises: bad argument #1 to 'decode' (text must be a string, got a table)"},
		{"json.decode('[1,[2,3]]')[2][2]", "3"},
		{"json.decode('{\"a\":{\"b\":null}}').a.b == json.null", "true"},
		{"#json.decode('[0,null,2]')", "3"},
	})
}

func TestJSONDepth(t *testing.T) {
	L, _ := dataState(t)
	deep := strings.Repeat("[", jsonDepth) + strings.Repeat("]", jsonDepth)
	v := dataCall(t, L, "json", "decode", lua.LString(deep))
	if again := dataText(t, L, "json", "encode", v[0]); again != deep {
		t.Error("what nests as deep as it may does not come back")
	}
	v = dataCall(t, L, "json", "decode", lua.LString("["+deep+"]"))
	if v[0] != lua.LNil || v[1].String() != "json.decode: line 1 column 10001: invalid character '[' exceeded max depth" {
		t.Error(v)
	}
	got := dataRun(L, "local t = {} for i = 1, 10000 do t = {ab = t} end return json.encode(t)")
	if !strings.Contains(got, "value.ab.ab.ab.ab.ab.ab.ab.ab.ab.ab....ab") || !strings.Contains(got, "is nested deeper than 10000)") {
		t.Error(got)
	}
}

// FuzzJSONDecode compares with encoding/json and sees that the value comes back.
func FuzzJSONDecode(f *testing.F) {
	for _, k := range decodeCases {
		f.Add(k.code)
	}
	L, _ := dataState(f)
	f.Fuzz(func(t *testing.T, text string) {
		v := dataCall(t, L, "json", "decode", lua.LString(text))
		if v[0] == lua.LNil {
			var overflow *json.UnmarshalTypeError
			err := json.Unmarshal([]byte(text), new(any))
			if err == nil || json.Valid([]byte(text)) && !reflect.TypeOf(err).AssignableTo(reflect.TypeOf(overflow)) {
				t.Fatalf("%q refused: %v, but encoding/json says %v", text, v[1], err)
			}
			return
		}
		var want any
		if err := json.Unmarshal([]byte(text), &want); err != nil {
			t.Fatalf("%q taken, but encoding/json says %v", text, err)
		}
		if utf8.ValidString(text) && !reflect.DeepEqual(dataGo(v[0]), want) {
			t.Fatalf("%q is %v, want %v", text, dataGo(v[0]), want)
		}
		once := dataText(t, L, "json", "encode", v[0])
		again := dataCall(t, L, "json", "decode", lua.LString(once))
		if !reflect.DeepEqual(dataGo(again[0]), dataGo(v[0])) {
			t.Fatalf("%q came back as %v", once, dataGo(again[0]))
		}
	})
}

// dataGo is a decoded value as encoding/json would give it.
func dataGo(v lua.LValue) any {
	switch v := v.(type) {
	case lua.LBool:
		return bool(v)
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		return string(v)
	case *lua.LTable:
		if v.Metatable != lua.LNil {
			list := []any{}
			for i := range v.MaxN() {
				list = append(list, dataGo(v.RawGetInt(i+1)))
			}
			return list
		}
		object := map[string]any{}
		v.ForEach(func(k, item lua.LValue) { object[k.String()] = dataGo(item) })
		return object
	}
	return nil
}

func FuzzJSONNumber(f *testing.F) {
	for _, n := range []float64{0, 1, -1, 0.1, 1e300, 5e-324, 1 << 53, math.Copysign(0, -1), 1e21, 1e-6, 1e-7} {
		f.Add(n)
	}
	L, _ := dataState(f)
	f.Fuzz(func(t *testing.T, n float64) {
		if math.IsNaN(n) || math.IsInf(n, 0) {
			return
		}
		text := dataText(t, L, "json", "encode", lua.LNumber(n))
		again := dataCall(t, L, "json", "decode", lua.LString(text))[0].(lua.LNumber)
		if math.Float64bits(float64(again)) != math.Float64bits(n) {
			t.Fatalf("%v is written %s and read %v", n, text, again)
		}
	})
}

func dataDocument() string {
	return "[" + strings.Repeat(`{"id":12345,"name":"Ada \"L\" Lovelace","tags":["a","b","c"],"ok":true,"ratio":0.25,"none":null},`, 9999) + "0]"
}

func BenchmarkJSONDecode(b *testing.B) {
	L, _ := dataState(b)
	text := lua.LString(dataDocument())
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dataCall(b, L, "json", "decode", text)
	}
}

func BenchmarkJSONEncode(b *testing.B) {
	L, _ := dataState(b)
	text := dataDocument()
	v := dataCall(b, L, "json", "decode", lua.LString(text))[0]
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		dataCall(b, L, "json", "encode", v)
	}
}
