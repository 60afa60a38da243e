package cli

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkSmallTests runs 2,000 small tests in 100 files with the command, and
// with busted, in one run:
//
//	go test ./luasock/cli -run XXX -bench SmallTests
func BenchmarkSmallTests(b *testing.B) {
	dir := b.TempDir()
	for i := range 100 {
		var text strings.Builder
		fmt.Fprintf(&text, "describe('file %d', function()\n  local n\n  before_each(function() n = 1 end)\n", i)
		for k := range 20 {
			fmt.Fprintf(&text, "  it('test %d', function()\n    for i = 1, 100 do n = n + 1 end\n    assert.are.equal(101, n)\n    assert.same({1, {n}}, {1, {101}})\n    assert.is_not_nil(n)\n  end)\n", k)
		}
		text.WriteString("end)\n")
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%03d_spec.lua", i)), []byte(text.String()), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	for _, k := range []struct {
		name string
		args []string
		want string
	}{
		{"sockscript", []string{binary, "test", dir}, "2000 passed, 0 failed"},
		{"sockscript on one core", []string{binary, "test", "--jobs", "1", dir}, "2000 passed, 0 failed"},
		{"busted", []string{"busted", "-p", "_spec", dir}, "2000 successes / 0 failures"},
	} {
		b.Run(k.name, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.Command(k.args[0], k.args[1:]...)
				cmd.Dir = dir
				out, err := cmd.CombinedOutput()
				if errors.Is(err, exec.ErrNotFound) {
					b.Skipf("%s is not installed", k.args[0])
				}
				if err != nil || !strings.Contains(string(out), k.want) {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
}
