package cli

import (
	"fmt"
	"io"
	"os"
	"strings"

	"sockscript/luasock/sock"
	"sockscript/luasock/trace"
)

// tracer is what --trace asks for. The zero one traces nothing.
type tracer struct {
	observe func(sock.Event) // nil for nothing
	name    string           // of the file
	file    *os.File         // nil when it is standard error
	stderr  io.Writer
	err     error // the first of writing the file
}

// startTrace begins to trace into the named file, which is overwritten, or to
// standard error: as text, into a file *.pcapng for Wireshark. The error says why
// the file cannot be written.
func startTrace(name string, stderr io.Writer) (*tracer, error) {
	t := &tracer{name: name, stderr: stderr}
	switch name {
	case "":
	case traceToStderr:
		t.observe = trace.Text(t, trace.Options{Color: colors(stderr)})
	default:
		file, err := os.Create(name)
		if err != nil {
			return nil, fmt.Errorf("cannot write %s: %s", name, sock.Reason(err))
		}
		t.file = file
		if strings.HasSuffix(name, ".pcapng") {
			t.observe = trace.Capture(t)
		} else {
			t.observe = trace.Text(t, trace.Options{})
		}
	}
	return t, nil
}

// Write writes to standard error, or to the file until that fails.
func (t *tracer) Write(p []byte) (int, error) {
	if t.file == nil {
		return t.stderr.Write(p)
	}
	n := 0
	if t.err == nil {
		n, t.err = t.file.Write(p)
	}
	return n, t.err
}

// end closes the file, and says what went wrong with it.
func (t *tracer) end() {
	if t.file == nil {
		return
	}
	if err := t.file.Close(); t.err == nil {
		t.err = err
	}
	if t.err != nil {
		fmt.Fprintf(t.stderr, "sockscript: cannot write %s: %s\n", t.name, sock.Reason(t.err))
	}
}
