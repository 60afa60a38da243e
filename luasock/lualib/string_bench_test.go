package lualib

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// stringBench is work on about 1 MB of text, or 100,000 calls.
type stringBench struct{ name, code string }

// benchProlog is what the code below finds. unpack and pack by hand stand for
// Lua 5.1, which has neither.
const benchProlog = `
local MB = 1024 * 1024
local text = ("The quick brown fox, 12 lazy dogs; key=value\n"):rep(23301)
local upper = {} for i = 97, 122 do upper[string.char(i)] = string.char(i - 32) end
local char, byte, floor, format = string.char, string.byte, math.floor, string.format
local lines = {} for i = 1, 100000 do lines[i] = "line " .. i end
local pack, unpack = string.pack, string.unpack
if not pack then
	function pack(_, h, i)
		return char(floor(h / 256), h % 256, floor(i / 16777216), floor(i / 65536) % 256, floor(i / 256) % 256, i % 256)
	end
	function unpack(_, s, p)
		local a, b, c, d, e, f = byte(s, p, p + 5)
		return a * 256 + b, ((c * 256 + d) * 256 + e) * 256 + f, p + 6
	end
end
`

var stringBenches = []stringBench{
	{"gsub string", `text:gsub("%w+", "<%0>")`},
	{"gsub captures", `text:gsub("(%w+)=(%w+)", "%2=%1")`},
	{"gsub byte", `text:gsub("o", "0")`},
	{"gsub delete lines", `text:gsub("[^\n]*\n", "")`},
	{"gsub table", `text:gsub("%l", upper)`},
	{"gsub function of words", `text:gsub("%w+", function(w) return w end)`},
	{"gsub function of bytes", `text:gsub(".", function(c) return c end)`},
	{"gsub hex", `text:sub(1, MB / 8):gsub(".", function(c) return format("%02x", byte(c)) end)`},
	{"find text", `text:find("nothere", 1, true)`},
	{"find pattern", `text:find("%d%d%d")`},
	{"find lazy", `text:find("q[^q]-z%d")`},
	{"find lines", `local p = 1 while p do local _, e = text:find("\n", p, true) p = e and e + 1 end`},
	{"match request", `local s = "GET /index.html HTTP/1.1" for i = 1, 100000 do s:match("^(%u+) (%S+) HTTP/(%d)%.(%d)$") end`},
	{"match header", `local s = "Content-Length: 12345" for i = 1, 100000 do s:match("^([^:]+):%s*(.-)%s*$") end`},
	{"gmatch words", `for w in text:gmatch("%a+") do end`},
	{"gmatch pairs", `for k, v in text:gmatch("(%w+)=(%w+)") do end`},
	{"format mixed", `for i = 1, 100000 do n = n + #format("%d %s %5.2f", i, "abc", i / 3) end`},
	{"format g", `for i = 1, 100000 do n = n + #format("%.14g", i / 7) end`},
	{"format hex", `for i = 1, 100000 do n = n + #format("%02x", i) end`},
	{"format q", `n = #format("%q", text)`},
	{"concat", `n = #table.concat(lines, "\n")`},
	{"pack", `for i = 1, 100000 do n = n + #pack(">I2I4", 513, i) end`},
	{"unpack", `local p, a, b = 1 while p + 6 <= #text do a, b, p = unpack(">I2I4", text, p) end`},
	{"byte and char", `for i = 1, #text - 4096, 4096 do n = n + #char(byte(text, i, i + 4095)) end`},
	{"upper, reverse, rep", `n = #text:upper() + #text:reverse() + #string.rep("ab", MB / 2)`},
	{"sub of each byte", `local sub = string.sub for i = 1, #text do n = n + #sub(text, i, i) end`},
}

// BenchmarkString reports, beside the time of each, how many times the time of
// the real Luas that is.
func BenchmarkString(b *testing.B) {
	oracles := map[string][]time.Duration{}
	for _, oracle := range []string{"lua5.1", "luajit"} {
		if _, err := exec.LookPath(oracle); err == nil {
			oracles[oracle] = timeOracle(b, oracle)
		}
	}
	for i, bench := range stringBenches {
		b.Run(bench.name, func(b *testing.B) {
			L, _ := newStringState(b)
			mustRun(b, L, benchProlog+"function work() local n = 0 "+bench.code+" return n end")
			work := L.GetGlobal("work")
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				L.Push(work)
				L.Call(0, 0)
				best = min(best, time.Since(start))
			}
			for oracle, times := range oracles {
				b.ReportMetric(float64(best)/float64(times[i]), "x-"+oracle)
			}
		})
	}
}

// timeOracle gives the best of several times of each benchmark in a real Lua.
func timeOracle(b *testing.B, oracle string) []time.Duration {
	b.Helper()
	var script strings.Builder
	script.WriteString(benchProlog + `
		local function time(work)
			work()
			local best = 1e9
			for i = 1, 7 do
				collectgarbage()
				local start = os.clock()
				work()
				best = math.min(best, os.clock() - start)
			end
			print(best * 1e9)
		end
	`)
	for _, bench := range stringBenches {
		fmt.Fprintf(&script, "time(function() local n = 0 %s return n end)\n", bench.code)
	}
	cmd := exec.Command(oracle, "-")
	cmd.Stdin = strings.NewReader(script.String())
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s: %v", oracle, err)
	}
	var times []time.Duration
	for _, line := range strings.Fields(string(out)) {
		ns, err := strconv.ParseFloat(line, 64)
		if err != nil {
			b.Fatal(err)
		}
		times = append(times, time.Duration(max(ns, 1000)))
	}
	return times
}
