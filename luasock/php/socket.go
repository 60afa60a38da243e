package php

import (
	"sockscript/luasock/bind"
)

var socketRows = []bind.Row{
	row("socket_create(int $domain, int $type, int $protocol): Socket|false", "Makes a socket.", socketCreate),
}

func socketCreate(k call) int {
	s, err := k.net().Socket(k.cint(1), k.cint(2), k.cint(3))
	if err != nil {
		return k.no()
	}
	return k.Return(k.vm().NewSocket(s))
}
