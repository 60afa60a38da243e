package luatest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkSmallTests runs 2,000 small tests in 100 files, as busted would.
func BenchmarkSmallTests(b *testing.B) {
	dir := b.TempDir()
	writeSmallTests(b, dir, 100, 20)
	for b.Loop() {
		s := Suite{Paths: []string{dir}}
		summary, err := s.Run(b.Context())
		if err != nil || summary.Passed != 2000 || summary.Failed != 0 {
			b.Fatalf("%v %+v", err, summary)
		}
	}
}

// writeSmallTests writes files of tests that do a little work and three
// assertions each.
func writeSmallTests(t testing.TB, dir string, files, tests int) {
	t.Helper()
	for i := range files {
		text := fmt.Sprintf("describe('file %d', function()\n local n\n before_each(function() n = 1 end)\n", i)
		for k := range tests {
			text += fmt.Sprintf(" it('test %d', function() for i = 1, 100 do n = n + 1 end assert.are.equal(101, n) assert.same({1, {n}}, {1, {101}}) assert.is_not_nil(n) end)\n", k)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%03d_spec.lua", i)), []byte(text+"end)\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}
