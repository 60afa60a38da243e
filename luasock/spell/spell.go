// Package spell finds the name that somebody meant who wrote another. It is pure;
// any goroutine may call it.
package spell

import "iter"

// Nearest finds the name that a word was perhaps meant to be: the one for which
// the fewest letters are to be changed, of several the first in the order of
// bytes. It is "" when even that would take more than 2 letters, or half of the
// word; and when the word itself is among the names.
func Nearest(word string, names iter.Seq[string]) string {
	best, least := "", min(3, (len(word)+1)/2)
	for name := range names {
		if d := distance(word, name); d < least || d == least && best != "" && name < best {
			best, least = name, d
		}
	}
	if best == word {
		return ""
	}
	return best
}

// distance is how many letters have to be inserted, removed, replaced or swapped
// with their neighbour to make b of a.
func distance(a, b string) int {
	before, last := []int(nil), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		row := make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
