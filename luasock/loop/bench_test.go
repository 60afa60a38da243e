package loop

import (
	"context"
	"testing"

	"golang.org/x/sys/unix"
)

// BenchmarkYield is one switch from a task to the next, of 100 that do nothing
// else.
func BenchmarkYield(b *testing.B) {
	l := benchLoop(b)
	left := b.N
	for range 100 {
		l.Go("yields", func() {
			for ; left > 0; left-- {
				l.Yield()
			}
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	l.Run()
}

// BenchmarkYieldOfMain is one turn of a loop with nothing in it.
func BenchmarkYieldOfMain(b *testing.B) {
	l := benchLoop(b)
	b.ReportAllocs()
	for b.Loop() {
		l.Yield()
	}
}

// BenchmarkGo is the start and the end of a task.
func BenchmarkGo(b *testing.B) {
	l := benchLoop(b)
	ran := 0
	fn := func() { ran++ }
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if l.Go("short", fn); i%100 == 0 {
			l.Yield()
		}
	}
	l.Run()
}

// BenchmarkParkAndWake is one hand-over between two tasks.
func BenchmarkParkAndWake(b *testing.B) {
	l := benchLoop(b)
	left := b.N
	var tasks [2]*Task
	for i := range tasks {
		tasks[i] = l.Go("hands over", func() {
			for ; left > 0; left-- {
				l.Wake(tasks[1-i], nil)
				l.Park(Why{Op: "park"}, never)
			}
			l.Wake(tasks[1-i], nil)
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	l.Run()
}

// BenchmarkParkWithADeadline is the same with a timer that is armed and
// disarmed each time, beside 1,000 others.
func BenchmarkParkWithADeadline(b *testing.B) {
	l := benchLoop(b)
	for range 1000 {
		l.Go("sleeps", func() { l.Sleep(long) })
	}
	left := b.N
	var tasks [2]*Task
	for i := range tasks {
		tasks[i] = l.Go("hands over", func() {
			for ; left > 0; left-- {
				l.Wake(tasks[1-i], nil)
				l.Park(Why{Op: "park"}, l.Deadline(long))
			}
			l.Wake(tasks[1-i], nil)
		})
	}
	b.ReportAllocs()
	b.ResetTimer()
	tasks[0].Join(never)
}

// BenchmarkPost is a function's way from another goroutine to the sleeping
// owner, and the answer's way back.
func BenchmarkPost(b *testing.B) {
	l := benchLoop(b)
	l.Ref()
	ask := make(chan bool)
	go func() {
		for range ask {
			l.Post(func() { l.Wake(l.Main(), nil) })
		}
	}()
	b.ReportAllocs()
	for b.Loop() {
		ask <- true
		l.Park(Why{Op: "post"}, never)
	}
	close(ask)
}

// BenchmarkAwait is a function that returns at once.
func BenchmarkAwait(b *testing.B) {
	l := benchLoop(b)
	fn := func(context.Context) (int, error) { return 0, nil }
	b.ReportAllocs()
	for b.Loop() {
		Await(l, Why{Op: "await"}, never, fn)
	}
}

// BenchmarkPingPong is one byte to and fro between two tasks over a
// socketpair: two writes, four reads (two of them find nothing) and two turns.
func BenchmarkPingPong(b *testing.B) {
	l := benchLoop(b)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		b.Fatal(err)
	}
	var ends [2]*FD
	for i, fd := range fds {
		unix.SetNonblock(fd, true)
		ends[i] = l.FD(fd)
		b.Cleanup(func() { shut(ends[i]) })
	}
	get := func(f *FD) {
		var buf [1]byte
		for {
			if f.May(In) {
				if _, err := unix.Read(f.n, buf[:]); err == nil {
					return
				}
				f.Blocked(In)
			}
			f.Wait(In, Why{Op: "read"}, never)
		}
	}
	ping := []byte("x")
	rounds := b.N
	l.Go("pong", func() {
		for range rounds {
			get(ends[1])
			unix.Write(fds[1], ping)
		}
	})
	l.Go("ping", func() {
		for range rounds {
			unix.Write(fds[0], ping)
			get(ends[0])
		}
	})
	b.ReportAllocs()
	b.ResetTimer()
	l.Run()
}

func benchLoop(b *testing.B) *Loop {
	l, err := New()
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { l.Close() })
	return l
}
