package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// settings are an object of JSON whose values keep their text and order, so that
// what is not changed stays as it was written.
type settings struct {
	source  []byte
	keys    []string
	values  map[string]json.RawMessage
	changed bool
}

// parseSettings reads an object.
func parseSettings(source []byte) (*settings, error) {
	s := &settings{source: source, values: map[string]json.RawMessage{}}
	d := json.NewDecoder(bytes.NewReader(source))
	if t, err := d.Token(); err != nil {
		return nil, err
	} else if t != json.Delim('{') {
		return nil, errors.New("it is no object")
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return nil, err
		}
		if _, twice := s.values[key.(string)]; !twice {
			s.keys = append(s.keys, key.(string))
		}
		s.values[key.(string)] = value
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errors.New("something follows the object")
	}
	return s, nil
}

// text is the object, as it was when nothing has changed.
func (s *settings) text() string {
	if !s.changed {
		return string(s.source)
	}
	var b bytes.Buffer
	b.WriteString("{")
	for i, key := range s.keys {
		if i > 0 {
			b.WriteString(",")
		}
		name, _ := json.Marshal(key)
		b.WriteString("\n  " + string(name) + ": ")
		b.Write(s.values[key])
	}
	b.WriteString("\n}\n")
	return b.String()
}

// change gives edit the value of a setting, nil when it is not there, and sets
// it to what edit returns, unless that is nil. A setting "a.b" may stand under
// that name, under "Lua.a.b", or as b in an object a or Lua.
func (s *settings) change(key string, edit func(old json.RawMessage) any) {
	if _, there := s.values[key]; there {
		s.edit(key, edit)
		return
	}
	if _, there := s.values["Lua."+key]; there {
		s.edit("Lua."+key, edit)
		return
	}
	section, name, _ := strings.Cut(key, ".")
	for _, outer := range []struct{ section, key string }{{section, name}, {"Lua", key}} {
		if inner, err := parseSettings(s.values[outer.section]); err == nil {
			inner.change(outer.key, edit)
			if inner.changed {
				s.put(outer.section, json.RawMessage(inner.text()))
			}
			return
		}
	}
	s.edit(key, edit)
}

func (s *settings) edit(key string, edit func(old json.RawMessage) any) {
	if v := edit(s.values[key]); v != nil {
		s.put(key, v)
	}
}

// put sets a value.
func (s *settings) put(key string, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("  ", "  ")
	if e.Encode(v) != nil {
		return
	}
	if _, there := s.values[key]; !there {
		s.keys = append(s.keys, key)
	}
	s.values[key] = bytes.TrimSpace(b.Bytes())
	s.changed = true
}

// addDefault sets a setting that is not there.
func (s *settings) addDefault(key string, v any) {
	s.change(key, func(old json.RawMessage) any {
		if old != nil {
			return nil
		}
		return v
	})
}

// addToList puts a text into a setting that is a list, if it is not in it.
func (s *settings) addToList(key, text string) {
	s.change(key, func(old json.RawMessage) any {
		var list []json.RawMessage
		if old != nil && json.Unmarshal(old, &list) != nil {
			return nil
		}
		for _, v := range list {
			var one string
			if json.Unmarshal(v, &one) == nil && one == text {
				return nil
			}
		}
		quoted, _ := json.Marshal(text)
		return append(slices.Clip(list), quoted)
	})
}

// addToObject sets the keys of a setting that are not there.
func (s *settings) addToObject(key string, values map[string]string) {
	s.change(key, func(old json.RawMessage) any {
		object := map[string]any{}
		if old != nil && json.Unmarshal(old, &object) != nil {
			return nil
		}
		changed := false
		for name, v := range values {
			if _, there := object[name]; !there {
				object[name], changed = v, true
			}
		}
		if !changed {
			return nil
		}
		return object
	})
}
