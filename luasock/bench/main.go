//go:build linux

// Command bench compares the CPU that echo servers use for each request:
// sockscript's with a task for each client, and, where they are installed,
// PHP's socket_select loop, LuaSocket's select loop and a C epoll server. They
// take turns under the same load, which comes from a process of its own.
//
// Then it compares how fast bytes move through streams: sockscript, PHP and socat
// take turns between a source and a sink. Last it compares echo and handshakes over
// TLS with Go's own server.
//
//	go run ./luasock/bench [-part echo|throughput|tls] [-rounds 5] [-time 2s] [-mb 1024] [-only name,name]
package main

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// scenario is one kind of load.
type scenario struct {
	name   string
	busy   int // connections that send and wait for the echo, again and again
	silent int // connections that never send
	short  bool
}

var scenarios = []scenario{
	{name: "64 busy", busy: 64},
	{name: "900 busy", busy: 900},
	{name: "16 busy, 800 silent", busy: 16, silent: 800},
	{name: "short, 32 at a time", busy: 32, short: true},
}

// server is one that is measured.
type server struct {
	name  string
	start func(dir string) (*exec.Cmd, error) // an error: not installed
	short bool                                // serves short connections only
	long  bool                                // serves long ones only
}

var servers = []server{
	{name: "sockscript", long: true, start: own("echo.lua")},
	{name: "sockscript", short: true, start: own("accept.lua")},
	{name: "php", long: true, start: command("php", "echo.php")},
	{name: "php", short: true, start: command("php", "accept.php")},
	{name: "luasocket", long: true, start: command("lua5.4", "luasocket.lua")},
	{name: "c epoll", start: func(dir string) (*exec.Cmd, error) {
		return exec.Command(filepath.Join(dir, "echo")), exists(filepath.Join(dir, "echo"))
	}},
}

// own runs a script of the servers folder with the sockscript that was built.
func own(script string) func(dir string) (*exec.Cmd, error) {
	return func(dir string) (*exec.Cmd, error) {
		return exec.Command(filepath.Join(dir, "sockscript"), filepath.Join(dir, script)), nil
	}
}

// command runs a script of the servers folder with an interpreter.
func command(interpreter, script string) func(dir string) (*exec.Cmd, error) {
	return func(dir string) (*exec.Cmd, error) {
		path, err := exec.LookPath(interpreter)
		if err != nil {
			return nil, err
		}
		return exec.Command(path, filepath.Join(dir, script)), nil
	}
}

func exists(path string) error {
	_, err := os.Stat(path)
	return err
}

func main() {
	rounds := flag.Int("rounds", 5, "how often each server has its turn")
	length := flag.Duration("time", 2*time.Second, "how long a turn lasts")
	only := flag.String("only", "", "servers to run, by name, with commas; all when empty")
	part := flag.String("part", "", "echo, throughput or tls; all when empty")
	megabytes := flag.Int("mb", 1024, "how many megabytes move in a turn")
	load := flag.String("load", "", "internal: run the load \"port,busy,silent,short,duration\"")
	ends := flag.String("ends", "", "internal: be source and sink, \"flow,bytes\"")
	tlsLoad := flag.String("tlsload", "", "internal: run the load \"port,busy,short,duration\"")
	tlsServer := flag.String("tlsserver", "", "internal: be Go's server with the certificate in a folder")
	flag.Parse()
	switch {
	case *load != "":
		runLoad(*load)
		return
	case *ends != "":
		runEnds(*ends)
		return
	case *tlsLoad != "":
		runTLSLoad(*tlsLoad)
		return
	case *tlsServer != "":
		fmt.Fprintln(os.Stderr, "bench:", serveTLS(*tlsServer))
		return
	}
	if err := bench(*part, *rounds, *length, *megabytes<<20, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(part string, rounds int, length time.Duration, bytes int, only string) error {
	dir, err := prepare()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if part == "" || part == "echo" {
		if err := echo(dir, rounds, length, only); err != nil {
			return err
		}
	}
	if part == "" || part == "throughput" {
		if err := throughput(dir, rounds, bytes, only); err != nil {
			return err
		}
	}
	if part == "" || part == "tls" {
		return benchTLS(dir, rounds, length)
	}
	return nil
}

func echo(dir string, rounds int, length time.Duration, only string) error {
	fmt.Printf("server CPU for each request, µs, median of %d turns of %v\n", rounds, length)
	for _, sc := range scenarios {
		results := map[string][]result{}
		for range rounds {
			for _, s := range servers {
				if sc.short && s.long || !sc.short && s.short || !wanted(only, s.name) {
					continue
				}
				r, err := turn(dir, s, sc, length)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", s.name, sc.name, err)
				}
				if r.requests > 0 {
					results[s.name] = append(results[s.name], r)
				}
			}
		}
		print(sc, results)
	}
	return nil
}

// wanted tells whether a list of names with commas, which may be empty, has the
// name.
func wanted(only, name string) bool {
	return only == "" || slices.Contains(strings.Split(only, ","), name)
}

// result is what one turn gave.
type result struct {
	requests int
	user     float64 // µs of CPU for each request
	system   float64
	perSec   float64
}

func (r result) cpu() float64 { return r.user + r.system }

func print(sc scenario, results map[string][]result) {
	fmt.Printf("\n%-22s %8s %8s %8s %12s\n", sc.name, "cpu", "user", "system", "requests/s")
	for _, s := range servers {
		rs := results[s.name]
		if len(rs) == 0 || sc.short && s.long || !sc.short && s.short {
			continue
		}
		slices.SortFunc(rs, func(a, b result) int { return int(1000 * (a.cpu() - b.cpu())) })
		m := rs[len(rs)/2]
		fmt.Printf("%-22s %8.2f %8.2f %8.2f %12.0f\n", s.name, m.cpu(), m.user, m.system, m.perSec)
	}
}

// prepare builds the programs into a folder of their own.
func prepare() (string, error) {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return "", err
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("run it inside the module: %w", err)
	}
	base := strings.TrimSpace(string(root))
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "sockscript"), base)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	for name, text := range serverFiles() {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return "", err
		}
	}
	if cc, err := exec.LookPath("cc"); err == nil {
		exec.Command(cc, "-O2", "-o", filepath.Join(dir, "echo"), filepath.Join(dir, "echo.c")).Run()
	}
	return dir, nil
}

// turn starts the server, loads it, and measures its CPU meanwhile.
func turn(dir string, s server, sc scenario, length time.Duration) (result, error) {
	return turnWith(dir, s, func(self, port string) *exec.Cmd {
		return exec.Command(self, "-load", fmt.Sprintf("%s,%d,%d,%t,%s", port, sc.busy, sc.silent, sc.short, length))
	})
}

func turnWith(dir string, s server, load func(self, port string) *exec.Cmd) (result, error) {
	self, err := os.Executable()
	if err != nil {
		return result{}, err
	}
	cmd, err := s.start(dir)
	if err != nil {
		return result{}, nil // not installed
	}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	if err := cmd.Start(); err != nil {
		return result{}, err
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return result{}, fmt.Errorf("the server did not say its port: %w", err)
	}
	return measure(cmd.Process.Pid, load(self, strings.TrimSpace(line)))
}

// measure runs the load, which prints "start" when all are connected and then
// the number of requests.
func measure(pid int, load *exec.Cmd) (result, error) {
	load.Stderr = os.Stderr
	out, err := load.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	if err := load.Start(); err != nil {
		return result{}, err
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	u0, s0 := cpuTime(pid)
	began := time.Now()
	lines.Scan()
	u1, s1 := cpuTime(pid)
	took := time.Since(began)
	n, err := strconv.Atoi(lines.Text())
	if err != nil {
		return result{}, fmt.Errorf("the load failed: %q", lines.Text())
	}
	if err := load.Wait(); err != nil {
		return result{}, err
	}
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / float64(n) }
	return result{n, each(u1 - u0), each(s1 - s0), float64(n) / took.Seconds()}, nil
}

// cpuTime is the CPU that a process has used: exact in sum (schedstat), divided
// into user and system as the clock ticks have it (stat).
func cpuTime(pid int) (user, system time.Duration) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0
	}
	_, after, _ := strings.Cut(string(stat), ") ")
	fields := strings.Fields(after)
	ut, _ := strconv.ParseFloat(fields[11], 64)
	st, _ := strconv.ParseFloat(fields[12], 64)
	var total time.Duration
	threads, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	for _, path := range threads {
		text, _ := os.ReadFile(path)
		ns, _ := strconv.ParseInt(strings.Fields(string(text) + " 0")[0], 10, 64)
		total += time.Duration(ns)
	}
	if ut+st == 0 {
		return total, 0
	}
	user = time.Duration(float64(total) * ut / (ut + st))
	return user, total - user
}

// raiseLimit lets the process have as many descriptors as the system allows.
func raiseLimit() {
	var lim unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &lim) == nil {
		lim.Cur = lim.Max
		unix.Setrlimit(unix.RLIMIT_NOFILE, &lim)
	}
}
