package loop

import "time"

// timer is one entry of the heap: the deadline of a task's wait, or of a scope.
type timer struct {
	task  *Task
	scope *scope
	when  time.Duration // since the loop's start
	index int           // in the heap, from 1; 0 when not armed
}

// arm sets the timer to go off at the deadline.
func (l *Loop) arm(t *timer, deadline time.Time) {
	l.disarm(t)
	t.when = deadline.Sub(l.start)
	l.timers = append(l.timers, t)
	t.index = len(l.timers)
	l.timers.up(t.index - 1)
}

// disarm takes the timer out, if it is armed.
func (l *Loop) disarm(t *timer) {
	if t.index == 0 {
		return
	}
	l.timers.remove(t.index - 1)
	t.index = 0
}

// fire lets every timer that is due go off.
func (l *Loop) fire() {
	if len(l.timers) == 0 {
		return
	}
	now := time.Since(l.start)
	for len(l.timers) > 0 && l.timers[0].when <= now {
		t := l.timers[0]
		l.disarm(t)
		if t.scope == nil {
			l.Wake(t.task, ErrTimeout)
			continue
		}
		t.scope.expired = true
		if t.task.shields == 0 {
			l.Wake(t.task, ErrExpired)
		}
	}
}

// untilTimer is how long the loop may sleep; negative: without end.
func (l *Loop) untilTimer() time.Duration {
	if len(l.timers) == 0 {
		return -1
	}
	return max(0, l.timers[0].when-time.Since(l.start))
}

// timerHeap is a binary heap, the next to go off first.
type timerHeap []*timer

func (h timerHeap) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent].when <= h[i].when {
			return
		}
		h.swap(i, parent)
		i = parent
	}
}

func (h timerHeap) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if child+1 < len(h) && h[child+1].when < h[child].when {
			child++
		}
		if h[i].when <= h[child].when {
			return
		}
		h.swap(i, child)
		i = child
	}
}

func (h timerHeap) swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i+1, j+1
}

func (h *timerHeap) remove(i int) {
	last := len(*h) - 1
	h.swap(i, last)
	(*h)[last] = nil
	*h = (*h)[:last]
	if i < last {
		h.up(i)
		h.down(i)
	}
}
