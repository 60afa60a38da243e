module sockscript

go 1.26.0

require (
	github.com/ncruces/go-strftime v1.1.0
	github.com/yuin/gopher-lua v1.1.2
)

require (
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
