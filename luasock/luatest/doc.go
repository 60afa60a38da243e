// Package luatest finds, runs and reports protocol tests that are written in
// Lua, in busted's words. Each file runs in a VM of its own; files run side by
// side. The command is cli's; from Go, Run makes each test of a file a subtest.
//
// # The tour
//
// A [Suite] says what to run and how, and [Suite.Run] runs it. suite.go hands
// files to goroutines; file.go loads one into a VM; block.go is the tree that
// describe and it make of it; execute.go walks the tree; limit.go ends what takes
// too long. assert.go has the names of luassert, which stand in assertions.go as
// rows; snapshot.go, compare.go, format.go and textdiff.go are what they need.
// A [Reporter] is told of each [Result]: pretty.go, tap.go, junit.go, jsonlines.go
// and github.go.
//
// # Who owns what
//
// A scope (scope.go) is what owns resources: a test, a describe block, or the
// file. Each task has the scope for its loop.Task.Group, and those that it starts
// have the same: so a socket, an error or a message is known to be of a test, also
// where several tests of a file run side by side.
//
// # Decisions
//
// The body of a describe runs when it is reached, after before_all of the blocks
// around it and after the tests before it, as in busted: specs rely on that.
//
// A test's time limit is kept by a timer outside the loop, so that it does not
// hide a deadlock from the loop. A test that computes without end is ended by a
// context on the Lua state whose Done is nil until then: that costs much less than
// one that can be cancelled.
package luatest
