//go:build unix && !linux

package luasock

// systemControlKinds: none beside those of every system.
var systemControlKinds map[optionKey]controlKind
