package php

import (
	"errors"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/addr"
	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var addrinfoRows = []bind.Row{
	row("socket_addrinfo_lookup(string $host, ?string $service = null, array $hints = []): array|false", "Looks up a host and a service and gives a list of AddressInfos. Hints: ai_flags, ai_socktype, ai_protocol, ai_family.", socketAddrinfoLookup),
	row("socket_addrinfo_connect(AddressInfo $address): Socket|false", "Makes a Socket as an AddressInfo says and connects it.", socketAddrinfoConnect),
	row("socket_addrinfo_bind(AddressInfo $address): Socket|false", "Makes a Socket as an AddressInfo says and binds it.", socketAddrinfoBind),
	row("socket_addrinfo_explain(AddressInfo $address): array", "Tells what an AddressInfo says.", socketAddrinfoExplain),
}

func socketAddrinfoLookup(k call) int {
	found, err := k.net().Getaddrinfo(cut(k.text(1)), service(cut(k.text(2))), k.hints(3))
	var refused sock.EAI
	switch {
	case errors.As(err, &refused):
		return k.no()
	case err != nil:
		return k.failed(err, "Unable to look up")
	}
	list := k.L.CreateTable(len(found), 0)
	for i := range found {
		list.Append(k.vm().NewAddressInfo(&found[i]))
	}
	return k.Return(list)
}

// cut is a text as the C library takes it: up to its first NUL.
func cut(text string) string {
	text, _, _ = strings.Cut(text, "\x00")
	return text
}

// service takes a port modulo 65536, as the C library does.
func service(text string) string {
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return strconv.Itoa(int(uint16(n)))
	}
	return text
}

// hints reads argument i. An element without a name is passed by.
func (k call) hints(i int) (hints sock.Addrinfo) {
	t := k.table(i)
	if t == nil {
		return hints
	}
	fields := map[string]*int{
		"ai_flags": &hints.Flags, "ai_socktype": &hints.Type, "ai_protocol": &hints.Protocol, "ai_family": &hints.Family,
	}
	each(t, func(key, v lua.LValue) {
		name, ok := key.(lua.LString)
		if !ok {
			return
		}
		field := fields[string(name)]
		if field == nil {
			k.valueError(i, `must only contain array keys "ai_flags", "ai_socktype", "ai_protocol", or "ai_family"`)
		}
		*field = int(int32(k.cast(v)))
	})
	return hints
}

// info is argument 1, an AddressInfo.
func (k call) info() *sock.Addrinfo {
	ai, _ := luasock.AddressInfoOf(k.arg(1))
	return ai
}

func socketAddrinfoConnect(k call) int {
	return k.addrinfoSocket((*sock.Sock).Connect, "Unable to connect address")
}

func socketAddrinfoBind(k call) int {
	return k.addrinfoSocket((*sock.Sock).Bind, "Unable to bind address")
}

func (k call) addrinfoSocket(use func(*sock.Sock, addr.Addr) error, text string) int {
	ai := k.info()
	s, err := k.net().Socket(ai.Family, ai.Type, ai.Protocol)
	if err != nil {
		return k.failed(err, "Unable to create socket")
	}
	if err := use(s, ai.Addr); err != nil {
		s.Close()
		return k.failed(err, text)
	}
	return k.Return(k.vm().NewSocket(s))
}

func socketAddrinfoExplain(k call) int {
	return k.Return(luasock.AddressInfoTable(k.L, k.info()))
}
