package luasock

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progressOutput is where a download shows how far it is: the terminal that is
// the VM's Stderr, or nil.
func (vm *VM) progressOutput(o *httpOptions) *os.File {
	f, ok := vm.options.Stderr.(*os.File)
	if !ok || !o.progress || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return f
}

// httpProgress is a bar on a terminal. A nil one shows nothing.
type httpProgress struct {
	bar *progressbar.ProgressBar
	out io.Writer
}

// newHTTPProgress shows a bar for the file of a path, of which some bytes are
// there and left bytes are to come; -1 when nobody knows.
func newHTTPProgress(out *os.File, path string, have, left int64) *httpProgress {
	if out == nil {
		return nil
	}
	all := int64(-1)
	if left >= 0 {
		all = have + left
	}
	bar := progressbar.NewOptions64(all,
		progressbar.OptionSetWriter(out),
		progressbar.OptionSetDescription(printable(filepath.Base(path))),
		progressbar.OptionShowBytes(true),
		progressbar.OptionShowTotalBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionFullWidth(),
		progressbar.OptionSetRenderBlankState(true),
	)
	if have > 0 {
		bar.Set64(have)
	}
	return &httpProgress{bar, out}
}

func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, name)
}

func (p *httpProgress) add(n int) {
	if p != nil {
		p.bar.Add(n)
	}
}

// end leaves the bar as it is, on a line of its own.
func (p *httpProgress) end() {
	if p != nil {
		p.bar.Exit()
		io.WriteString(p.out, "\n")
	}
}
