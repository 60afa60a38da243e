package luasock

import (
	"weak"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

// streamHost is what the streams of one VM share. It hangs on the registry of
// the VM's Lua state.
type streamHost struct {
	group *stream.Group
	// exported finds the Stream on a socket by the socket's ID, as long as a
	// script refers to the Stream: this list keeps nothing open.
	exported map[uint64]weak.Pointer[lua.LUserData]
	sweep    int                       // how many entries bring the next sweep
	kept     map[string]*lua.LUserData // the persistent streams by what they are connected to
	standard [3]*lua.LUserData         // on descriptors 0, 1, 2
	ssl      *tlsOptions               // of contexts without any
	rooted   bool                      // the system's authorities were read
}

const streamHostKey = "sockscript.streams"

// streams gives what the VM's streams share.
func (vm *VM) streams() *streamHost {
	registry := vm.L.Get(lua.RegistryIndex).(*lua.LTable)
	if h := streamsIn(registry); h != nil {
		return h
	}
	h := &streamHost{
		group:    stream.NewGroup(vm.loop),
		exported: map[uint64]weak.Pointer[lua.LUserData]{},
		kept:     map[string]*lua.LUserData{},
		sweep:    64,
	}
	registry.RawSetString(streamHostKey, &lua.LUserData{Value: h, Metatable: lua.LNil})
	return h
}

// streamsIn gives what was made by streams; nil if it was not called yet.
func streamsIn(registry *lua.LTable) *streamHost {
	ud, ok := registry.RawGetString(streamHostKey).(*lua.LUserData)
	if !ok {
		return nil
	}
	return ud.Value.(*streamHost)
}

// closeStreams ends what the streams have under way.
func (vm *VM) closeStreams() {
	if h := streamsIn(vm.L.Get(lua.RegistryIndex).(*lua.LTable)); h != nil {
		h.group.Close()
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
