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
// socket.go, option.go, message.go, stream.go, task.go, scope.go, channel.go;
// rows on top, functions below in the order of the rows.
//
// A byte in goes kernel → package sock (one system call into a buffer that the
// Net owns) → the Lua string, which is the one copy; a Stream (package stream)
// keeps a buffer between. A byte out goes from the script's string to the kernel
// without a copy.
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
// Unreachable sockets are closed by the collector. The loop runs it before it
// sleeps when 64 handles were made that are not closed; when most of those turn
// out to be in use, the number doubles, or a server with 10,000 connections
// would collect 156 times while they arrive.
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
// A task that makes 64 calls in a row that did not have to wait lets the others
// run, so that one that streams as fast as it can starves nobody.
package luasock
