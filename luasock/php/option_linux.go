package php

import (
	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/sock"
)

var systemOptions = map[optionKey]option{
	{unix.SOL_SOCKET, unix.SO_BINDTODEVICE}:          {getDevice, setDevice},
	{unix.SOL_SOCKET, unix.SO_MEMINFO}:               {getMeminfo, nil},
	{unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF}: {nil, setReuseportCBPF},
	{unix.IPPROTO_TCP, unix.TCP_CONGESTION}:          {getCongestion, setCongestion},
}

func getDevice(_ call, s *sock.Sock, name int) (lua.LValue, error) {
	device, err := s.GetsockoptString(unix.SOL_SOCKET, name)
	return lua.LString(device), err
}

func setDevice(k call, s *sock.Sock, name int) error {
	device, _ := k.arg(4).(lua.LString)
	return s.SetsockoptString(unix.SOL_SOCKET, name, string(device))
}

var meminfoKeys = []string{"rmem_alloc", "rcvbuf", "wmem_alloc", "sndbuf", "fwd_alloc", "wmem_queued", "optmem", "backlog", "drops"}

func getMeminfo(k call, s *sock.Sock, _ int) (lua.LValue, error) {
	info, err := s.Meminfo()
	values := make([]int, len(info))
	for i, n := range info {
		values[i] = int(n)
	}
	return k.intArray(meminfoKeys, values...), err
}

// setReuseportCBPF is PHP 8.4's.
func setReuseportCBPF(k call, s *sock.Sock, _ int) error {
	switch field := k.cast(k.arg(4)); field {
	case 0:
		return s.Setsockopt(unix.SOL_SOCKET, unix.SO_DETACH_BPF, 1)
	case sock.SKF_AD_CPU, sock.SKF_AD_QUEUE:
		return s.AttachReuseportCBPF(field)
	default:
		k.warn("Unsupported CBPF filter")
		return errWarned
	}
}

func getCongestion(k call, s *sock.Sock, name int) (lua.LValue, error) {
	algorithm, err := s.GetsockoptString(unix.IPPROTO_TCP, name)
	t := k.L.NewTable()
	t.RawSetString("name", lua.LString(algorithm))
	return t, err
}

func setCongestion(k call, s *sock.Sock, name int) error {
	algorithm, ok := k.arg(4).(lua.LString)
	if !ok {
		return s.Note("setsockopt", unix.EINVAL)
	}
	return s.SetsockoptString(unix.IPPROTO_TCP, name, string(algorithm))
}
