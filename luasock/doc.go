// Package luasock gives Lua the sockets of PHP, and tasks: what scripts of
// sockscript see, and what a Go program embeds to have the same.
//
// # The tour
//
// [New] makes a [VM]: a Lua state (gopher-lua) with the libraries of package
// lualib and the modules in the list modules, in luasock.go. [Open] and
// [Preload] add the modules to a host's own Lua state instead. A module is a
// table of rows (package bind): the row carries the name, the signature, the
// words of the reference and the function. There is a file for each noun:
// socket.go, option.go, message.go, name.go, addrinfo.go, server.go, stream.go,
// task.go, scope.go, channel.go, http.go; rows on top, functions below in the
// order of the rows. A noun that is more than a file has several that begin with
// its name: stream… (streamread.go, streamcontext.go, streamcrypto.go and others),
// tls… for certificates and what is checked of them, http… from httpoptions.go to
// httppart.go.
//
// A byte in goes kernel → package sock (one system call into a buffer that the
// Net owns) → the Lua string, which is the one copy; a Stream (package stream)
// keeps a buffer between. A piece of 48 KB or more is not copied: the buffer's
// memory becomes the string. A byte out goes from the script's string
// to the kernel without a copy. TLS stands between the stream and the socket.
//
// Below this package are addr (socket addresses), loop, sock, stream, bind and
// lualib; trace has observers for Options.Observe, hexdump shows bytes, spell
// finds the name that was meant. Above it are:
//
//   - php: the module socket.php, PHP's functions to the letter
//   - luatest: protocol tests in Lua, and the module test; its doc.go is its tour
//   - repl: the prompt, on any VM
//   - luacats: what editors complete from, made of the rows
//   - check: mistakes in programs that do not run
//   - cli: the command, with all of these
//
// What such a package needs to make and open the values of scripts is in wrap.go
// and wraptls.go, tasks of its own and calls of Lua are in host.go. Who may import
// whom, and why, is a table in layers_test.go. Package bench measures the command
// from outside.
//
// # Who may call what
//
// A VM belongs to one goroutine: the one that runs Lua. That goroutine owns the
// VM's event loop (package loop); where the main chunk would block, it runs the
// tasks until it can go on. Any goroutine may call [VM.Post] and [VM.Interrupt],
// nothing else. A host that posts later holds the loop open meanwhile
// (VM.Loop().Ref, Unref), or waiting tasks are a deadlock.
//
// # Decisions
//
// A task is a Go coroutine (iter.Pull) with a Lua thread of its own, so that a
// blocking call works wherever Lua code runs. Both are used again for the next
// task; the thread is not when an error ended it, because a traceback or a
// closure may still refer to it.
//
// A coroutine is given to a task only while it runs, where that can be. A read or
// recv that has to wait, with nothing but Lua functions between it and the task's
// function, is left: the Lua thread yields as gopher-lua's own coroutines do, the
// Go stack goes to the next task, and the call is made again when there is
// something to read (lualib.Runner, loop.FD.Leave). Other waits, and those below
// pcall, a metamethod or an iterator, keep the coroutine. With 900 busy
// connections a server takes 10 % less CPU so, because the stack that each task
// finds is in the cache; with 64 as much as before (bench -part echo). A waiting
// task with both ends of a pair takes 11.4 KB instead of 13.6.
//
// Unreachable sockets are closed by the collector. The loop runs it before it
// sleeps when 64 handles were made that are not closed; when most of those turn
// out to be in use, the number doubles, or a server with 10,000 connections
// would collect 156 times while they arrive.
//
// Stream:copy_to has the kernel move the bytes, through a pipe that is empty
// before and after: what a full target does not take is read out of it and put
// back. So the source is never asked for bytes while others are on their way, and
// EAGAIN says of which side it is. Over loopback 2700 MB/s, copying 1700, socat
// -b 65536 1800, in one run. A pipe of 64 KB, the usual size, would be no gain.
//
// A small heap is collected at every few megabytes, which costs a reader of 64 KB
// pieces half its speed: the command line has 32 MB in it that nobody touches. A
// host that receives much sets GOGC. With that, and without the copy of large
// pieces, 2700 MB/s over loopback, without both 1078, PHP 1828 (bench -part
// throughput). A stream whose last read filled all it had asked for takes up to
// 512 KB ahead: 20.4 µs of CPU for each 64 KB against 28.0, PHP in chunks of 64 KB
// 19.0. What is left is fresh memory, which is in no cache: C takes twice as long
// with a ring of 32 MB as with one buffer. More collections, huge pages and asking
// busily before a wait win nothing.
//
// What is waited for without a bound has one: 128 MB up to an ending, 4 MB that a
// pattern or function is shown, 1 GB of everything.
//
// HTTP is net/http's, behind loop.Await. Its connections are made by Background
// tasks and handed to it as sock.Conn, so that they are in socket.list() and
// observed like any other, and end with the VM; since such a task keeps nothing
// open, an idle connection lets a script end and hides no deadlock. A function of
// the module closes its connection before it returns; only a session, which a
// script can close, keeps any. Limits of time are a clock that net/http's traces
// tell where it is, because its own go on for connections that nobody wants any
// more.
//
// TLS is crypto/tls's over memory (package stream), so that nothing waits inside
// its locks. Its handshake runs on a coroutine of its own, not under a lock of
// the tasks': a reader, a writer, a select or eof takes it as far as it goes
// without waiting, and one whose wait is cut short leaves it whole. An echo costs
// as much CPU as with Go's own server, a handshake 1.04 times as much (bench -part
// tls). Peers are judged by tlsOptions.check alone, for resumed sessions too.
//
// A task that makes 64 calls in a row that did not have to wait lets the others
// run, so that one that streams as fast as it can starves nobody.
package luasock
