package luatest

import (
	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// serverTLS reads the key tls of argument i: true, a certificate as
// test.certificate gives it, or options of TLS. It returns what makes an accepted
// Stream the server of TLS, and the path of the authority's certificate.
func serverTLS(c bind.Call, i int) (secure func(*lua.LUserData) error, ca lua.LValue) {
	f := c.Fields(i)
	t, ok := f.Get("tls").(*lua.LTable)
	switch {
	case f.Get("tls") == lua.LTrue:
		t = certificateTable(c, nil)
	case !ok:
		f.Wrong("tls", "true, a test.certificate, or options of TLS")
	}
	ssl, ca := t, lua.LValue(lua.LNil)
	if cert := t.RawGetString("cert"); cert != lua.LNil {
		ssl, ca = c.L.NewTable(), t.RawGetString("ca")
		ssl.RawSetString("local_cert", cert)
		ssl.RawSetString("local_pk", t.RawGetString("key"))
	}
	options := c.L.NewTable()
	options.RawSetString("ssl", ssl)
	c.L.Replace(i, options) // what is read with messages is an argument
	return luasock.ServerTLS(c.Fields(i)), ca
}
