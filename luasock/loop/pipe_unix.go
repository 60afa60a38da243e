//go:build unix

package loop

import "golang.org/x/sys/unix"

// The pipe that wakes a poller which has no better means.

func newPipe() (pipe [2]int, err error) {
	if err := unix.Pipe(pipe[:]); err != nil {
		return pipe, err
	}
	for _, fd := range pipe {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			closePipe(pipe)
			return pipe, err
		}
	}
	return pipe, nil
}

// ringPipe fails only when it is rung often already.
func ringPipe(fd int) { unix.Write(fd, []byte{1}) }

func drainPipe(fd int) {
	var rung [64]byte
	for {
		if n, err := unix.Read(fd, rung[:]); n < len(rung) || err != nil {
			return
		}
	}
}

func closePipe(pipe [2]int) {
	unix.Close(pipe[0])
	unix.Close(pipe[1])
}
