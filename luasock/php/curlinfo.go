package php

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"sockscript/luasock/addr"
)

// curlInfo is one thing that curl_getinfo tells.
type curlInfo struct {
	key      string // in the array; "" when it is not there
	constant string // behind CURLINFO_; the number is 0 when there is none
	number   int
	get      func(h *curlHandle) lua.LValue
}

var curlInfos = []curlInfo{
	{"url", "EFFECTIVE_URL", 1048577, func(h *curlHandle) lua.LValue {
		if h.answer == nil {
			return lua.LString(h.text(curlURL))
		}
		return lua.LString(h.answer.url)
	}},
	{"content_type", "CONTENT_TYPE", 1048594, func(h *curlHandle) lua.LValue { return h.headerValue("Content-Type") }},
	{"http_code", "RESPONSE_CODE", 2097154, ofAnswer(func(a *answer) int { return a.status })},
	{"header_size", "HEADER_SIZE", 2097163, ofAnswer(func(a *answer) int { return a.headBytes })}, {"request_size", "REQUEST_SIZE", 2097164, ofAnswer(func(a *answer) int { return a.sent + a.uploaded })},
	{"filetime", "FILETIME", 2097166, minusOne}, {"ssl_verify_result", "SSL_VERIFYRESULT", 2097165, zero},
	{"redirect_count", "REDIRECT_COUNT", 2097172, ofAnswer(func(a *answer) int { return a.redirects })},
	{"total_time", "TOTAL_TIME", 3145731, endOf("total")}, {"namelookup_time", "NAMELOOKUP_TIME", 3145732, endOf("dns")},
	{"connect_time", "CONNECT_TIME", 3145733, endOf("connect")}, {"pretransfer_time", "PRETRANSFER_TIME", 3145734, endOf("ready")},
	{"size_upload", "SIZE_UPLOAD", 3145735, ofAnswer(func(a *answer) int { return a.uploaded })},
	{"size_download", "SIZE_DOWNLOAD", 3145736, ofAnswer(func(a *answer) int { return a.bytes })},
	{"speed_download", "SPEED_DOWNLOAD", 3145737, speed(func(a *answer) int { return a.bytes })},
	{"speed_upload", "SPEED_UPLOAD", 3145738, speed(func(a *answer) int { return a.uploaded })},
	{"download_content_length", "CONTENT_LENGTH_DOWNLOAD", 3145743, func(h *curlHandle) lua.LValue {
		if h.answer == nil {
			return lua.LNumber(-1)
		}
		return lua.LNumber(h.answer.length)
	}},
	{"upload_content_length", "CONTENT_LENGTH_UPLOAD", 3145744, func(h *curlHandle) lua.LValue {
		if h.answer == nil || h.answer.status == 0 {
			return lua.LNumber(-1)
		}
		return lua.LNumber(h.answer.uploaded)
	}},
	{"starttransfer_time", "STARTTRANSFER_TIME", 3145745, endOf("first_byte")}, {"redirect_time", "REDIRECT_TIME", 3145747, zero},
	{"redirect_url", "REDIRECT_URL", 1048607, func(h *curlHandle) lua.LValue {
		if h.answer == nil || h.answer.status/100 != 3 || h.answer.field("Location") == "" {
			return lua.LFalse
		}
		return lua.LString(h.resolved(h.answer.field("Location")))
	}},
	{"primary_ip", "PRIMARY_IP", 1048608, addressOf(func(a *answer) addr.Addr { return a.remote })},
	{"certinfo", "CERTINFO", 4194338, func(*curlHandle) lua.LValue { return &lua.LTable{Metatable: lua.LNil} }},
	{"primary_port", "PRIMARY_PORT", 2097192, ofAnswer(func(a *answer) int { return a.remote.Port })},
	{"local_ip", "LOCAL_IP", 1048617, addressOf(func(a *answer) addr.Addr { return a.local })}, {"local_port", "LOCAL_PORT", 2097194, ofAnswer(func(a *answer) int { return a.local.Port })},
	{"http_version", "HTTP_VERSION", 2097198, ofAnswer(func(a *answer) int { return map[string]int{"HTTP/1.0": 1, "HTTP/1.1": 2}[a.protocol] })},
	{"protocol", "PROTOCOL", 2097200, func(h *curlHandle) lua.LValue {
		return lua.LNumber(map[string]int{"HTTP": 1, "HTTPS": 2}[h.scheme()])
	}},
	{"ssl_verifyresult", "", 0, zero},
	{"scheme", "SCHEME", 1048625, func(h *curlHandle) lua.LValue {
		if h.scheme() == "" {
			return lua.LFalse
		}
		return lua.LString(h.scheme())
	}},
	{"appconnect_time_us", "APPCONNECT_TIME_T", 6291512, endInMicroseconds("tls")}, {"connect_time_us", "CONNECT_TIME_T", 6291508, endInMicroseconds("connect")},
	{"namelookup_time_us", "NAMELOOKUP_TIME_T", 6291507, endInMicroseconds("dns")}, {"pretransfer_time_us", "PRETRANSFER_TIME_T", 6291509, endInMicroseconds("ready")},
	{"redirect_time_us", "REDIRECT_TIME_T", 6291511, zero}, {"starttransfer_time_us", "STARTTRANSFER_TIME_T", 6291510, endInMicroseconds("first_byte")},
	{"total_time_us", "TOTAL_TIME_T", 6291506, endInMicroseconds("total")},
	{"effective_method", "EFFECTIVE_METHOD", 1048634, func(h *curlHandle) lua.LValue { return lua.LString(h.effectiveMethod()) }},
	{"", "COOKIELIST", 4194332, func(h *curlHandle) lua.LValue {
		t := &lua.LTable{Metatable: lua.LNil}
		if h.jar != nil {
			for _, c := range h.jar.kept {
				t.Append(lua.LString(c.String()))
			}
		}
		return t
	}},
	{"", "OS_ERRNO", 2097177, ofAnswer(func(a *answer) int { return a.errno })}, {"", "NUM_CONNECTS", 2097178, ofAnswer(func(a *answer) int { return a.connects })},
	{"", "HTTP_CONNECTCODE", 2097174, zero},
	{"", "PRIVATE", 1048597, func(h *curlHandle) lua.LValue {
		if v := h.options[curlPrivate]; v != nil {
			return v
		}
		return lua.LFalse
	}},
}

func zero(*curlHandle) lua.LValue { return lua.LNumber(0) }

func minusOne(*curlHandle) lua.LValue { return lua.LNumber(-1) }

// endOf gives when a part of the request had ended, since its beginning.
func endOf(part string) func(*curlHandle) lua.LValue {
	return func(h *curlHandle) lua.LValue { return lua.LNumber(math.Round(h.until(part)*1e6) / 1e6) }
}

// endInMicroseconds is endOf in microseconds.
func endInMicroseconds(part string) func(*curlHandle) lua.LValue {
	return func(h *curlHandle) lua.LValue { return lua.LNumber(math.Round(h.until(part) * 1e6)) }
}

func curlGetinfo(k call) int {
	h := k.curl(1)
	if k.has(2) {
		number := k.int(2)
		i := slices.IndexFunc(curlInfos, func(i curlInfo) bool { return i.number == number && number != 0 })
		if i < 0 {
			return k.no()
		}
		return k.Return(curlInfos[i].get(h))
	}
	t := k.L.NewTable()
	for _, i := range curlInfos {
		v := i.get(h)
		switch {
		case i.key == "":
			continue
		case v == lua.LFalse && i.key == "content_type":
			v = lua.LNil
		case v == lua.LFalse:
			v = lua.LString("")
		}
		t.RawSetString(i.key, v)
	}
	return k.Return(t)
}

// ofAnswer gives a number of the answer, 0 without one.
func ofAnswer(get func(*answer) int) func(*curlHandle) lua.LValue {
	return func(h *curlHandle) lua.LValue {
		if h.answer == nil {
			return lua.LNumber(0)
		}
		return lua.LNumber(get(h.answer))
	}
}

// speed gives bytes in a second.
func speed(get func(*answer) int) func(*curlHandle) lua.LValue {
	return func(h *curlHandle) lua.LValue {
		if h.answer == nil || h.answer.total == 0 {
			return lua.LNumber(0)
		}
		return lua.LNumber(math.Floor(float64(get(h.answer)) / h.answer.total.Seconds()))
	}
}

// addressOf gives an IP address of the answer, "" without one.
func addressOf(get func(*answer) addr.Addr) func(*curlHandle) lua.LValue {
	return func(h *curlHandle) lua.LValue {
		if h.answer == nil || !get(h.answer).IP.IsValid() {
			return lua.LString("")
		}
		return lua.LString(get(h.answer).IP.String())
	}
}

// headerValue is the last value of a field, false when it is not there.
func (h *curlHandle) headerValue(name string) lua.LValue {
	if h.answer == nil || h.answer.field(name) == "" {
		return lua.LFalse
	}
	return lua.LString(h.answer.field(name))
}

func (h *curlHandle) effectiveMethod() string {
	if h.answer == nil || h.answer.method == "" {
		return h.method()
	}
	return h.answer.method
}

// scheme is "HTTP" or "HTTPS", "" before a connection.
func (h *curlHandle) scheme() string {
	if h.answer == nil || h.answer.connects == 0 {
		return ""
	}
	scheme, _, _ := strings.Cut(h.answer.url, "://")
	return strings.ToUpper(scheme)
}

// resolved is a reference of the answer's, as a whole URL.
func (h *curlHandle) resolved(reference string) string {
	base, err := url.Parse(h.answer.url)
	if err != nil {
		return reference
	}
	u, err := base.Parse(reference)
	if err != nil {
		return reference
	}
	return u.String()
}

// until is how many seconds after the beginning a part had ended.
func (h *curlHandle) until(part string) float64 {
	if h.answer == nil {
		return 0
	}
	a := h.answer
	d := map[string]time.Duration{"dns": a.dns, "connect": a.connected, "tls": a.secured, "ready": a.ready, "first_byte": a.firstByte, "total": a.total}[part]
	if part == "tls" && h.scheme() != "HTTPS" {
		return 0
	}
	return d.Seconds()
}
