//go:build unix && !linux

package sock

// errorTexts is empty where Go's own texts have to do.
var errorTexts = map[int]string{}
