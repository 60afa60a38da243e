// Package luatest finds, runs and reports protocol tests that are written in
// Lua, in busted's words. Each file runs in a VM of its own; files run side by
// side. The command is cli's; from Go, Run makes each test of a file a subtest.
//
// # The tour
//
// A [Suite] says what to run and how, and [Suite.Run] runs it. execution.go hands
// files to goroutines; file.go loads one into a VM; words.go are the words, and
// block.go is the tree that they make; execute.go walks the tree, and course.go is
// the way of one test. Whatever calls Lua does so in a stretch (stretch.go), which
// has a time limit; guard.go ends what computes without end, leak.go finds what is
// left. assert.go finds the assertion behind a name, and assertions.go has them;
// compare.go, format.go, textdiff.go and snapshot.go are what they need. A
// [Reporter] is told of each [Result]: pretty.go, tap.go, junit.go, jsonlines.go,
// github.go and list.go.
//
// peer.go is the Lua module test: servers (peerserver.go, peerudp.go), scripts,
// proxies (proxy.go; what goes wrong stands in proxyfault.go), the program under
// test (process.go). A host puts it into any VM with [Open] or [Preload].
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
//
// Results are reported in the order of the files, however these run: a report can be
// compared with the one before. What of a file comes too early waits.
//
// With a filter, a tag or a shard, the bodies of all blocks are called first, and no
// hook of a block without a test that is to run: a server that nobody needs is not
// started. Test k of file f is in shard (f + k) modulo n, so that shards are of one
// size, and are the same on every machine.
//
// A proxy draws nothing from a sequence: what happens to a byte or datagram is a
// function of the seed, the number of the connection, the direction and its own
// number. So a failure comes again whatever the pieces are in which bytes arrive.
//
// A program is in a process group of its own, which a shell kills when its pipe
// from this process ends: no handler of ours sees SIGKILL, and Linux's
// PR_SET_PDEATHSIG ends with a thread, of which Go has many, and knows no
// grandchildren. What leaves the group, as a daemon does, is not followed.
//
// A program's output is taken as it comes and kept for the script, up to 16 MB:
// it must not wait for a script that does not read.
package luatest
