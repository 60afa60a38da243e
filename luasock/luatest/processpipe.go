package luatest

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
	"sockscript/luasock/sock"
	"sockscript/luasock/stream"
)

const (
	// mostTail is how many bytes of the output are kept for people.
	mostTail = 4 << 10
	// mostLines is how many lines of them are shown.
	mostLines = 20
	// mostUnread is how many bytes of the output are kept for a script that does
	// not read it. The program must not have to wait for the script; what is more
	// is lost.
	mostUnread = 16 << 20
)

// pipes carry the output and the input of a program: what it writes is taken at
// once, so that it never waits for the script.
type pipes struct {
	p      *process
	out    *stream.File
	in     *stream.File
	near   *sock.Sock // under the script's Stream
	far    *sock.Sock // the other end of it
	tasks  []*loop.Task
	unread []byte // was read from the program and is to go to the script
	end    []byte // of the output
	ended  bool   // the output has
	search []byte // the output until the program is ready; nil after that
	news   bell   // rings when output has come, and at its end
}

// openPipes makes the script's Stream and the tasks between it and the program.
func (p *process) openPipes(l *launched) error {
	lp := p.vm.Loop()
	k := &pipes{
		p:      p,
		out:    stream.NewFile(lp, l.output, true, p.name+" output"),
		in:     stream.NewFile(lp, l.input, true, p.name+" input"),
		search: []byte{},
	}
	p.pipes = k
	var err error
	if k.near, k.far, err = p.vm.Net().Pair(unix.AF_UNIX, unix.SOCK_STREAM, 0); err != nil {
		k.out.Close()
		k.in.Close()
		p.pipes = nil
		return err
	}
	p.scope.exempt(k.near.ID())
	p.scope.hide(k.far.ID())
	p.output = p.vm.NewStream(k.near, "", "")
	for what, fn := range map[string]func(){"collects": k.collect, "passes on": k.pass, "is given": k.give} {
		k.tasks = append(k.tasks, p.scope.serve(p.vm, p.name+" "+what, fn))
	}
	return nil
}

// collect takes what the program writes.
func (k *pipes) collect() {
	l, p := k.p.vm.Loop(), make([]byte, 32<<10)
	for {
		n, err := k.out.TryRead(p)
		switch {
		case err == nil:
			k.keep(p[:n])
			err = l.Spend()
		case errors.Is(err, unix.EAGAIN):
			err = k.out.WaitRead(time.Time{})
		}
		if err != nil {
			k.ended = true
			k.news.ring(l)
			return
		}
	}
}

// keep takes in output.
func (k *pipes) keep(p []byte) {
	if room := mostUnread - len(k.unread); room > 0 {
		k.unread = append(k.unread, p[:min(room, len(p))]...)
	}
	if k.search != nil && len(k.search) < mostUnread {
		k.search = append(k.search, p...)
	}
	k.end = append(k.end, p...)
	if more := len(k.end) - mostTail; more > 0 {
		k.end = append(k.end[:0:0], k.end[more:]...)
	}
	k.news.ring(k.p.vm.Loop())
}

// pass gives the output to the script.
func (k *pipes) pass() {
	for {
		for len(k.unread) == 0 {
			if k.ended {
				k.far.Shutdown(unix.SHUT_WR)
				return
			}
			if k.news.wait(k.p.vm.Loop(), loop.Why{Op: "output"}, time.Time{}) != nil {
				return
			}
		}
		part := k.unread
		k.unread = nil
		if _, err := k.far.Send(part, unix.MSG_NOSIGNAL); err != nil {
			return // the script has closed its Stream
		}
	}
}

// give gives the script's bytes to the program.
func (k *pipes) give() {
	defer k.in.Close()
	for {
		data, err := k.far.Recv(mostRead, 0)
		if err != nil {
			return
		}
		for data = bytes.Clone(data); len(data) > 0; {
			n, err := k.in.TryWrite(data)
			if data = data[n:]; errors.Is(err, unix.EAGAIN) {
				err = k.in.WaitWrite(time.Time{})
			}
			if err != nil {
				return // the program reads no more
			}
		}
	}
}

// tail is the end of the output as lines, indented.
func (k *pipes) tail() string {
	if k == nil || len(k.end) == 0 {
		return "(nothing)"
	}
	lines := strings.Split(strings.TrimRight(string(k.end), "\n"), "\n")
	if len(lines) > mostLines {
		lines = lines[len(lines)-mostLines:]
	}
	for i, line := range lines {
		lines[i] = "  " + clean(line)
	}
	return strings.Join(lines, "\n")
}

// clean shows what does not print.
func clean(line string) string {
	line = strings.TrimSuffix(line, "\r")
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '·'
		}
		return r
	}, line)
}

// close ends the tasks and closes the descriptors.
func (k *pipes) close() {
	if k == nil {
		return
	}
	for _, t := range k.tasks {
		t.Kill()
	}
	k.out.Close()
	k.in.Close()
	closeSock(k.near)
	closeSock(k.far)
}
