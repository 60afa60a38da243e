package php

import (
	"fmt"
	"strings"
)

// absent are functions of PHP's ext/sockets and streams that are not here, and
// why.
var absent = []struct{ names, why string }{
	{"socket_wsaprotocol_info_export socket_wsaprotocol_info_import socket_wsaprotocol_info_release", "they are of Windows"},
	{"stream_wrapper_register stream_register_wrapper stream_wrapper_unregister stream_wrapper_restore stream_get_wrappers", "there are no stream wrappers: a class cannot stand for a URL's scheme"},
	{"stream_filter_prepend stream_filter_append stream_filter_remove stream_filter_register stream_get_filters", "there are no stream filters; a Lua function does what one did"},
	{"stream_bucket_make_writeable stream_bucket_prepend stream_bucket_append stream_bucket_new", "they are of stream filters"},
	{"fopen", "streams are connections here; files are io.open's, and STDIN, STDOUT and STDERR are streams"},
	{"stream_resolve_include_path", "there is no include path; see package.path"},
}

// defects are PHP's own, which are not copied. Each has the number by which the
// rows refer to it.
var defects = []struct{ number, theirs, ours string }{
	{"D1", "socket_read with PHP_NORMAL_READ spins for ever on a non-blocking socket, or one with SO_RCVTIMEO, when no line end has come", "it gives what has come; nothing: `false`, silent, EAGAIN"},
	{"D2", "socket_read with PHP_NORMAL_READ loses the bytes before the end that no line end follows", "it gives them; then `false` with the warning [104], as PHP at a bare end, so that loops end"},
	{"D3", "socket_read of a huge length ends the process", "memory grows with what arrives"},
	{"D4", "socket_read with PHP_NORMAL_READ takes one byte of each datagram", "one datagram up to its line end"},
	{"D5", "the code of a failed look-up is that of some earlier one", "-10001 no such name, -10002 not for now, -10004 no address of that family, else -10003"},
	{"D6", "MSG_TRUNC gives memory that is not the datagram's", "the result is the full length, the data only what was received"},
	{"D7", "a Socket that is passed by SCM_RIGHTS arrives dead", "a Socket that works"},
	{"D8", "names are cut at a NUL: abstract AF_UNIX names read back as \"\" and cannot be sent to", "all bytes count; a name that is too long throws"},
	{"D9", "select fails from descriptor 1024 on", "there is no limit"},
	{"D10", "SO_BINDTODEVICE reads as garbage", "the device's name, \"\" if none"},
	{"D11", "IPV6_PKTINFO without an address crashes", "a failed look-up"},
	{"D12", "a Socket whose stream was closed acts on a descriptor that may be another's by then", "it throws: it has already been closed"},
	{"D13", "fsockopen gives a garbage error number for an unknown transport, and a garbage bound for a wrong time-out", "0; `must be -1 or between 0 and 18446744073709`"},
	{"D14", "stream_socket_server loses the system's error on AF_UNIX and UDP", "error_message and the warning have it"},
	{"D15", "stream_socket_accept waits on UDP, gives a garbage name for an unnamed peer, and says \"Success\" after a failure of TLS", "it fails at once; \"\"; the reason"},
	{"D16", "fread waits for more although it holds bytes", "it gives them at once"},
	{"D17", "fread joins datagrams, and takes an empty one for the end", "one datagram at a time, and no end"},
	{"D18", "stream_select leaves out what is no open stream", "it throws"},
	{"D19", "stream_socket_recvfrom does not end with stream_set_timeout", "it does: `false`, timed_out"},
	{"D20", "socket_sendmsg reads garbage where a control message has no level or type", "a failed conversion: the key is required"},
}

// Reference is the module's part of the reference as Markdown: a table of its
// functions with how far they are PHP's, those that are not here, and the
// defects of PHP that are not copied.
func Reference() string {
	var b strings.Builder
	m := newModule()
	fmt.Fprintf(&b, "\n## socket.php\n\n`require \"socket.php\"`: %s\n", m.Doc)
	b.WriteString("\nA parameter by reference that PHP only writes is no parameter here: its value follows the function's own result. " +
		"Where PHP throws, a Lua error is raised whose value is a table {class=, message=}. The reference is PHP 8.2.\n")
	b.WriteString("\n| function | what it does | as PHP's |\n|---|---|---|\n")
	for _, r := range m.Rows {
		as, name := "same", fmt.Sprintf("[`%s`](https://www.php.net/manual/en/function.%s.php)", cell(r.Sig), strings.ReplaceAll(r.Name, "_", "-"))
		if r.PHP == "" {
			as, name = "own", "`"+cell(r.Sig)+"`"
		}
		if r.Differs != "" {
			as = "same but: " + r.Differs
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, cell(r.Doc), cell(as))
	}
	for _, a := range absent {
		for name := range strings.FieldsSeq(a.names) {
			fmt.Fprintf(&b, "| `%s` | | not: %s |\n", name, cell(a.why))
		}
	}
	b.WriteString("\n### Defects of PHP 8.2 that socket.php does not copy\n\n| | PHP | here |\n|---|---|---|\n")
	for _, d := range defects {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", d.number, cell(d.theirs), cell(d.ours))
	}
	b.WriteString("\n### Constants of socket.php\n\nThose of PHP's sockets and streams that this system defines, with PHP's names and values, and `PHP_EOL`, `STDIN`, `STDOUT`, `STDERR`.\n")
	return b.String()
}

// cell is a text inside a Markdown table.
func cell(text string) string { return strings.ReplaceAll(text, "|", "\\|") }
