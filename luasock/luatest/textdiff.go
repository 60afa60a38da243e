package luatest

import "strings"

const (
	contextLines = 3       // that are shown around a difference
	mostCells    = 4 << 20 // of the table in which the difference is looked for
)

// diffLines shows what must be taken away (-) and added (+) to make one list of
// lines of another, with a few lines around.
func diffLines(a, b []string) string {
	var lines []string // with a mark before each
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		lines = append(lines, "    "+a[start])
		start++
	}
	end := 0
	for end < len(a)-start && end < len(b)-start && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	lines = append(lines, changes(a[start:len(a)-end], b[start:len(b)-end])...)
	for _, line := range a[len(a)-end:] {
		lines = append(lines, "    "+line)
	}
	return strings.Join(shorten(lines), "\n")
}

// changes is the middle part, by the longest common subsequence.
func changes(a, b []string) []string {
	var lines []string
	if (len(a)+1)*(len(b)+1) > mostCells {
		return append(mark("  - ", a), mark("  + ", b)...)
	}
	common := make([][]int32, len(a)+1)
	for i := range common {
		common[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for k := len(b) - 1; k >= 0; k-- {
			if a[i] == b[k] {
				common[i][k] = common[i+1][k+1] + 1
				continue
			}
			common[i][k] = max(common[i+1][k], common[i][k+1])
		}
	}
	i, k := 0, 0
	for i < len(a) || k < len(b) {
		switch {
		case i < len(a) && k < len(b) && a[i] == b[k]:
			lines = append(lines, "    "+a[i])
			i++
			k++
		case k == len(b) || i < len(a) && common[i+1][k] >= common[i][k+1]:
			lines = append(lines, "  - "+a[i])
			i++
		default:
			lines = append(lines, "  + "+b[k])
			k++
		}
	}
	return lines
}

func mark(with string, lines []string) []string {
	var list []string
	for _, line := range lines {
		list = append(list, with+line)
	}
	return list
}

// shorten leaves out lines that are far from any difference.
func shorten(lines []string) []string {
	near := make([]bool, len(lines))
	for i, line := range lines {
		if strings.HasPrefix(line, "    ") {
			continue
		}
		for k := max(0, i-contextLines); k <= min(len(lines)-1, i+contextLines); k++ {
			near[k] = true
		}
	}
	var list []string
	for i := 0; i < len(lines); i++ {
		far := 0
		for i+far < len(lines) && !near[i+far] {
			far++
		}
		if far > 1 { // one line is as long as what says that it is not there
			list = append(list, "    …")
			i += far - 1
			continue
		}
		list = append(list, lines[i])
	}
	return list
}
