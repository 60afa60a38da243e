package luatest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/bind"
)

// direction is that of bytes through a proxy.
type direction int

const (
	toServer direction = iota
	toClient
)

// faults are how a proxy misbehaves. They are never changed: set takes others.
//
// What happens to a byte or a datagram depends only on the seed, the number of
// the connection, the direction and the number of the byte or datagram, so that
// the same conversation meets the same faults again, however fast it is.
type faults struct {
	latency, jitter time.Duration
	rate            float64 // bytes a second; 0 is no limit
	slice           int     // bytes; 0 for none

	closeAfter, resetAfter, stallAfter int64 // bytes; never for none

	corrupt                  float64 // probability a byte
	loss, duplicate, reorder float64 // probability a datagram

	toward string
	seed   int64
	text   string // as Lua, for people
}

const never = math.MaxInt64

// The keys of faults: for any proxy, for streams, for datagrams.
var (
	anyFaults      = []string{"latency", "jitter", "rate", "corrupt", "toward", "seed"}
	streamFaults   = []string{"slice", "close_after", "reset_after", "stall_after"}
	datagramFaults = []string{"loss", "duplicate", "reorder"}
)

// faultsArg reads argument i; nil is no faults. seed counts unless the faults
// have their own.
func faultsArg(c bind.Call, i int, datagrams bool, seed int64) *faults {
	f := &faults{closeAfter: never, resetAfter: never, stallAfter: never, toward: "both", seed: seed}
	if !c.Has(i) {
		f.text = fmt.Sprintf("{seed = %d}", seed)
		return f
	}
	k := c.Fields(i)
	onlyFaults(k, datagrams)
	f.latency, f.jitter = secondsOf(k, "latency"), secondsOf(k, "jitter")
	f.rate = numberOf(k, "rate", 0, "a number of bytes a second, more than 0", func(n float64) bool { return n > 0 })
	f.slice = k.OptInt("slice", 0, 1, math.MaxInt32)
	f.closeAfter, f.resetAfter, f.stallAfter = afterOf(k, "close_after"), afterOf(k, "reset_after"), afterOf(k, "stall_after")
	f.corrupt, f.loss = probability(k, "corrupt"), probability(k, "loss")
	f.duplicate, f.reorder = probability(k, "duplicate"), probability(k, "reorder")
	if f.toward = k.OptBytes("toward", "both"); !slices.Contains([]string{"client", "server", "both"}, f.toward) {
		k.Wrong("toward", `"client", "server" or "both"`)
	}
	f.seed = int64(k.OptInt("seed", int(seed), math.MinInt, math.MaxInt))
	f.text = f.describe(k)
	return f
}

// onlyFaults raises for a fault that there is not, or not for this proxy.
func onlyFaults(k bind.Fields, datagrams bool) {
	mine, others, kind := streamFaults, datagramFaults, "streams"
	if datagrams {
		mine, others, kind = datagramFaults, streamFaults, "datagrams"
	}
	for _, name := range others {
		if k.Has(name) {
			k.Bad(name, "is no fault of %s; those are %s", kind, strings.Join(append(slices.Clone(anyFaults[:4]), mine...), ", "))
		}
	}
	k.Only(append(append(slices.Clone(anyFaults[:4]), mine...), anyFaults[4:]...)...)
}

// numberOf reads a number for which valid holds.
func numberOf(k bind.Fields, key string, def float64, want string, valid func(float64) bool) float64 {
	if !k.Has(key) {
		return def
	}
	n, ok := k.Get(key).(lua.LNumber)
	if !ok || !valid(float64(n)) {
		k.Wrong(key, want)
	}
	return float64(n)
}

func secondsOf(k bind.Fields, key string) time.Duration {
	n := numberOf(k, key, 0, "0 seconds or more", func(n float64) bool { return n >= 0 })
	return bind.Duration(n)
}

func probability(k bind.Fields, key string) float64 {
	return numberOf(k, key, 0, "a probability, 0 to 1", func(n float64) bool { return n >= 0 && n <= 1 })
}

func afterOf(k bind.Fields, key string) int64 {
	if !k.Has(key) {
		return never
	}
	return int64(k.Int(key, 0, math.MaxInt))
}

// describe gives the faults as Lua, with their seed.
func (f *faults) describe(k bind.Fields) string {
	var parts []string
	for _, name := range slices.Concat(anyFaults[:5], streamFaults, datagramFaults) {
		switch v := k.Get(name).(type) {
		case lua.LString:
			parts = append(parts, fmt.Sprintf("%s = %q", name, string(v)))
		case lua.LNumber:
			parts = append(parts, name+" = "+bind.NumberText(v))
		}
	}
	return fmt.Sprintf("{%s}", strings.Join(append(parts, fmt.Sprintf("seed = %d", f.seed)), ", "))
}

// hold tells whether the faults are for a direction.
func (f *faults) hold(d direction) bool {
	return f.toward == "both" || f.toward == "client" && d == toClient || f.toward == "server" && d == toServer
}

// kind is what a number is drawn for.
type kind uint64

const (
	drawJitter kind = iota + 1
	drawCorrupt
	drawLoss
	drawDuplicate
	drawReorder
)

// dice are the faults of one direction of one connection.
type dice struct {
	*faults
	conn int
	dir  direction
}

// draw gives the number in [0, 1) for byte or datagram n.
func (d dice) draw(what kind, n int64) float64 {
	return float64(d.bits(what, n)>>11) / (1 << 53)
}

func (d dice) bits(what kind, n int64) uint64 {
	x := scramble(uint64(d.seed))
	x = scramble(x ^ uint64(what)<<33 ^ uint64(d.dir)<<32 ^ uint64(d.conn))
	return scramble(x ^ uint64(n))
}

// scramble is the step of SplitMix64 (Steele, Lea and Flood 2014): every bit of
// the result depends on every bit of x.
func scramble(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// delay is how long what begins at byte or datagram n is under way.
func (d dice) delay(n int64) time.Duration {
	if d.jitter == 0 {
		return d.latency
	}
	off := (2*d.draw(drawJitter, n) - 1) * float64(d.jitter)
	return max(0, d.latency+time.Duration(off))
}

// spoil corrupts bytes, of which the first is byte n, in place.
func (d dice) spoil(p []byte, n int64) {
	if d.corrupt == 0 {
		return
	}
	for i := range p {
		if d.draw(drawCorrupt, n+int64(i)) < d.corrupt {
			p[i] ^= byte(1 + d.bits(drawCorrupt, n+int64(i))%255)
		}
	}
}
