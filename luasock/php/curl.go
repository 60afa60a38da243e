package php

import (
	"fmt"
	"io"
	"net/url"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// curl's easy interface over module http.

var curlRows = []bind.Row{
	row("curl_init(?string $url = null): CurlHandle|false", "Makes a handle for requests.", curlInit),
	differs(row("curl_setopt(CurlHandle $handle, int $option, mixed $value): bool", "Sets one option.", curlSetopt),
		"options of other protocols than HTTP are no valid options; SSL_VERIFYHOST 0 counts with SSL_VERIFYPEER false only"),
	differs(row("curl_setopt_array(CurlHandle $handle, array $options): bool", "Sets options by their numbers, up to the first that fails.", curlSetoptArray),
		"they are set in the order of their numbers, because a table has no other"),
	differs(row("curl_exec(CurlHandle $handle): string|bool", "Makes the request, while other tasks go on.", curlExec),
		"the answer is given when it is complete, with its header lines in the order of their names; gzip is asked for and undone; User-Agent is sockscript unless set"),
	differs(row("curl_getinfo(CurlHandle $handle, ?int $option = null): mixed", "Tells of the last request: all, or what a CURLINFO_ constant names.", curlGetinfo),
		"header_size, request_size, local_ip and local_port are not told; nor are numbers of Proxy, SSL engines and other protocols"),
	row("curl_error(CurlHandle $handle): string", "Gives the text of the last request's error, \"\" for none.", curlError),
	row("curl_errno(CurlHandle $handle): int", "Gives the number of the last request's error, a CURLE_ constant.", curlErrno),
	row("curl_strerror(int $error_code): ?string", "Gives what an error number means.", curlStrerror),
	row("curl_reset(CurlHandle $handle): void", "Forgets the options.", curlReset),
	row("curl_close(CurlHandle $handle): void", "Does nothing, as PHP since 8.0: a handle that nothing refers to is closed.", curlClose),
}

var curlClass = &bind.Class{
	Name:   "CurlHandle",
	Doc:    "Requests with curl's options. curl_init makes it.",
	String: func(any) string { return "CurlHandle" },
}

// curlHandle is what curl_init makes.
type curlHandle struct {
	id      uint64
	options map[int]lua.LValue // checked, by their numbers
	session *lua.LUserData     // of module http, with cookies; nil without
	answer  *lua.LTable        // the last one
	fault   curlFault
}

// curlFault is how a request failed; the zero curlFault: it did not.
type curlFault struct {
	code int
	text string
}

func curlInit(k call) int {
	st := k.state()
	st.handles++
	h := &curlHandle{id: st.handles, options: map[int]lua.LValue{}}
	if k.has(1) {
		h.set(k, curlURL, k.arg(1))
	}
	return k.Return(k.Env().New(curlClass, h))
}

func curlOf(v lua.LValue) (*curlHandle, bool) { return bind.To[*curlHandle](v) }

// curl is argument i.
func (k call) curl(i int) *curlHandle {
	h, _ := curlOf(k.arg(i))
	return h
}

func curlSetopt(k call) int {
	h := k.curl(1)
	if curlOptionOf(k.int(2)) == nil {
		k.valueError(2, "is not a valid cURL option")
	}
	return k.Boolean(h.set(k, k.int(2), k.arg(3)))
}

func curlSetoptArray(k call) int {
	h, ok := k.curl(1), true
	for _, e := range elements(k.table(2)) {
		number, isInt := e.key.(int)
		switch {
		case !isInt:
			k.valueError(2, "contains an invalid cURL option")
		case curlOptionOf(number) == nil:
			k.valueError(2, "must contain only valid cURL options")
		}
		ok = ok && h.set(k, number, e.value)
	}
	return k.Boolean(ok)
}

func curlError(k call) int { return k.Text(k.curl(1).fault.text) }

func curlErrno(k call) int { return k.Integer(k.curl(1).fault.code) }

func curlStrerror(k call) int {
	if text, ok := curlTexts[k.int(1)]; ok {
		return k.Text(text)
	}
	return k.Text("Unknown error")
}

func curlReset(k call) int {
	h := k.curl(1)
	*h = curlHandle{id: h.id, options: map[int]lua.LValue{}}
	return k.Return(lua.LNil)
}

func curlClose(k call) int {
	k.curl(1)
	return k.Return(lua.LNil)
}

func curlExec(k call) int {
	h := k.curl(1)
	h.answer, h.fault = nil, curlFault{}
	request, fault := h.request(k)
	if fault.code == 0 {
		fault = h.perform(k, request)
	}
	if fault.code == 0 {
		fault = h.refused()
	}
	if h.fault = fault; fault.code != 0 {
		return k.no()
	}
	return h.deliver(k)
}

// perform has module http make the request.
func (h *curlHandle) perform(k call, request *lua.LTable) curlFault {
	L := k.L
	L.Push(L.GetGlobal("require"))
	L.Push(lua.LString("http"))
	L.Call(1, 1)
	module := L.Get(-1)
	n := 1
	if h.keepsCookies() && h.session == nil {
		L.Push(L.GetField(module, "session"))
		L.Call(0, 1)
		h.session = L.Get(-1).(*lua.LUserData)
		L.Pop(1)
	}
	if h.session != nil {
		L.Push(L.GetField(h.session, "request"))
		L.Push(h.session)
		n = 2
	} else {
		L.Push(L.GetField(module, "request"))
	}
	L.Push(request)
	L.Call(n, 4)
	answer, text, kind := L.Get(-4), L.Get(-3), L.Get(-1)
	L.Pop(5)
	if t, ok := answer.(*lua.LTable); ok {
		h.answer = t
		return curlFault{}
	}
	return h.failed(lua.LVAsString(kind), lua.LVAsString(text))
}

// refused is the fault that CURLOPT_FAILONERROR makes of a status.
func (h *curlHandle) refused() curlFault {
	if status := int(lua.LVAsNumber(h.answer.RawGetString("status"))); h.on(curlFailOnError) && status >= 400 {
		return curlFault{22, fmt.Sprintf("The requested URL returned error: %d", status)}
	}
	return curlFault{}
}

// failed makes curl's error of module http's.
func (h *curlHandle) failed(kind, text string) curlFault {
	target, _ := url.Parse(h.url())
	if target == nil {
		target = &url.URL{}
	}
	switch kind {
	case "url":
		return curlFault{3, curlTexts[3]}
	case "resolve":
		return curlFault{6, "Could not resolve host: " + target.Hostname()}
	case "connect":
		return curlFault{7, fmt.Sprintf("Failed to connect to %s port %s after 0 ms: Couldn't connect to server", target.Hostname(), portOf(target))}
	case "timeout":
		if limit := h.limit(); strings.Contains(text, "connect") || strings.Contains(text, "handshake") {
			return curlFault{28, fmt.Sprintf("Connection timed out after %d milliseconds", limit)}
		} else {
			return curlFault{28, fmt.Sprintf("Operation timed out after %d milliseconds with 0 bytes received", limit)}
		}
	case "empty":
		return curlFault{52, "Empty reply from server"}
	case "redirects":
		return curlFault{47, fmt.Sprintf("Maximum (%d) redirects followed", h.number(curlMaxRedirs, curlMostRedirs))}
	}
	if code, ok := curlCodes[kind]; ok {
		return curlFault{code, text}
	}
	return curlFault{56, text}
}

// curlCodes are curl's numbers of module http's errors, where the text stays.
var curlCodes = map[string]int{
	"proxy": 97, "tls": 35, "certificate": 60, "protocol": 8, "lost": 56, "partial": 18, "size": 63, "file": 26,
}

// curlTexts are what curl_strerror says.
var curlTexts = map[int]string{
	0: "No error", 1: "Unsupported protocol", 3: "URL using bad/illegal format or missing URL", 5: "Couldn't resolve proxy name",
	6: "Couldn't resolve host name", 7: "Couldn't connect to server", 8: "Weird server reply", 18: "Transferred a partial file",
	22: "HTTP response code said error", 23: "Failed writing received data to disk/application", 26: "Failed to open/read local data from file/application",
	27: "Out of memory", 28: "Timeout was reached", 35: "SSL connect error", 47: "Number of redirects hit maximum amount",
	52: "Server returned nothing (no headers, no data)", 55: "Failed sending data to the peer", 56: "Failure when receiving data from the peer",
	58: "Problem with the local SSL certificate", 60: "SSL peer certificate or SSH remote key was not OK", 61: "Unrecognized or bad HTTP Content or Transfer-Encoding",
	63: "Maximum file size exceeded", 77: "Problem with the SSL CA cert (path? access rights?)", 97: "proxy handshake error",
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// deliver gives the answer to whom the options say, and returns curl_exec's
// result.
func (h *curlHandle) deliver(k call) int {
	head, body := h.head(), lua.LVAsString(h.answer.RawGetString("body"))
	if fn := h.function(curlHeaderFunction); fn != nil {
		for _, line := range strings.SplitAfter(head, "\n") {
			if line != "" && !h.call(k, fn, line) {
				return h.unwritten(k)
			}
		}
	}
	if h.on(curlHeader) {
		body = head + body
	}
	if fn := h.function(curlWriteFunction); fn != nil {
		return h.deliverTo(k, body, func(piece string) bool { return h.call(k, fn, piece) })
	}
	if fp, ok := luasock.StreamOf(h.options[curlFile]); ok {
		return h.deliverTo(k, body, func(piece string) bool {
			n, err := fp.Write([]byte(piece))
			return err == nil && n == len(piece)
		})
	}
	if h.on(curlReturnTransfer) {
		return k.Text(body)
	}
	io.WriteString(k.vm().Stdout(), body)
	return k.True()
}

// deliverTo hands the body over in pieces, as curl does.
func (h *curlHandle) deliverTo(k call, body string, write func(piece string) bool) int {
	const most = 16 << 10
	for body != "" {
		piece := body[:min(most, len(body))]
		body = body[len(piece):]
		if !write(piece) {
			return h.unwritten(k)
		}
	}
	return k.True()
}

func (h *curlHandle) unwritten(k call) int {
	h.fault = curlFault{23, "Failure writing output to destination"}
	return k.no()
}

// call hands a text to a callback, which says how many bytes it took.
func (h *curlHandle) call(k call, fn *lua.LFunction, text string) bool {
	k.L.Push(fn)
	k.L.Push(k.arg(1))
	k.L.Push(lua.LString(text))
	k.L.Call(2, 1)
	n := toLong(k.L.Get(-1))
	k.L.Pop(1)
	return n == int64(len(text))
}
