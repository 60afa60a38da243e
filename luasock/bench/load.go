//go:build linux

package main

import (
	"embed"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

//go:embed servers
var embedded embed.FS

func serverFiles() map[string][]byte {
	files := map[string][]byte{}
	entries, _ := embedded.ReadDir("servers")
	for _, e := range entries {
		files[e.Name()], _ = embedded.ReadFile("servers/" + e.Name())
	}
	return files
}

// client is the load: one thread, one epoll, no Go runtime in the way.
type client struct {
	port   int
	ep     int
	short  bool
	count  int
	msg    [64]byte
	buf    [4096]byte
	events [256]unix.EpollEvent
}

// runLoad is the load process: "port,busy,silent,short,duration".
func runLoad(spec string) {
	f := strings.Split(spec, ",")
	port, _ := strconv.Atoi(f[0])
	busy, _ := strconv.Atoi(f[1])
	silent, _ := strconv.Atoi(f[2])
	length, _ := time.ParseDuration(f[4])
	raiseLimit()
	c := &client{port: port, short: f[3] == "true"}
	if err := c.run(busy, silent, length); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func (c *client) run(busy, silent int, length time.Duration) (err error) {
	if c.ep, err = unix.EpollCreate1(0); err != nil {
		return err
	}
	for range silent {
		if _, err := c.connect(); err != nil {
			return err
		}
	}
	fds := make([]int, busy)
	for i := range fds {
		if fds[i], err = c.connect(); err != nil {
			return err
		}
	}
	for _, fd := range fds { // one round first: every server has accepted all
		if err := c.ask(fd); err != nil {
			return err
		}
	}
	if err := c.loop(time.Now().Add(300 * time.Millisecond)); err != nil {
		return err
	}
	c.count = 0
	fmt.Println("start")
	if err := c.loop(time.Now().Add(length)); err != nil {
		return err
	}
	fmt.Println(c.count)
	return nil
}

func (c *client) connect() (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return 0, err
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: c.port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	if c.short { // a reset at close leaves no TIME_WAIT behind
		unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	return fd, unix.SetNonblock(fd, true)
}

// ask sends a message on a connection and waits for the echo by epoll.
func (c *client) ask(fd int) error {
	if _, err := unix.Write(fd, c.msg[:]); err != nil {
		return err
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	return unix.EpollCtl(c.ep, unix.EPOLL_CTL_ADD, fd, &ev)
}

func (c *client) loop(until time.Time) error {
	for time.Now().Before(until) {
		n, err := unix.EpollWait(c.ep, c.events[:], 100)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for _, ev := range c.events[:n] {
			if err := c.answered(int(ev.Fd)); err != nil {
				return err
			}
		}
	}
	return nil
}

// answered takes in an echo and asks again, on a new connection if they are short.
func (c *client) answered(fd int) error {
	n, err := unix.Read(fd, c.buf[:])
	if err != nil || n != len(c.msg) {
		return fmt.Errorf("got %d bytes, %v", n, err)
	}
	c.count++
	if !c.short {
		_, err = unix.Write(fd, c.msg[:])
		return err
	}
	unix.Close(fd)
	next, err := c.connect()
	if err != nil {
		return err
	}
	return c.ask(next)
}
