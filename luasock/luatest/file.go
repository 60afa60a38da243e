package luatest

// file is one file of tests in its VM.
type file struct {
	suiteSeed int64
	running   []*scope // of the tests that run now
}

// seed is the run's seed, which the report prints.
func (f *file) seed() int64 { return f.suiteSeed }

// onlyRunning is the scope of the one test that runs now; nil when none or more
// than one does.
func (f *file) onlyRunning() *scope {
	if len(f.running) == 1 {
		return f.running[0]
	}
	return nil
}
