package php

import (
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// curl's easy interface.

var curlRows = []bind.Row{
	row("curl_init(?string $url = null): CurlHandle|false", "Makes a handle for requests.", curlInit),
	differs(row("curl_setopt(CurlHandle $handle, int $option, mixed $value): bool", "Sets one option.", curlSetopt),
		"options of other protocols than HTTP are no valid options"),
	differs(row("curl_setopt_array(CurlHandle $handle, array $options): bool", "Sets options by their numbers, up to the first that fails.", curlSetoptArray),
		"they are set in the order of their numbers, because a table has no other"),
	differs(row("curl_exec(CurlHandle $handle): string|bool", "Makes the request, while other tasks go on.", curlExec),
		"HTTP/1.1 only, through proxies of HTTP only; a connection ends with the call, and CURLOPT_COOKIEJAR is written then; POST without fields sends an empty body; no Expect"),
	differs(row("curl_getinfo(CurlHandle $handle, ?int $option = null): mixed", "Tells of the last request: all, or what a CURLINFO_ constant names.", curlGetinfo),
		"numbers of proxies, SSL engines and other protocols are not told"),
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
	jar     *cookies           // nil without
	answer  *answer            // of the last request; nil before
	fault   curlFault

	credentials *url.Userinfo // of the URL
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
	*h = curlHandle{id: h.id, options: map[int]lua.LValue{}, jar: h.jar, answer: h.answer, fault: h.fault}
	return k.Return(lua.LNil)
}

func curlClose(k call) int {
	k.curl(1)
	return k.Return(lua.LNil)
}

func curlExec(k call) int {
	h := k.curl(1)
	h.answer, h.fault = &answer{length: -1}, curlFault{}
	target, fault := h.target()
	if fault.code != 0 {
		h.answer.url = h.text(curlURL)
		h.fault = fault
		return k.no()
	}
	if h.keepsCookies() && h.jar == nil {
		h.jar = newCookies()
	}
	if h.jar != nil {
		file, fresh := h.text(curlCookieFile), h.on(curlCookieSession)
		h.jar.load(file, fresh)
		defer func() { h.jar.save(h.text(curlCookieJar), file, fresh) }()
	}
	var body strings.Builder
	x := &curlTransfer{k: k, h: h, began: time.Now(), answer: answer{length: -1}}
	x.write = h.output(k, &body)
	err := x.run(target)
	x.total = time.Since(x.began)
	*h.answer = x.answer
	if errors.As(err, &h.fault) {
		return k.no()
	}
	if h.returns() {
		return k.Text(body.String())
	}
	return k.True()
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

// returns tells whether curl_exec returns the body.
func (h *curlHandle) returns() bool {
	_, file := luasock.StreamOf(h.options[curlFile])
	return h.on(curlReturnTransfer) && h.function(curlWriteFunction) == nil && !file
}

// output is where the body goes; body is the memory of one that is returned.
func (h *curlHandle) output(k call, body *strings.Builder) func(piece string) bool {
	fp, file := luasock.StreamOf(h.options[curlFile])
	switch fn := h.function(curlWriteFunction); {
	case fn != nil:
		return func(piece string) bool { return h.call(k, fn, piece) }
	case file:
		return func(piece string) bool {
			n, err := fp.Write([]byte(piece))
			k.raise(err)
			return err == nil && n == len(piece)
		}
	case h.on(curlReturnTransfer):
		return func(piece string) bool { body.WriteString(piece); return true }
	}
	return func(piece string) bool { io.WriteString(k.vm().Stdout(), piece); return true }
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
