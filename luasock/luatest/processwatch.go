package luatest

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// launched is a program that was just started.
type launched struct {
	cmd      *exec.Cmd
	watchdog *watchdog
	output   int // the reading end of its standard output and error
	input    int // the writing end of its standard input
}

// launch starts a program in a process group of its own, with its watchdog. It may
// be called by any goroutine.
func launch(c command) (*launched, error) {
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer outR.Close()
	defer outW.Close()
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer inR.Close()
	defer inW.Close()
	l := &launched{cmd: exec.Command(c.argv[0], c.argv[1:]...)}
	l.cmd.Dir, l.cmd.Env = c.cwd, c.env
	l.cmd.Stdin, l.cmd.Stdout, l.cmd.Stderr = inR, outW, outW
	l.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if l.output, err = own(outR); err != nil {
		return nil, err
	}
	if l.input, err = own(inW); err != nil {
		unix.Close(l.output)
		return nil, err
	}
	hearSignals()
	if err := l.cmd.Start(); err != nil {
		unix.Close(l.output)
		unix.Close(l.input)
		return nil, err
	}
	l.watchdog = newWatchdog(l.cmd.Process.Pid)
	return l, nil
}

// hearSignals has programs start with the default action of the signals that
// nohup, or a script's &, has this process ignore: an ignored signal stays ignored
// through exec, and a shell cannot even trap it. A signal that is handled does not,
// so it is handled, by doing nothing.
func hearSignals() {
	for _, s := range []os.Signal{unix.SIGHUP, unix.SIGINT, unix.SIGQUIT} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
}

// own is a descriptor of one's own on an open file.
func own(f *os.File) (int, error) {
	return unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 3)
}

// watchdog is a shell that waits on a pipe from this process, and kills a process
// group when the pipe ends: so the group ends with this process in whatever way
// that ends, also by SIGKILL, which no handler sees.
type watchdog struct {
	cmd   *exec.Cmd
	alive io.WriteCloser
}

// watchdogScript waits for a line; without one it kills the group $0.
const watchdogScript = `trap "" HUP INT TERM; read line || kill -KILL -"$0"`

// newWatchdog starts a watchdog of a process group; nil where there is no shell.
func newWatchdog(group int) *watchdog {
	w := &watchdog{cmd: exec.Command("/bin/sh", "-c", watchdogScript, strconv.Itoa(group))}
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var err error
	if w.alive, err = w.cmd.StdinPipe(); err != nil {
		return nil
	}
	if err := w.cmd.Start(); err != nil {
		return nil
	}
	return w
}

// dismiss ends the watchdog; the group is left alone.
func (w *watchdog) dismiss() {
	if w == nil {
		return
	}
	io.WriteString(w.alive, "dismissed\n")
	w.alive.Close()
	w.cmd.Wait()
}
