package luasock

import (
	"weak"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// streamHost is what the streams of one VM share.
type streamHost struct {
	group *stream.Group
	// exported finds the Stream on a socket by the socket's ID, as long as a
	// script refers to the Stream: this list keeps nothing open.
	exported map[uint64]weak.Pointer[lua.LUserData]
	sweep    int                       // how many entries bring the next sweep
	kept     map[string]*lua.LUserData // the persistent streams by what they are connected to
	standard [3]*lua.LUserData         // on descriptors 0, 1, 2
	files    []openFile                // those of scripts, oldest first
	ssl      *tlsOptions               // of contexts without any
	rooted   bool                      // the system's authorities were read
}

func newStreamHost(l *loop.Loop) *streamHost {
	return &streamHost{
		group:    stream.NewGroup(l),
		exported: map[uint64]weak.Pointer[lua.LUserData]{},
		kept:     map[string]*lua.LUserData{},
		sweep:    64,
	}
}

// find gives the Stream that is on a socket, nil if there is none.
func (h *streamHost) find(s *sock.Sock) *lua.LUserData {
	return h.exported[s.ID()].Value()
}

// remember notes which Stream is on a socket.
func (h *streamHost) remember(s *sock.Sock, object *lua.LUserData) {
	if len(h.exported) >= h.sweep {
		for id, p := range h.exported {
			if p.Value() == nil {
				delete(h.exported, id)
			}
		}
		h.sweep = max(64, 2*len(h.exported))
	}
	h.exported[s.ID()] = weak.Make(object)
}

// reuse gives the persistent stream that is kept under a key, if its connection
// still stands.
func (h *streamHost) reuse(key string) *lua.LUserData {
	object := h.kept[key]
	if object == nil {
		return nil
	}
	if fp := object.Value.(*Stream); fp.IsClosed() || fp.EOF() {
		delete(h.kept, key)
		return nil
	}
	return object
}
