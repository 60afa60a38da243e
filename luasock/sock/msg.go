package sock

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"sockscript/luasock/addr"
	"sockscript/luasock/loop"
)

// Message is what sendmsg(2) sends and recvmsg(2) receives.
type Message struct {
	Name    addr.Addr // the receiver or the sender; zero for none
	Data    [][]byte  // of a received one: one, valid until the next call of this Net
	Control []Control
	Flags   int // of a received one: MSG_TRUNC, MSG_CTRUNC …
	Len     int // of a received one: its bytes; with MSG_TRUNC asked for, those of the whole datagram
}

// Control is one control message.
type Control struct {
	Level, Type int
	Data        []byte // as the kernel has it
	Files       []File // in place of Data with SCM_RIGHTS; those of a received message are *Descriptor
}

// File is what can be passed to another process: it gives its descriptor, which
// stays its own. An error says that it is closed.
type File interface {
	Descriptor() (fd int, err error)
}

// Descriptor gives the socket's descriptor to be passed on. From then on the
// open file counts as shared with another process, and is, for that one's sake,
// blocking if the socket is. A listener stays non-blocking underneath: a
// connection that the other one takes first would hold up the loop.
func (s *Sock) Descriptor() (int, error) {
	if s.closed {
		return -1, ErrClosed
	}
	if !s.foreign && !s.nonblock && s.state != Listening {
		unix.SetNonblock(s.n, false)
	}
	s.foreign = true
	s.fd.Kept()
	return s.n, nil
}

// ResolveAs is Resolve in another family than the socket's.
func (s *Sock) ResolveAs(family int, host string, port int) (addr.Addr, error) {
	a, err := s.net.Resolve(family, host, port)
	if unknown, ok := err.(*HostError); ok {
		s.lastErr = unknown.Code
	}
	return a, err
}

// Sendmsg wraps sendmsg(2): it sends the parts of m.Data as one, with the
// control messages, to m.Name or to the peer. A blocking stream sends all, or
// what it could until SO_SNDTIMEO passed; the control messages go with the
// first byte. Files stay the caller's.
func (s *Sock) Sendmsg(m *Message, flags int) (int, error) {
	n, err := s.sendmsg(m, flags)
	if s.net.Observe != nil {
		s.observe("sendmsg", bytes.Join(m.Data, nil)[:n], m.Name, err)
	}
	runtime.KeepAlive(m) // its files are open until here
	return n, err
}

func (s *Sock) sendmsg(m *Message, flags int) (sent int, err error) {
	name, data, control, timeo, began := m.Name, m.Data, m.Control, s.wtimeo, time.Now()
	for {
		n := 0
		try := func() (errno unix.Errno) {
			oob, errno := encodeControl(control)
			if errno == 0 {
				n, errno = sysSendmsg(s.n, data, oob, flags, name)
			}
			return errno
		}
		if s.unannounced(&name) && s.waits(flags) {
			err = s.doRetrying("sendmsg", try)
		} else {
			err = s.do("sendmsg", loop.Out, flags, timeo, try)
		}
		sent += n
		s.out += uint64(n)
		if err != nil && sent > 0 && errors.Is(err, unix.EAGAIN) {
			s.unfail()
			return sent, nil
		}
		if data = skip(data, n); err != nil || len(data) == 0 || !s.isStream() || !s.waits(flags) {
			return sent, err
		}
		s.fd.Blocked(loop.Out)
		name, control, timeo = addr.Addr{}, nil, rest(s.wtimeo, began)
	}
}

// skip is what is left of the parts behind their first n bytes.
func skip(data [][]byte, n int) [][]byte {
	for len(data) > 0 && n >= len(data[0]) {
		n -= len(data[0])
		data = data[1:]
	}
	if n > 0 {
		data = append([][]byte{data[0][n:]}, data[1:]...)
	}
	return data
}

// Recvmsg wraps recvmsg(2): up to max bytes, and control messages for which
// there is room, in bytes (see CmsgSpace). At the end of a stream the error is
// io.EOF. The message owns the descriptors that it brings, which are
// close-on-exec: they are closed when nobody refers to them, if not before.
func (s *Sock) Recvmsg(max, room, flags int) (*Message, error) {
	m, err := s.recvmsg(max, room, flags)
	if err != nil {
		s.observe("recvmsg", nil, addr.Addr{}, err)
		return nil, err
	}
	s.observe("recvmsg", m.Data[0], m.Name, nil)
	return m, nil
}

// recvmsg is Recvmsg with MSG_WAITALL, which on a stream goes on until there
// are max bytes, the end, or bytes that brought descriptors, as the kernel's.
func (s *Sock) recvmsg(max, room, flags int) (*Message, error) {
	if !s.waitsForAll(flags) || flags&unix.MSG_PEEK != 0 {
		return s.recvmsgOnce(max, room, flags, s.rtimeo)
	}
	began := time.Now()
	flags &^= unix.MSG_WAITALL
	m, err := s.recvmsgOnce(max, room, flags, s.rtimeo)
	for err == nil && m.Len < max && !m.bringsFiles() {
		data := append([]byte(nil), m.Data[0]...)
		var more *Message
		if more, err = s.recvmsgOnce(max-len(data), room, flags, rest(s.rtimeo, began)); err != nil {
			m.Data[0], err = s.unfinished(data, err)
			break
		}
		more.Data[0] = append(data, more.Data[0]...)
		more.Len = len(more.Data[0])
		m = more
	}
	return m, err
}

func (m *Message) bringsFiles() bool {
	for _, c := range m.Control {
		if len(c.Files) > 0 {
			return true
		}
	}
	return false
}

func (s *Sock) recvmsgOnce(max, room, flags int, timeo time.Duration) (*Message, error) {
	if s.held() && flags&(unix.MSG_OOB|msgErrqueue) == 0 {
		data, err := s.recv(max, flags)
		return &Message{Data: [][]byte{data}, Len: len(data)}, err
	}
	var (
		m        Message
		buf, oob []byte
	)
	err := s.do("recvmsg", event(flags), flags, timeo, func() (errno unix.Errno) {
		buf, oob = s.buffer(max, flags), make([]byte, room)
		var n int
		m.Len, n, m.Flags, m.Name, errno = sysRecvmsg(s.n, buf, oob, flags)
		oob = oob[:n]
		return errno
	})
	if err != nil {
		return nil, err
	}
	m.Name, m.Control = named(m.Name), decodeControl(oob)
	data, err := s.received(buf, m.Len, max, flags)
	if err == io.EOF && len(m.Control) > 0 {
		err = nil // an empty message: the end brings no control messages
	}
	m.Data = [][]byte{data}
	return &m, err
}

// CmsgSpace is the room that a control message takes whose data has that many
// bytes (cmsg(3)).
func CmsgSpace(size int) int { return unix.CmsgSpace(size) }

// encodeControl writes control messages as the kernel takes them. It is EBADF
// when a file has been closed.
func encodeControl(list []Control) ([]byte, unix.Errno) {
	var oob []byte
	for _, c := range list {
		data := c.Data
		for _, f := range c.Files {
			fd, err := f.Descriptor()
			if err != nil {
				return nil, unix.EBADF
			}
			data = binary.NativeEndian.AppendUint32(data, uint32(fd))
		}
		b := make([]byte, unix.CmsgSpace(len(data)))
		h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
		h.Level, h.Type = int32(c.Level), int32(c.Type)
		h.SetLen(unix.CmsgLen(len(data)))
		copy(b[unix.CmsgLen(0):], data)
		oob = append(oob, b...)
	}
	return oob, 0
}

// decodeControl reads what the kernel gave. Every descriptor in it gets an
// owner before anything else can fail.
func decodeControl(oob []byte) (list []Control) {
	for len(oob) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		c := Control{Level: int(h.Level), Type: int(h.Type), Data: data}
		if c.Level == unix.SOL_SOCKET && c.Type == unix.SCM_RIGHTS {
			c.Data = nil
			for ; len(data) >= 4; data = data[4:] {
				c.Files = append(c.Files, newDescriptor(int(int32(binary.NativeEndian.Uint32(data)))))
			}
		}
		list, oob = append(list, c), rest
	}
	return list
}
