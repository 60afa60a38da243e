package luasock

import (
	"errors"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// Whatever stands in the table ssl, it is taken or refused with its key's name.
func FuzzTLSOptions(f *testing.F) {
	for i, text := range []string{
		"", "x", "1", "/nope", "h2,http/1.1", "DEFAULT:!aNULL", "ECDHE-RSA-AES128-GCM-SHA256", "!", ":::", "TLS_AES_128_GCM_SHA256",
		"0123456789abcdef0123456789abcdef", "AB:CD", "\x00", strings.Repeat("a", 300), "*.example.org", "\xff",
	} {
		for n := range sslOptions {
			f.Add(uint8(n), uint8(i), text)
		}
	}
	vm := openVM(f, Options{})
	create := vm.L.GetField(vm.L.GetGlobal("socket"), "stream_context")
	f.Fuzz(func(t *testing.T, option, kind uint8, text string) {
		key := sslOptions[int(option)%len(sslOptions)]
		ssl, options, inner := vm.L.NewTable(), vm.L.NewTable(), vm.L.NewTable()
		inner.RawSetString(text, lua.LString(text))
		inner.Append(lua.LString(text))
		ssl.RawSetString(key, []lua.LValue{lua.LString(text), lua.LNumber(len(text)), lua.LTrue, inner, vm.L.NewFunction(nil)}[kind%5])
		options.RawSetString("ssl", ssl)
		vm.L.SetTop(0)
		err := vm.L.CallByParam(lua.P{Fn: create, NRet: 1, Protect: true}, options)
		var failure *lua.ApiError
		if errors.As(err, &failure) && !strings.Contains(err.Error(), "options.ssl.") && !strings.Contains(err.Error(), "options.ssl has") {
			t.Errorf("%s = %q: %v", key, text, err)
		}
	})
}
