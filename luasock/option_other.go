//go:build unix && !linux

package luasock

// systemOptions: none beside those of every system.
var systemOptions map[optionKey]option
