//go:build !linux

package php

var systemOptions = map[optionKey]option{}
