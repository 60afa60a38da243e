package luasock

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock/bind"
	"sockscript/luasock/sock"
)

var systemOptions = map[optionKey]option{
	{unix.SOL_SOCKET, unix.SO_BINDTODEVICE}:          {getDevice, setDevice},
	{unix.SOL_SOCKET, unix.SO_MEMINFO}:               {getMeminfo, nil},
	{unix.SOL_SOCKET, unix.SO_PEERCRED}:              {getPeercred, nil},
	{unix.SOL_SOCKET, unix.SO_ATTACH_REUSEPORT_CBPF}: {nil, setReuseportCBPF},
	{unix.IPPROTO_TCP, unix.TCP_CONGESTION}:          {getCongestion, setCongestion},
	{unix.IPPROTO_TCP, unix.TCP_INFO}:                {getTCPInfo, nil},
}

func getDevice(_ bind.Call, s *Socket, name int) (lua.LValue, error) {
	device, err := s.GetsockoptString(unix.SOL_SOCKET, name)
	return lua.LString(device), err
}

func setDevice(c bind.Call, s *Socket, name int) error {
	return s.SetsockoptString(unix.SOL_SOCKET, name, nameArg(c, 4))
}

// nameArg reads a text that the kernel would cut at a NUL.
func nameArg(c bind.Call, i int) string {
	text, ok := c.Arg(i).(lua.LString)
	if !ok {
		c.Wrong(i, "a string")
	}
	if strings.ContainsRune(string(text), 0) {
		c.Wrong(i, "without NUL bytes")
	}
	return string(text)
}

// meminfoKeys name what SO_MEMINFO gives, in its order.
var meminfoKeys = []string{"rmem_alloc", "rcvbuf", "wmem_alloc", "sndbuf", "fwd_alloc", "wmem_queued", "optmem", "backlog", "drops"}

func getMeminfo(c bind.Call, s *Socket, _ int) (lua.LValue, error) {
	info, err := s.Meminfo()
	values := make([]int, len(info))
	for i, n := range info {
		values[i] = int(n)
	}
	return intTable(c, meminfoKeys, values...), err
}

var credentialKeys = []string{"pid", "uid", "gid"}

func getPeercred(c bind.Call, s *Socket, _ int) (lua.LValue, error) {
	cred, err := s.Peercred()
	return intTable(c, credentialKeys, int(cred.Pid), int(cred.Uid), int(cred.Gid)), err
}

// setReuseportCBPF takes the fields that PHP's does; 0 detaches the filter.
func setReuseportCBPF(c bind.Call, s *Socket, _ int) error {
	switch field := switchArg(c, 4, 0, sock.SKF_AD_CPU); field {
	case 0:
		return s.Setsockopt(unix.SOL_SOCKET, unix.SO_DETACH_BPF, 1)
	case sock.SKF_AD_CPU, sock.SKF_AD_QUEUE:
		return s.AttachReuseportCBPF(field)
	}
	c.Wrong(4, "SKF_AD_CPU, SKF_AD_QUEUE or 0")
	return nil
}

func getCongestion(c bind.Call, s *Socket, name int) (lua.LValue, error) {
	algorithm, err := s.GetsockoptString(unix.IPPROTO_TCP, name)
	t := c.L.NewTable()
	t.RawSetString("name", lua.LString(algorithm))
	return t, err
}

func setCongestion(c bind.Call, s *Socket, name int) error {
	algorithm := ""
	if _, ok := c.Arg(4).(*lua.LTable); ok {
		f := c.Fields(4)
		f.Only("name")
		algorithm = f.Bytes("name")
	} else {
		algorithm = nameArg(c, 4)
	}
	return s.SetsockoptString(unix.IPPROTO_TCP, name, algorithm)
}

// tcpInfoKeys name what get_option gives of TCP_INFO; times are in microseconds.
var tcpInfoKeys = []string{"state", "retransmits", "options", "rto", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "pmtu", "rtt", "rttvar", "snd_ssthresh", "snd_cwnd", "rcv_space", "total_retrans"}

func getTCPInfo(c bind.Call, s *Socket, _ int) (lua.LValue, error) {
	i, err := s.TCPInfo()
	values := []uint32{
		uint32(i.State), uint32(i.Retransmits), uint32(i.Options), i.Rto, i.Snd_mss, i.Rcv_mss, i.Unacked, i.Sacked, i.Lost,
		i.Retrans, i.Pmtu, i.Rtt, i.Rttvar, i.Snd_ssthresh, i.Snd_cwnd, i.Rcv_space, i.Total_retrans,
	}
	t := c.L.CreateTable(0, len(values))
	for k, v := range values {
		t.RawSetString(tcpInfoKeys[k], bind.Int(int64(v)))
	}
	return t, err
}
