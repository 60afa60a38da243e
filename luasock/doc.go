// Package luasock gives Lua the sockets of PHP, and tasks: what scripts of
// sockscript see, and what a Go program embeds to have the same.
package luasock
