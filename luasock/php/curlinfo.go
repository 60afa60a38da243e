package php

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
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
		return h.answer.RawGetString("url")
	}},
	{"content_type", "CONTENT_TYPE", 1048594, func(h *curlHandle) lua.LValue { return h.headerValue("content-type") }},
	{"http_code", "RESPONSE_CODE", 2097154, func(h *curlHandle) lua.LValue { return h.field("status") }},
	{"header_size", "HEADER_SIZE", 2097163, zero}, {"request_size", "REQUEST_SIZE", 2097164, zero},
	{"filetime", "FILETIME", 2097166, minusOne}, {"ssl_verify_result", "SSL_VERIFYRESULT", 2097165, zero},
	{"redirect_count", "REDIRECT_COUNT", 2097172, func(h *curlHandle) lua.LValue { return h.field("redirects") }},
	{"total_time", "TOTAL_TIME", 3145731, endOf("total")}, {"namelookup_time", "NAMELOOKUP_TIME", 3145732, endOf("dns")},
	{"connect_time", "CONNECT_TIME", 3145733, endOf("connect")}, {"pretransfer_time", "PRETRANSFER_TIME", 3145734, endOf("tls")},
	{"size_upload", "SIZE_UPLOAD", 3145735, func(h *curlHandle) lua.LValue {
		s, _ := h.options[curlPostFields].(lua.LString)
		return lua.LNumber(len(s))
	}},
	{"size_download", "SIZE_DOWNLOAD", 3145736, func(h *curlHandle) lua.LValue { return lua.LNumber(len(h.bodyText())) }},
	{"speed_download", "SPEED_DOWNLOAD", 3145737, func(h *curlHandle) lua.LValue {
		total := h.until("total")
		if total == 0 {
			return lua.LNumber(0)
		}
		return lua.LNumber(math.Floor(float64(len(h.bodyText())) / total))
	}},
	{"speed_upload", "SPEED_UPLOAD", 3145738, zero},
	{"download_content_length", "CONTENT_LENGTH_DOWNLOAD", 3145743, func(h *curlHandle) lua.LValue {
		if s, ok := h.headerValue("content-length").(lua.LString); ok {
			return lua.LNumber(toLong(s))
		}
		return lua.LNumber(-1)
	}},
	{"upload_content_length", "CONTENT_LENGTH_UPLOAD", 3145744, minusOne},
	{"starttransfer_time", "STARTTRANSFER_TIME", 3145745, endOf("first_byte")}, {"redirect_time", "REDIRECT_TIME", 3145747, zero},
	{"redirect_url", "REDIRECT_URL", 1048607, func(h *curlHandle) lua.LValue {
		if v, ok := h.headerValue("location").(lua.LString); ok && lua.LVAsNumber(h.field("status"))/100 < 4 {
			return lua.LString(h.resolved(string(v)))
		}
		return lua.LString("")
	}},
	{"primary_ip", "PRIMARY_IP", 1048608, func(h *curlHandle) lua.LValue { return lua.LString(lua.LVAsString(h.field("remote_address"))) }},
	{"certinfo", "CERTINFO", 4194338, func(*curlHandle) lua.LValue { return &lua.LTable{Metatable: lua.LNil} }},
	{"primary_port", "PRIMARY_PORT", 2097192, func(h *curlHandle) lua.LValue { return lua.LVAsNumber(h.field("remote_port")) }},
	{"local_ip", "LOCAL_IP", 1048617, func(*curlHandle) lua.LValue { return lua.LString("") }}, {"local_port", "LOCAL_PORT", 2097194, zero},
	{"http_version", "HTTP_VERSION", 2097198, func(h *curlHandle) lua.LValue {
		return lua.LNumber(map[string]int{"HTTP/1.0": 1, "HTTP/1.1": 2, "HTTP/2.0": 3}[lua.LVAsString(h.field("protocol"))])
	}},
	{"protocol", "PROTOCOL", 2097200, func(h *curlHandle) lua.LValue {
		return lua.LNumber(map[string]int{"HTTP": 1, "HTTPS": 2}[h.scheme()])
	}},
	{"ssl_verifyresult", "", 0, zero},
	{"scheme", "SCHEME", 1048625, func(h *curlHandle) lua.LValue { return lua.LString(h.scheme()) }},
	{"appconnect_time_us", "APPCONNECT_TIME_T", 6291512, endInMicroseconds("tls")}, {"connect_time_us", "CONNECT_TIME_T", 6291508, endInMicroseconds("connect")},
	{"namelookup_time_us", "NAMELOOKUP_TIME_T", 6291507, endInMicroseconds("dns")}, {"pretransfer_time_us", "PRETRANSFER_TIME_T", 6291509, endInMicroseconds("tls")},
	{"redirect_time_us", "REDIRECT_TIME_T", 6291511, zero}, {"starttransfer_time_us", "STARTTRANSFER_TIME_T", 6291510, endInMicroseconds("first_byte")},
	{"total_time_us", "TOTAL_TIME_T", 6291506, endInMicroseconds("total")},
	{"effective_method", "EFFECTIVE_METHOD", 1048634, func(h *curlHandle) lua.LValue { return lua.LString(h.method()) }},
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
		if i.key != "" {
			t.RawSetString(i.key, i.get(h))
		}
	}
	return k.Return(t)
}

// field is one of the answer's, 0 without an answer.
func (h *curlHandle) field(key string) lua.LValue {
	if h.answer == nil {
		return lua.LNumber(0)
	}
	return h.answer.RawGetString(key)
}

func (h *curlHandle) bodyText() string {
	if h.answer == nil {
		return ""
	}
	return lua.LVAsString(h.answer.RawGetString("body"))
}

// lists are the answer's header fields.
func (h *curlHandle) lists() map[string][]string {
	fields := map[string][]string{}
	if h.answer == nil {
		return fields
	}
	h.answer.RawGetString("header_values").(*lua.LTable).ForEach(func(name, list lua.LValue) {
		list.(*lua.LTable).ForEach(func(_, v lua.LValue) {
			fields[lua.LVAsString(name)] = append(fields[lua.LVAsString(name)], lua.LVAsString(v))
		})
	})
	return fields
}

// headerValue is the first value of a field, nil when it is not there.
func (h *curlHandle) headerValue(name string) lua.LValue {
	for key, values := range h.lists() {
		if strings.EqualFold(key, name) {
			return lua.LString(values[0])
		}
	}
	return lua.LNil
}

// head is the answer's head as text.
func (h *curlHandle) head() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d", strings.Replace(lua.LVAsString(h.field("protocol")), "HTTP/2.0", "HTTP/2", 1), int(lua.LVAsNumber(h.field("status"))))
	fmt.Fprintf(&b, " %s\r\n", lua.LVAsString(h.field("reason")))
	fields := h.lists()
	for _, name := range sortedNames(fields) {
		for _, v := range fields[name] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, v)
		}
	}
	return b.String() + "\r\n"
}

func sortedNames(fields map[string][]string) []string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// scheme is "HTTP" or "HTTPS", "" before an answer.
func (h *curlHandle) scheme() string {
	if h.answer == nil {
		return ""
	}
	scheme, _, _ := strings.Cut(lua.LVAsString(h.answer.RawGetString("url")), "://")
	return strings.ToUpper(scheme)
}

// resolved is a reference of the answer's, as a whole URL.
func (h *curlHandle) resolved(reference string) string {
	base, err := url.Parse(lua.LVAsString(h.field("url")))
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
	timings := h.answer.RawGetString("timings").(*lua.LTable)
	spent := func(name string) float64 { return float64(lua.LVAsNumber(timings.RawGetString(name))) }
	if part == "total" {
		return spent("total")
	}
	sum := 0.0
	for _, name := range []string{"dns", "connect", "tls", "first_byte"} {
		sum += spent(name)
		if name == part {
			break
		}
	}
	return min(sum, spent("total"))
}
