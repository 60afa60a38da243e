//go:build linux

package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A flow is one way to move bytes: what a program that is measured is told.
type flow struct {
	name   string
	source bool // the program connects to a source, which sends as fast as it can
	sink   bool // and to a sink, which throws away what it gets
}

var flows = []flow{
	{name: "read", source: true},
	{name: "write", sink: true},
	{name: "relay", source: true, sink: true},
	{name: "copy_to", source: true, sink: true},
}

// mover is a program that moves bytes.
type mover struct {
	name  string
	start func(dir string, f flow, bytes int, source, sink string) *exec.Cmd // nil: it cannot
}

var movers = []mover{
	{"sockscript", func(dir string, f flow, bytes int, source, sink string) *exec.Cmd {
		return exec.Command(filepath.Join(dir, "sockscript"), filepath.Join(dir, "throughput.lua"), f.name, strconv.Itoa(bytes), source, sink)
	}},
	{"php", phpMover("8192")},
	{"php 64 KB chunks", phpMover("65536")},
	{"socat", socatMover()},
	{"socat -b 65536", socatMover("-b", "65536")},
}

func phpMover(chunk string) func(string, flow, int, string, string) *exec.Cmd {
	return func(dir string, f flow, bytes int, source, sink string) *exec.Cmd {
		return exec.Command("php", filepath.Join(dir, "throughput.php"), f.name, strconv.Itoa(bytes), source, sink, chunk)
	}
}

// socatMover moves from socket to socket only, in user space.
func socatMover(options ...string) func(string, flow, int, string, string) *exec.Cmd {
	return func(_ string, f flow, _ int, source, sink string) *exec.Cmd {
		if !f.source || !f.sink {
			return nil
		}
		return exec.Command("socat", append(options, "-u", "TCP:127.0.0.1:"+source, "TCP:127.0.0.1:"+sink)...)
	}
}

// moved is what one turn gave.
type moved struct {
	perSec float64 // MB
	cpu    float64 // ms of the program's for each 100 MB, its start included
	memory float64 // MB at most
}

func throughput(dir string, rounds, bytes int, only string) error {
	fmt.Printf("\n%d MB over loopback, median of %d turns\n", bytes>>20, rounds)
	for _, f := range flows {
		results := map[string][]moved{}
		for range rounds {
			for _, m := range movers {
				if !wanted(only, m.name) {
					continue
				}
				r, err := m.turn(dir, f, bytes)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", m.name, f.name, err)
				}
				if r.perSec > 0 {
					results[m.name] = append(results[m.name], r)
				}
			}
		}
		printFlow(f, results)
	}
	return nil
}

func printFlow(f flow, results map[string][]moved) {
	fmt.Printf("\n%-22s %8s %14s %10s\n", f.name, "MB/s", "CPU ms/100 MB", "memory MB")
	for _, m := range movers {
		if rs := results[m.name]; len(rs) > 0 {
			fmt.Printf("%-22s %8.0f %14.1f %10.0f\n", m.name,
				middle(rs, func(r moved) float64 { return r.perSec }),
				middle(rs, func(r moved) float64 { return r.cpu }),
				middle(rs, func(r moved) float64 { return r.memory }))
		}
	}
}

func middle(rs []moved, value func(moved) float64) float64 {
	var all []float64
	for _, r := range rs {
		all = append(all, value(r))
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// turn has the program move the bytes, in a process of its own, between a source
// and a sink, which is another one. The time begins when the program is connected.
func (m mover) turn(dir string, f flow, bytes int) (moved, error) {
	self, err := os.Executable()
	if err != nil {
		return moved{}, err
	}
	ends := exec.Command(self, "-ends", fmt.Sprintf("%s,%d", f.name, bytes))
	ends.Stderr = os.Stderr
	out, err := ends.StdoutPipe()
	if err != nil {
		return moved{}, err
	}
	if err := ends.Start(); err != nil {
		return moved{}, err
	}
	defer ends.Wait()
	defer ends.Process.Kill()
	var source, sink string
	if _, err := fmt.Fscan(out, &source, &sink); err != nil {
		return moved{}, err
	}
	cmd := m.start(dir, f, bytes, source, sink)
	if cmd == nil || cmd.Err != nil {
		return moved{}, nil // not installed, or it cannot
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return moved{}, err
	}
	var seconds float64
	if _, err := fmt.Fscan(out, &seconds); err != nil {
		return moved{}, err
	}
	use := cmd.ProcessState
	cpu := use.UserTime() + use.SystemTime()
	return moved{
		perSec: float64(bytes) / 1e6 / seconds,
		cpu:    cpu.Seconds() * 1e3 / (float64(bytes) / 1e8),
		memory: float64(use.SysUsage().(*syscall.Rusage).Maxrss) / 1e3,
	}, nil
}

// runEnds is the process of the source and the sink: "flow,bytes". It prints
// their ports, and then the seconds that it took.
func runEnds(spec string) {
	name, digits, _ := strings.Cut(spec, ",")
	bytes, _ := strconv.Atoi(digits)
	f := flows[slices.IndexFunc(flows, func(f flow) bool { return f.name == name })]
	if err := f.ends(bytes); err != nil {
		fmt.Fprintln(os.Stderr, "ends:", err)
		os.Exit(1)
	}
}

func (f flow) ends(bytes int) error {
	source, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	sink, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	fmt.Println(port(source), port(sink))
	began, ended := make(chan time.Time, 2), make(chan error, 2)
	end := func(l net.Listener, move func(fd, bytes int) error) {
		c, err := l.Accept()
		began <- time.Now()
		if err != nil {
			ended <- err
			return
		}
		file, err := c.(*net.TCPConn).File() // a blocking descriptor
		if err != nil {
			ended <- err
			return
		}
		c.Close()
		err = move(int(file.Fd()), bytes)
		file.Close()
		ended <- err
	}
	n := 0
	if f.source {
		n++
		go end(source, send)
	}
	if f.sink {
		n++
		go end(sink, discard)
	}
	for range n {
		if err := <-ended; err != nil {
			return err
		}
	}
	fmt.Println(time.Since(<-began).Seconds())
	return nil
}

// send writes bytes zeros, and waits until the peer has gone: it has read them.
func send(fd, bytes int) error {
	buf := make([]byte, 256<<10)
	for left := bytes; left > 0; {
		n, err := unix.Write(fd, buf[:min(left, len(buf))])
		if err != nil {
			return err
		}
		left -= n
	}
	unix.Shutdown(fd, unix.SHUT_WR)
	unix.Read(fd, buf)
	return nil
}

// discard reads bytes as any peer does, and forgets them.
func discard(fd, bytes int) error {
	buf := make([]byte, 256<<10)
	for left := bytes; left > 0; {
		n, err := unix.Read(fd, buf)
		if err != nil {
			return err
		}
		if n == 0 {
			return io.ErrUnexpectedEOF
		}
		left -= n
	}
	return nil
}
