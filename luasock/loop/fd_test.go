package loop

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// kinds are the sorts of descriptors that the tests wait on: what is written
// to w can be read from r.
var kinds = []struct {
	name string
	open func(t *testing.T) (r, w int)
}{
	{"socketpair", socketpair},
	{"pipe", pipe},
	{"TCP", tcp},
}

// eachKind runs the test over every poller and kind of descriptor.
func eachKind(t *testing.T, test func(t *testing.T, l *Loop, r, w *FD)) {
	t.Helper()
	for _, kind := range kinds {
		t.Run(kind.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				r, w := kind.open(t)
				test(t, l, take(t, l, r), take(t, l, w))
			})
		})
	}
}

func TestWaitForIn(t *testing.T) {
	eachKind(t, func(t *testing.T, l *Loop, r, w *FD) {
		byMainAndByATask(t, l, func(me *Task) {
			for range 3 {
				l.Go("writer", func() {
					check(t, "state", me.State(), Waiting)
					check(t, "write", write(w, "x", never), nil)
				})
				check(t, "Wait", waitFor(r, In, l.Deadline(long)), nil)
				check(t, "May", r.May(In), true)
				check(t, "Plain", r.Plain(), true)
				settled(t, l)
				got, err := read(r, never)
				check(t, "read", err, nil)
				check(t, "data", got, "x")
			}
		})
	})
}

// TestWaitForInThatIsThere: what came before the first wait, which the poller
// was not told of, ends it too.
func TestWaitForInThatIsThere(t *testing.T) {
	eachKind(t, func(t *testing.T, l *Loop, r, w *FD) {
		check(t, "write", write(w, "x", never), nil)
		check(t, "Wait", waitFor(r, In, never), nil)
		check(t, "May", r.May(In), true)
	})
}

func TestWaitForOut(t *testing.T) {
	eachKind(t, func(t *testing.T, l *Loop, r, w *FD) {
		byMainAndByATask(t, l, func(me *Task) {
			n := fill(t, w)
			reader := l.Go("reader", func() {
				check(t, "state", me.State(), Waiting)
				for n > 0 {
					s, err := read(r, l.Deadline(long))
					if err != nil || s == "" {
						t.Errorf("read: %q, %v", s, err)
						return
					}
					n -= len(s)
				}
			})
			check(t, "Wait", w.Wait(Out, Why{Op: "send"}, l.Deadline(long)), nil)
			check(t, "May", w.May(Out), true)
			check(t, "Plain", w.Plain(), true)
			check(t, "Join", reader.Join(never), nil)
			settled(t, l)
		})
	})
}

func TestEndOfDataWakes(t *testing.T) {
	eachKind(t, func(t *testing.T, l *Loop, r, w *FD) {
		l.Go("closes", func() { shut(w) })
		check(t, "Wait", waitFor(r, In, never), nil)
		got, err := read(r, never)
		check(t, "read", err, nil)
		check(t, "data", got, "")
	})
}

// TestAPeerThatIsGoneWakesAWriter whose buffer is full.
func TestAPeerThatIsGoneWakesAWriter(t *testing.T) {
	eachKind(t, func(t *testing.T, l *Loop, r, w *FD) {
		fill(t, w)
		l.Go("closes", func() { shut(r) })
		check(t, "Wait", w.Wait(Out, Why{}, never), nil)
		check(t, "Plain", w.Plain(), false)
	})
}

func TestConnect(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		server, at := listen(t)
		ls := take(t, l, server)
		accepted := 0
		l.Go("accepts", func() {
			for {
				fd, _, err := unix.Accept(server)
				switch err {
				case nil:
					accepted++
					unix.Close(fd)
				case unix.EAGAIN:
					if waitFor(ls, In, never) != nil {
						return
					}
				default:
					t.Errorf("accept: %v", err)
					return
				}
			}
		})
		for range 5 {
			client := take(t, l, newTCP(t))
			if err := unix.Connect(client.n, at); err != unix.EINPROGRESS {
				check(t, "connect", err, nil)
			}
			check(t, "Wait", waitFor(client, Out, never), nil)
			errno, err := unix.GetsockoptInt(client.n, unix.SOL_SOCKET, unix.SO_ERROR)
			check(t, "SO_ERROR", err, nil)
			check(t, "error of connect", errno, 0)
			shut(client)
		}
		turn(l)
		check(t, "accepted", accepted, 5)
	})
}

// TestWaitersOnOneDescriptor: each is woken by what it waits for, in the order
// in which they came.
func TestWaitersOnOneDescriptor(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		fill(t, a)
		var got []string
		waits := func(name string, mask Event) {
			l.Go(name, func() {
				a.Blocked(mask)
				check(t, name, a.Wait(mask, Why{}, never), nil)
				got = append(got, name)
			})
		}
		waits("in 1", In)
		waits("out 1", Out)
		waits("in 2", In)
		waits("either", In|Out)
		waits("out 2", Out)
		l.Yield()
		check(t, "write", write(b, "x", never), nil)
		turn(l)
		checkList(t, "woken by In", got, []string{"in 1", "in 2", "either"})
		drain(t, b)
		turn(l)
		checkList(t, "woken by Out", got[3:], []string{"out 1", "out 2"})
		settled(t, l)
	})
}

// TestWaitersThatLeave has one waiter at a time leave the list by its
// deadline: the first, the last, one in the middle, the only one.
func TestWaitersThatLeave(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 2, 0, 3}, {2, 0, 3, 1}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				a, b := pair(t, l)
				left := make([]bool, len(order))
				tasks := make([]*Task, len(order))
				for i := range order {
					tasks[i] = l.Go("waits", func() { waitFor(a, In, never); left[i] = true })
				}
				l.Yield()
				for _, i := range order[:2] {
					tasks[i].Cancel(errReason)
				}
				turn(l)
				check(t, "waiters", l.onFD, 2)
				for i := range left {
					check(t, fmt.Sprint("left ", i), left[i], i == order[0] || i == order[1])
				}
				write(b, "x", never)
				check(t, "Run", l.Run(), nil)
				settled(t, l)
				check(t, "list is empty", a.waiters == nil && a.tail == nil, true)
			})
		})
	}
}

func TestCloseUnderAWait(t *testing.T) {
	tests := []struct {
		name string
		wait func(l *Loop, f, other *FD) error
	}{
		{"Wait", func(l *Loop, f, _ *FD) error { return waitFor(f, In, l.Deadline(long)) }},
		{"WaitAny", func(l *Loop, f, other *FD) error {
			return l.WaitAny([]Interest{{other, In}, {f, In}}, Why{}, l.Deadline(long))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				byMainAndByATask(t, l, func(me *Task) {
					a, b := pair(t, l)
					l.Go("closes", func() { a.Close(); a.Close() })
					check(t, "the wait", tt.wait(l, a, b), ErrClosed)
					settled(t, l)
					check(t, "a wait on the closed", tt.wait(l, a, b), ErrClosed)
					settled(t, l)
				})
			})
		})
	}
}

// TestCloseBeforeTheWokenTaskGoesOn: the event has ended the wait, and another
// task that goes on first closes the descriptor. The number may be another's
// by then, so the waiter must hear of it.
func TestCloseBeforeTheWokenTaskGoesOn(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		c, _ := pair(t, l)
		var errs []error
		l.Go("closes", func() { check(t, "Wait", waitFor(a, In, never), nil); a.Close() })
		l.Go("waits", func() { errs = append(errs, waitFor(a, In, l.Deadline(long))) })
		l.Go("waits for any", func() {
			errs = append(errs, l.WaitAny([]Interest{{c, In}, {a, In}}, Why{}, l.Deadline(long)))
		})
		l.Yield()
		write(b, "x", never)
		check(t, "Run", l.Run(), nil)
		checkList(t, "errors", errs, []error{ErrClosed, ErrClosed})
		settled(t, l)
	})
}

func TestCloseOfADescriptorThatWasNeverWaitedOn(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, _ := pair(t, l)
		a.Close()
		a.Close()
		check(t, "Wait", waitFor(a, In, never), ErrClosed)
	})
}

// TestANumberUsedAgain: the open file behind the first use lives on in a copy,
// so that the poller still reports its events under the old number.
func TestANumberUsedAgain(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		n, peer := socketpair(t)
		dup, err := unix.Dup(n)
		check(t, "dup", err, nil)
		closeAtEnd(t, dup, peer)
		first := l.FD(n)
		check(t, "the first use", waitFor(first, In, time.Now()), ErrTimeout)
		first.Close()
		check(t, "write", writeTo(peer, "old"), nil) // an event between the two uses

		m, other := socketpair(t)
		closeAtEnd(t, m, other)
		unix.Close(n)
		again, err := unix.FcntlInt(uintptr(m), unix.F_DUPFD, n)
		check(t, "dup", err, nil)
		check(t, "the number", again, n)
		second := take(t, l, n)
		task := l.Go("waits", func() { check(t, "the second use", waitFor(second, In, never), nil) })
		l.Yield()
		check(t, "write", writeTo(peer, "old"), nil) // and one during the second
		for range 5 {
			turn(l)
			check(t, "May", second.May(In), false)
			check(t, "state", task.State(), Waiting)
		}
		check(t, "write", writeTo(other, "new"), nil)
		check(t, "Run", l.Run(), nil)
		check(t, "May", second.May(In), true)
		got, err := read(second, never)
		check(t, "read", err, nil)
		check(t, "data", got, "new")
	})
}

func TestAnEventOfAnotherGenerationFindsNothing(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, _ := pair(t, l)
		a.Blocked(In | Out)
		l.event(a.n, a.gen-1, In)
		l.event(a.n, a.gen+1, In)
		l.event(a.n+1000, a.gen, In)
		check(t, "May", a.May(In), false)
		l.event(a.n, a.gen, In)
		check(t, "May", a.May(In), true)
		a.Blocked(In)
		a.Close()
		l.event(a.n, a.gen, In)
		check(t, "May of the closed", a.May(In), false)
	})
}

// TestGenerationsThatWrap: after 2^32 descriptors the count begins again.
func TestGenerationsThatWrap(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		l.gen = 1<<32 - 3
		for range 5 {
			a, b := pair(t, l)
			check(t, "write", write(b, "x", never), nil)
			check(t, "Wait", waitFor(a, In, l.Deadline(time.Second)), nil)
		}
	})
}

// TestAKeptDescriptorLeavesThePoller: its file lives on, and may come back
// under the same number.
func TestAKeptDescriptorLeavesThePoller(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		n, peer := socketpair(t)
		closeAtEnd(t, n, peer)
		for range 3 {
			f := l.FD(n)
			f.Kept()
			check(t, "Wait", waitFor(f, In, time.Now()), ErrTimeout)
			check(t, "write", writeTo(peer, "x"), nil)
			check(t, "Wait", waitFor(f, In, never), nil)
			drain(t, f)
			f.Close()
		}
	})
}

func TestAGreatNumber(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		m, peer := socketpair(t)
		closeAtEnd(t, m, peer)
		n, err := unix.FcntlInt(uintptr(m), unix.F_DUPFD, 900)
		check(t, "dup", err, nil)
		f := take(t, l, n)
		l.Go("writes", func() { check(t, "write", writeTo(peer, "x"), nil) })
		check(t, "Wait", waitFor(f, In, never), nil)
	})
}

func TestManyUsesOfOneNumber(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		numbers := map[int]int{}
		for range 500 {
			n, peer := socketpair(t)
			numbers[n]++
			a := l.FD(n)
			check(t, "Wait", waitFor(a, In, time.Now()), ErrTimeout)
			l.Go("writes", func() { check(t, "write", writeTo(peer, "x"), nil) })
			check(t, "Wait", waitFor(a, In, never), nil)
			a.Close()
			unix.Close(n)
			unix.Close(peer)
		}
		if p, ok := l.poller.(*pollPoller); ok {
			check(t, "descriptors in the poller", len(p.fds), 0)
		}
		if len(numbers) > 10 {
			t.Errorf("%d numbers were used, so few of them twice", len(numbers))
		}
	})
}

// TestDataAndTheEndInOneEvent reads as sock does: after a plain event a read
// that comes short is not followed by another before the next event. With the
// end in the same event there will be none.
func TestDataAndTheEndInOneEvent(t *testing.T) {
	tests := []struct {
		name string
		open func(t *testing.T) (r, w int)
		end  func(w *FD)
	}{
		{"TCP, half closed", tcp, func(w *FD) { unix.Shutdown(w.n, unix.SHUT_WR) }},
		{"TCP, closed", tcp, shut},
		{"socketpair, half closed", socketpair, func(w *FD) { unix.Shutdown(w.n, unix.SHUT_WR) }},
		{"socketpair, closed", socketpair, shut},
	}
	for _, tt := range tests {
		for _, early := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, before the first wait: %v", tt.name, early), func(t *testing.T) {
				eachPoller(t, func(t *testing.T, l *Loop) {
					n, peer := tt.open(t)
					r, w := take(t, l, n), take(t, l, peer)
					send := func() { check(t, "write", write(w, "data", never), nil); tt.end(w) }
					if early {
						send()
					} else {
						check(t, "Wait", waitFor(r, In, time.Now()), ErrTimeout)
						l.Go("sends", send)
					}
					got, ended := "", false
					for !ended {
						check(t, "Wait", waitFor(r, In, l.Deadline(10*time.Second)), nil)
						for r.May(In) && !ended {
							var buf [100]byte
							n, err := unix.Read(r.n, buf[:])
							switch {
							case err == unix.EAGAIN:
								r.Blocked(In)
							case err != nil:
								t.Fatalf("read: %v", err)
							default:
								got += string(buf[:n])
								ended = n == 0
								if n < len(buf) && r.Plain() {
									r.Blocked(In)
								}
							}
						}
						if t.Failed() {
							return
						}
					}
					check(t, "data", got, "data")
				})
			})
		}
	}
}

// TestOutOfBandData has both a mark that a read stops at and one that stands
// alone.
func TestOutOfBandData(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		n, peer := tcp(t)
		closeAtEnd(t, peer)
		r := take(t, l, n)
		for _, before := range []string{"", "data"} {
			check(t, "Wait", waitFor(r, Pri|In, time.Now()), ErrTimeout)
			l.Go("sends", func() {
				if before != "" {
					check(t, "write", writeTo(peer, before), nil)
				}
				check(t, "send", unix.Sendto(peer, []byte("!"), unix.MSG_OOB, nil), nil)
			})
			check(t, "Wait", waitFor(r, Pri, l.Deadline(long)), nil)
			check(t, "May", r.May(Pri), true)
			check(t, "Plain", r.Plain(), false)
			var buf [10]byte
			got, _, err := unix.Recvfrom(n, buf[:], unix.MSG_OOB)
			check(t, "recv", err, nil)
			check(t, "the byte", string(buf[:got]), "!")
			r.Blocked(Pri)
			if before != "" {
				s, err := read(r, never)
				check(t, "read", err, nil)
				check(t, "data", s, before)
			}
			check(t, "write", writeTo(peer, "."), nil) // to go past the mark
			s, err := read(r, never)
			check(t, "read", err, nil)
			check(t, "data", s, ".")
		}
	})
}

func TestARegularFileIsAlwaysReady(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		file, err := os.Create(filepath.Join(t.TempDir(), "file"))
		check(t, "create", err, nil)
		defer file.Close()
		f := l.FD(int(file.Fd()))
		defer f.Close()
		a, _ := pair(t, l)
		for range 3 {
			for _, mask := range []Event{In, Out, In | Out} {
				check(t, "Wait", waitFor(f, mask, l.Deadline(long)), nil)
				check(t, "WaitAny", l.WaitAny([]Interest{{a, In}, {f, mask}}, Why{}, l.Deadline(long)), nil)
				settled(t, l)
			}
		}
		f.Close()
		check(t, "Wait on the closed", waitFor(f, In, never), ErrClosed)
	})
}

// TestWaitOnWhatIsNoDescriptor: the poller's own error comes back.
func TestWaitOnWhatIsNoDescriptor(t *testing.T) {
	p, err := newPoller()
	check(t, "newPoller", err, nil)
	l := newLoop(p)
	defer l.Close()
	if _, plain := l.poller.(*pollPoller); plain {
		t.Skip("poll(2) reports such a descriptor as an event")
	}
	n := lowestFree(t)
	f := l.FD(n)
	if err := waitFor(f, In, never); !errors.Is(err, unix.EBADF) {
		t.Errorf("Wait: got %v, want %v", err, unix.EBADF)
	}
	if err := l.WaitAny([]Interest{{f, In}}, Why{}, never); !errors.Is(err, unix.EBADF) {
		t.Errorf("WaitAny: got %v, want %v", err, unix.EBADF)
	}
	settled(t, l)
}

// TestWaitAnyOfMany has 2,000 descriptors, one of which becomes ready.
func TestWaitAnyOfMany(t *testing.T) {
	const many = 2000
	eachPoller(t, func(t *testing.T, l *Loop) {
		ends, peers := make([]*FD, many), make([]*FD, many)
		list := make([]Interest, many)
		for i := range ends {
			ends[i], peers[i] = pair(t, l)
			list[i] = Interest{ends[i], In}
		}
		for _, i := range []int{0, many / 2, many - 1, rand.IntN(many)} {
			byMainAndByATask(t, l, func(me *Task) {
				for _, end := range ends {
					end.Blocked(In)
				}
				l.Go("writes", func() { check(t, "write", write(peers[i], "x", never), nil) })
				check(t, "WaitAny", l.WaitAny(list, Why{}, l.Deadline(long)), nil)
				settled(t, l)
				for j, end := range ends {
					check(t, fmt.Sprint("May of ", j), end.May(In), j == i)
				}
				drain(t, ends[i])
			})
		}
	})
}

func TestWaitAnyOfTheSameDescriptorTwice(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		fill(t, a)
		list := []Interest{{a, In}, {a, Out}, {a, In}}
		for _, happens := range []func(){
			func() { write(b, "x", never) },
			func() { drain(t, b) },
		} {
			l.Go("makes it ready", happens)
			check(t, "WaitAny", l.WaitAny(list, Why{}, l.Deadline(long)), nil)
			settled(t, l)
			check(t, "list is empty", a.waiters == nil && a.tail == nil, true)
			if a.May(In) {
				drain(t, a)
			}
		}
	})
}

// TestWaitAnyBesideOtherWaits on the same descriptors.
func TestWaitAnyBesideOtherWaits(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, b := pair(t, l)
		c, _ := pair(t, l)
		var got []string
		l.Go("a", func() { waitFor(a, In, never); got = append(got, "a") })
		l.Go("any", func() {
			l.WaitAny([]Interest{{c, In}, {a, In}}, Why{}, never)
			got = append(got, "any")
		})
		other := l.Go("c", func() { check(t, "Wait", waitFor(c, In, never), errReason); got = append(got, "c") })
		l.Go("a again", func() { waitFor(a, In, never); got = append(got, "a again") })
		l.Yield()
		write(b, "x", never)
		turn(l)
		checkList(t, "woken", got, []string{"a", "any", "a again"})
		other.Cancel(errReason)
		check(t, "Run", l.Run(), nil)
		settled(t, l)
	})
}

// TestTwoDirectionsAtOnce has a task read and another write on each end.
func TestTwoDirectionsAtOnce(t *testing.T) {
	eachKind(t, func(t *testing.T, l *Loop, r, w *FD) {
		const size = 1 << 20
		ways := [][2]*FD{{w, r}, {r, w}}
		if _, err := unix.Getpeername(r.n); err != nil { // a pipe
			ways = ways[:1]
		}
		for _, way := range ways {
			data := make([]byte, size)
			for i := range data {
				data[i] = byte(rand.Uint32())
			}
			l.Go("writer", func() {
				check(t, "write", write(way[0], string(data), l.Deadline(long)), nil)
			})
			l.Go("reader", func() {
				got := crc32.NewIEEE()
				for n := 0; n < size; {
					s, err := read(way[1], l.Deadline(long))
					if err != nil || s == "" {
						t.Errorf("read: %q, %v after %d bytes", s, err, n)
						return
					}
					got.Write([]byte(s))
					n += len(s)
				}
				check(t, "checksum", got.Sum32(), crc32.ChecksumIEEE(data))
			})
		}
		check(t, "Run", l.Run(), nil)
		settled(t, l)
	})
}

// TestMoreEventsThanThePollerTakesAtOnce has 1,200 tasks whose descriptors
// become ready together.
func TestMoreEventsThanThePollerTakesAtOnce(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		woken := 0
		peers := make([]*FD, 1200)
		for i := range peers {
			var end *FD
			end, peers[i] = pair(t, l)
			l.Go("waits", func() {
				check(t, "Wait", waitFor(end, In, never), nil)
				woken++
			})
		}
		turn(l)
		for _, peer := range peers {
			check(t, "write", write(peer, "x", never), nil)
		}
		check(t, "Run", l.Run(), nil)
		check(t, "woken", woken, len(peers))
	})
}

// TestNoEventIsLost has many connections on which small pieces go to and fro,
// while waits time out, are cancelled and are shared. A wake-up that is lost
// hangs it.
func TestNoEventIsLost(t *testing.T) {
	const connections, rounds = 50, 100
	eachPoller(t, func(t *testing.T, l *Loop) {
		done := 0
		for c := range connections {
			a, b := pair(t, l)
			patient := func(op func(deadline time.Time) error) {
				for {
					deadline := never
					if rand.IntN(3) == 0 {
						deadline = l.Deadline(time.Duration(rand.IntN(200)) * time.Microsecond)
					}
					switch err := op(deadline); err {
					case nil:
						return
					case ErrTimeout, errReason:
					default:
						t.Errorf("got %v", err)
						return
					}
				}
			}
			l.Go("echo", func() {
				for {
					var s string
					patient(func(d time.Time) (err error) { s, err = read(a, d); return err })
					if s == "" {
						return
					}
					if rand.IntN(4) == 0 {
						l.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond)
					}
					patient(func(d time.Time) error { return write(a, s, d) })
				}
			})
			asker := l.Go("asker", func() {
				for i := range rounds {
					want := fmt.Sprint(c, " ", i, ";")
					patient(func(d time.Time) error { return write(b, want, d) })
					for got := ""; got != want; {
						patient(func(d time.Time) error {
							s, err := read(b, d)
							got += s
							return err
						})
					}
				}
				done++
				shut(b)
			})
			if c%5 == 0 {
				l.Go("disturbs", func() {
					for asker.Cancel(errReason) {
						l.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond)
					}
				})
			}
		}
		check(t, "Run", l.Run(), nil)
		check(t, "connections", done, connections)
		settled(t, l)
	})
}

// TestHappened shows what an event makes possible, and whom it wakes.
func TestHappened(t *testing.T) {
	const all = In | Out | Pri
	tests := []struct {
		name  string
		event Event
		ready Event
		plain bool
	}{
		{"data", In, In, true},
		{"room", Out, Out, true},
		{"data and room", In | Out, In | Out, true},
		{"out-of-band data", Pri, Pri, false},
		{"end of data", RdHup, In, false},
		{"data and end", In | RdHup, In, false},
		{"hang-up", Hup, all, false},
		{"error", Err, all, false},
		{"everything", In | Out | Pri | RdHup | Hup | Err, all, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, l *Loop) {
				a, _ := pair(t, l)
				check(t, "May at first", a.May(In) && a.May(Out) && a.May(Pri), true)
				check(t, "Plain at first", a.Plain(), true)
				var woken Event
				for _, mask := range []Event{In, Out, Pri} {
					task := l.Go("waits", func() {
						if l.Park(Why{}, never) == nil {
							woken |= mask
						}
					})
					var w waiter
					check(t, "enlist", a.enlist(&w, task, mask), nil)
					defer a.delist(&w)
				}
				l.Yield()
				a.Blocked(all)
				a.happened(tt.event)
				l.Yield()
				check(t, "ready", a.ready, tt.ready)
				check(t, "woken", woken, tt.ready)
				check(t, "Plain", a.Plain(), tt.plain)
			})
		})
	}
}

func TestWantedIsWhatAllWaitFor(t *testing.T) {
	eachPoller(t, func(t *testing.T, l *Loop) {
		a, _ := pair(t, l)
		check(t, "by none", a.wanted(), 0)
		var in, out waiter
		a.enlist(&in, l.Main(), In)
		a.enlist(&out, l.Main(), Out|Pri)
		check(t, "by both", a.wanted(), In|Out|Pri)
		a.delist(&in)
		check(t, "by the second", a.wanted(), Out|Pri)
		a.delist(&out)
		check(t, "by none", a.wanted(), 0)
	})
}

// TestPollBits is poll(2)'s way to say it, both ways.
func TestPollBits(t *testing.T) {
	tests := []struct {
		event Event
		bits  int16
		asked bool
	}{
		{In, unix.POLLIN, true},
		{Out, unix.POLLOUT, true},
		{Pri, unix.POLLPRI, true},
		{In | Out | Pri, unix.POLLIN | unix.POLLOUT | unix.POLLPRI, true},
		{Hup, unix.POLLHUP, false},
		{Err, unix.POLLERR, false},
		{Err, unix.POLLNVAL, false},
		{In | Hup, unix.POLLIN | unix.POLLHUP, false},
	}
	for _, tt := range tests {
		check(t, fmt.Sprintf("FromPoll(%#x)", tt.bits), FromPoll(tt.bits), tt.event)
		if tt.asked {
			check(t, fmt.Sprintf("ToPoll(%#x)", tt.event), ToPoll(tt.event), tt.bits)
		}
	}
	check(t, "ToPoll of what is reported unasked", ToPoll(RdHup|Hup|Err), 0)
}

// waitFor waits as after a call that would have blocked.
func waitFor(f *FD, mask Event, deadline time.Time) error {
	f.Blocked(mask)
	return f.Wait(mask, Why{Op: "wait", On: text("a descriptor")}, deadline)
}

// read is a read(2) that waits; "" at the end.
func read(f *FD, deadline time.Time) (string, error) {
	var buf [4096]byte
	for {
		if f.May(In) {
			n, err := unix.Read(f.n, buf[:])
			if err == nil {
				return string(buf[:n]), nil
			}
			if err != unix.EAGAIN {
				return "", err
			}
			f.Blocked(In)
		}
		if err := f.Wait(In, Why{Op: "read"}, deadline); err != nil {
			return "", err
		}
	}
}

// write is a write(2) that waits until all is written.
func write(f *FD, s string, deadline time.Time) error {
	for s != "" {
		n, err := 0, error(unix.EAGAIN)
		if f.May(Out) {
			n, err = unix.Write(f.n, []byte(s))
		}
		switch err {
		case nil:
			s = s[n:]
		case unix.EAGAIN:
			f.Blocked(Out)
			if err := f.Wait(Out, Why{Op: "write"}, deadline); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

// writeTo writes to what is not in the loop, and must have room.
func writeTo(fd int, s string) error {
	_, err := unix.Write(fd, []byte(s))
	return err
}

// turn has the loop take in what has happened and the tasks go on.
func turn(l *Loop) {
	l.Yield()
	l.Yield()
}

// fill writes until there is no room, notes that, and returns the number of
// bytes.
func fill(t *testing.T, f *FD) int {
	t.Helper()
	total := 0
	for block := bytes.Repeat([]byte("x"), 1<<16); ; {
		n, err := unix.Write(f.n, block)
		if err == unix.EAGAIN {
			f.Blocked(Out)
			return total
		}
		if err != nil {
			t.Fatalf("write: %v", err)
		}
		total += n
	}
}

// drain reads what is there, notes that, and returns the number of bytes.
func drain(t *testing.T, f *FD) int {
	t.Helper()
	total := 0
	for buf := make([]byte, 1<<16); ; {
		n, err := unix.Read(f.n, buf)
		if err == unix.EAGAIN {
			f.Blocked(In)
			return total
		}
		if err != nil || n == 0 {
			t.Fatalf("read: %d, %v", n, err)
		}
		total += n
	}
}

// pair is a socketpair in the loop.
func pair(t *testing.T, l *Loop) (a, b *FD) {
	t.Helper()
	m, n := socketpair(t)
	return take(t, l, m), take(t, l, n)
}

// take puts a descriptor into the loop, and closes it at the end of the test
// unless shut does.
func take(t *testing.T, l *Loop, n int) *FD {
	t.Helper()
	f := l.FD(n)
	t.Cleanup(func() { shut(f) })
	return f
}

// shut takes the descriptor out of the loop and closes it.
func shut(f *FD) {
	if f.n >= 0 {
		f.Close()
		unix.Close(f.n)
		f.n = -1
	}
}

func closeAtEnd(t *testing.T, fds ...int) {
	t.Cleanup(func() {
		for _, fd := range fds {
			unix.Close(fd)
		}
	})
}

// socketpair, pipe and tcp give two connected non-blocking descriptors, which
// are the caller's.
func socketpair(t *testing.T) (a, b int) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == unix.EMFILE {
		t.Skip("this process may open too few descriptors")
	}
	opened(t, err, fds[:]...)
	return fds[0], fds[1]
}

func pipe(t *testing.T) (r, w int) {
	t.Helper()
	var fds [2]int
	opened(t, unix.Pipe(fds[:]), fds[:]...)
	return fds[0], fds[1]
}

func tcp(t *testing.T) (a, b int) {
	t.Helper()
	server, at := listen(t)
	defer unix.Close(server)
	b = newTCP(t)
	if err := unix.Connect(b, at); err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	if _, err := unix.Poll([]unix.PollFd{{Fd: int32(server), Events: unix.POLLIN}}, -1); err != nil {
		t.Fatal(err)
	}
	a, _, err := unix.Accept(server)
	opened(t, err, a)
	return a, b
}

// listen gives a TCP socket that listens on a free port of loopback, and its
// address.
func listen(t *testing.T) (int, unix.Sockaddr) {
	t.Helper()
	fd := newTCP(t)
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 16); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return fd, at
}

// listener is such a socket in the loop, with level.
func listener(t *testing.T, l *Loop) (*FD, unix.Sockaddr) {
	t.Helper()
	n, at := listen(t)
	f := take(t, l, n)
	f.Level()
	return f, at
}

// connect makes a connection, which is there when it returns.
func connect(t *testing.T, at unix.Sockaddr) {
	t.Helper()
	fd := newTCP(t)
	closeAtEnd(t, fd)
	if err := unix.Connect(fd, at); err != nil && err != unix.EINPROGRESS {
		t.Fatal(err)
	}
	if _, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1); err != nil {
		t.Fatal(err)
	}
}

func newTCP(t *testing.T) int {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	opened(t, err, fd)
	return fd
}

// opened makes new descriptors as the loop wants them.
func opened(t *testing.T, err error, fds ...int) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		unix.CloseOnExec(fd)
		if err := unix.SetNonblock(fd, true); err != nil {
			t.Fatal(err)
		}
	}
}
