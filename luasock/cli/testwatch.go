package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"sockscript/luasock/luatest"
)

// settle is how long it must be quiet after a change: editors write in several
// steps.
const settle = 100 * time.Millisecond

// watchAndRun runs the tests, and again whenever a Lua file or a snapshot changes,
// until ctx ends.
func (o *testRun) watchAndRun(ctx context.Context, stdout, stderr io.Writer) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer w.Close()
	var only []string
	for ctx.Err() == nil {
		if err := o.watchFolders(w); err != nil {
			return err
		}
		round := *o
		if only != nil {
			round.suite.Paths = only
		}
		if err := round.run(ctx, stdout); err != nil && err != errFailed {
			fmt.Fprintf(stderr, "sockscript test: %s\n", err)
		}
		if ctx.Err() == nil {
			fmt.Fprintln(stdout, "\nwaiting for a change; Ctrl-C ends it")
		}
		if only, err = o.changed(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// watchFolders watches every folder below the paths.
func (o *testRun) watchFolders(w *fsnotify.Watcher) error {
	paths := o.suite.Paths
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return fmt.Errorf("cannot read %s", path)
		}
		if !info.IsDir() {
			path = filepath.Dir(path)
		}
		filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil || !d.IsDir():
				return nil
			case name != path && strings.HasPrefix(d.Name(), ".") || d.Name() == "__snapshots__":
				return fs.SkipDir
			}
			return w.Add(name)
		})
	}
	return nil
}

// changed waits for a change. It gives the test files to run, nil for all: when a
// module has changed, or a folder was made.
func (o *testRun) changed(ctx context.Context, w *fsnotify.Watcher) (only []string, err error) {
	var quiet <-chan time.Time
	touched, all := map[string]bool{}, false
	for {
		select {
		case <-ctx.Done():
			return nil, nil
		case err := <-w.Errors:
			return nil, err
		case <-quiet:
			if all {
				return nil, nil
			}
			if only = o.touchedTests(touched); only != nil {
				return only, nil
			}
		case e := <-w.Events:
			switch {
			case e.Op == fsnotify.Chmod:
				continue
			case luatest.IsTestFile(e.Name):
				touched[filepath.Clean(e.Name)] = true
			case strings.HasSuffix(e.Name, ".lua"), e.Has(fsnotify.Create) && isFolder(e.Name):
				all = true
			default:
				continue
			}
			quiet = time.After(settle)
		}
	}
}

// touchedTests lists those of the tests that are among the files; one that is gone
// is none.
func (o *testRun) touchedTests(files map[string]bool) (list []string) {
	tests, err := luatest.Discover(o.suite.Paths)
	if err != nil {
		return nil
	}
	for _, name := range tests {
		if files[filepath.Clean(name)] {
			list = append(list, name)
		}
	}
	return list
}

func isFolder(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
