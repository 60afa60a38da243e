package php

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/sys/unix"

	"sockscript/luasock"
	"sockscript/luasock/bind"
)

// The options that the code asks for, as curl numbers them.
const (
	curlURL            = 10002
	curlPort           = 3
	curlReturnTransfer = 19913
	curlHeader         = 42
	curlNoBody         = 44
	curlFailOnError    = 45
	curlPost           = 47
	curlHTTPGet        = 80
	curlPostFields     = 10015
	curlUpload         = 46
	curlCustomRequest  = 10036
	curlHTTPHeader     = 10023
	curlUserAgent      = 10018
	curlReferer        = 10016
	curlCookie         = 10022
	curlCookieFile     = 10031
	curlCookieJar      = 10082
	curlRange          = 10007
	curlUserPwd        = 10005
	curlUserName       = 10173
	curlPassword       = 10174
	curlTimeout        = 13
	curlTimeoutMS      = 155
	curlConnectTimeout = 78
	curlConnectMS      = 156
	curlFollow         = 52
	curlMaxRedirs      = 68
	curlVerifyPeer     = 64
	curlCAInfo         = 10065
	curlSSLCert        = 10025
	curlSSLKey         = 10087
	curlKeyPasswd      = 10026
	curlProxy          = 10004
	curlUnixSocket     = 10231
	curlResolve        = 10203
	curlHTTPVersion    = 84
	curlFile           = 10001
	curlWriteFunction  = 20011
	curlHeaderFunction = 20079
	curlPrivate        = 10103
	curlVerifyHost     = 81
	curlEncoding       = 10102
	curlIPResolve      = 113
	curlAutoReferer    = 58
	curlProxyPort      = 59
	curlProxyUserPwd   = 10006
	curlNoProxy        = 10177
	curlCookieSession  = 96
	curlPostRedir      = 161
)

// curlMostRedirs is how many redirects are followed where nobody says.
const curlMostRedirs = 50

// curlKind is what an option takes.
type curlKind uint8

const (
	curlLong curlKind = iota
	curlString
	curlList
	curlCallback
	curlStream
	curlAny
)

// curlOption is an option of curl's. One without effect is taken as PHP takes
// it: it makes no difference here.
type curlOption struct {
	name   string
	number int
	kind   curlKind
}

var curlOptions = []curlOption{
	{"URL", curlURL, curlString}, {"PORT", curlPort, curlLong}, {"RETURNTRANSFER", curlReturnTransfer, curlLong},
	{"HEADER", curlHeader, curlLong}, {"NOBODY", curlNoBody, curlLong}, {"FAILONERROR", curlFailOnError, curlLong},
	{"POST", curlPost, curlLong}, {"HTTPGET", curlHTTPGet, curlLong}, {"POSTFIELDS", curlPostFields, curlAny},
	{"UPLOAD", curlUpload, curlLong}, {"PUT", 54, curlLong}, {"CUSTOMREQUEST", curlCustomRequest, curlString},
	{"HTTPHEADER", curlHTTPHeader, curlList}, {"USERAGENT", curlUserAgent, curlString}, {"REFERER", curlReferer, curlString},
	{"COOKIE", curlCookie, curlString}, {"COOKIEFILE", curlCookieFile, curlString}, {"COOKIEJAR", curlCookieJar, curlString},
	{"RANGE", curlRange, curlString}, {"USERPWD", curlUserPwd, curlString}, {"USERNAME", curlUserName, curlString}, {"PASSWORD", curlPassword, curlString},
	{"TIMEOUT", curlTimeout, curlLong}, {"TIMEOUT_MS", curlTimeoutMS, curlLong}, {"CONNECTTIMEOUT", curlConnectTimeout, curlLong}, {"CONNECTTIMEOUT_MS", curlConnectMS, curlLong},
	{"FOLLOWLOCATION", curlFollow, curlLong}, {"MAXREDIRS", curlMaxRedirs, curlLong},
	{"SSL_VERIFYPEER", curlVerifyPeer, curlLong}, {"SSL_VERIFYHOST", curlVerifyHost, curlLong}, {"CAINFO", curlCAInfo, curlString},
	{"SSLCERT", curlSSLCert, curlString}, {"SSLKEY", curlSSLKey, curlString}, {"SSLKEYPASSWD", curlKeyPasswd, curlString}, {"KEYPASSWD", curlKeyPasswd, curlString},
	{"PROXY", curlProxy, curlString}, {"UNIX_SOCKET_PATH", curlUnixSocket, curlString}, {"RESOLVE", curlResolve, curlList},
	{"HTTP_VERSION", curlHTTPVersion, curlLong}, {"FILE", curlFile, curlStream},
	{"WRITEFUNCTION", curlWriteFunction, curlCallback}, {"HEADERFUNCTION", curlHeaderFunction, curlCallback}, {"PRIVATE", curlPrivate, curlAny},
	{"ENCODING", curlEncoding, curlString}, {"ACCEPT_ENCODING", curlEncoding, curlString}, {"AUTOREFERER", curlAutoReferer, curlLong},
	{"IPRESOLVE", curlIPResolve, curlLong}, {"PROXYPORT", curlProxyPort, curlLong}, {"PROXYUSERPWD", curlProxyUserPwd, curlString},
	{"NOPROXY", curlNoProxy, curlString}, {"POSTREDIR", curlPostRedir, curlLong}, {"COOKIESESSION", curlCookieSession, curlLong},
	// Without effect.
	{"BINARYTRANSFER", 19914, curlLong}, {"SSLVERSION", 32, curlLong}, {"TCP_KEEPALIVE", 213, curlLong},
	{"MAXCONNECTS", 71, curlLong}, {"UNRESTRICTED_AUTH", 105, curlLong}, {"LOW_SPEED_LIMIT", 19, curlLong}, {"LOW_SPEED_TIME", 20, curlLong},
	{"BUFFERSIZE", 98, curlLong}, {"DNS_CACHE_TIMEOUT", 92, curlLong}, {"FORBID_REUSE", 75, curlLong}, {"FRESH_CONNECT", 74, curlLong},
	{"HTTPAUTH", 107, curlLong}, {"NOPROGRESS", 43, curlLong}, {"NOSIGNAL", 99, curlLong},
	{"TCP_NODELAY", 121, curlLong}, {"VERBOSE", 41, curlLong},
}

// curlOptionOf finds an option; nil when there is none.
func curlOptionOf(number int) *curlOption {
	i := slices.IndexFunc(curlOptions, func(o curlOption) bool { return o.number == number })
	if i < 0 {
		return nil
	}
	return &curlOptions[i]
}

// set checks a value, converts it as PHP does, and keeps it. null takes the option back.
func (h *curlHandle) set(k call, number int, v lua.LValue) bool {
	o := curlOptionOf(number)
	if v == lua.LNil {
		delete(h.options, number)
		return true
	}
	switch o.kind {
	case curlLong:
		n := toLong(v)
		if number == curlVerifyHost && n == 1 {
			k.notice("CURLOPT_SSL_VERIFYHOST no longer accepts the value 1, value 2 will be used instead")
			n = 2
		}
		v = lua.LNumber(n)
	case curlString:
		text := k.stringOf(v)
		if strings.Contains(text, "\x00") {
			k.throw("ValueError", k.p.name+"(): cURL option must not contain any null bytes")
		}
		v = lua.LString(text)
	case curlList:
		if _, ok := v.(*lua.LTable); !ok {
			k.throw("TypeError", fmt.Sprintf("%s(): The CURLOPT_%s option must have an array value", k.p.name, o.name))
		}
	case curlStream:
		if fp, ok := luasock.StreamOf(v); !ok || fp.IsClosed() {
			k.throw("TypeError", k.p.name+"(): supplied argument is not a valid File-Handle resource")
		}
	}
	h.options[number] = v
	switch number { // the last of these says what the request is
	case curlPost, curlPostFields:
		delete(h.options, curlHTTPGet)
	case curlHTTPGet:
		delete(h.options, curlPost)
		delete(h.options, curlPostFields)
		delete(h.options, curlNoBody)
	}
	return true
}

// on tells whether an option is set and not 0.
func (h *curlHandle) on(number int) bool { return h.number(number, 0) != 0 }

func (h *curlHandle) number(number, def int) int {
	if v, ok := h.options[number].(lua.LNumber); ok {
		return int(v)
	}
	return def
}

// text is a string option; "" when it is not set.
func (h *curlHandle) text(number int) string {
	s, _ := h.options[number].(lua.LString)
	return string(s)
}

// function is a callback, nil for none.
func (h *curlHandle) function(number int) *lua.LFunction {
	fn, _ := h.options[number].(*lua.LFunction)
	return fn
}

// keepsCookies tells whether curl's cookie engine is on.
func (h *curlHandle) keepsCookies() bool {
	return h.options[curlCookieFile] != nil || h.options[curlCookieJar] != nil
}

// target is the URL, with a scheme, and with the port that an option says.
func (h *curlHandle) target() (*url.URL, curlFault) {
	text := h.text(curlURL)
	switch {
	case h.options[curlURL] == nil:
		return nil, curlFault{3, "No URL set"}
	case text == "" || strings.ContainsAny(text, " \r\n\t"):
		return nil, curlFault{3, curlTexts[3]}
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "http", text
	}
	scheme = strings.ToLower(scheme)
	if scheme == "http" || scheme == "https" {
		rest = strings.TrimLeft(rest, "/")
	}
	u, err := url.Parse(scheme + "://" + rest)
	if err != nil {
		return nil, curlFault{3, curlTexts[3]}
	}
	h.credentials, u.User = u.User, nil
	if port := h.number(curlPort, 0); port != 0 {
		u.Host = net.JoinHostPort(u.Hostname(), strconv.Itoa(port))
	}
	if fault := checkURL(u); fault.code != 0 {
		return nil, fault
	}
	return u.JoinPath(), curlFault{}
}

// limit is how many milliseconds the request may take, 0 for any.
func (h *curlHandle) limit() int {
	return h.number(curlTimeoutMS, 1000*h.number(curlTimeout, 0))
}

func (h *curlHandle) method() string {
	switch {
	case h.text(curlCustomRequest) != "":
		return h.text(curlCustomRequest)
	case h.on(curlNoBody):
		return "HEAD"
	case h.sendsBody():
		return "POST"
	case h.on(curlUpload) || h.on(54):
		return "PUT"
	}
	return "GET"
}

func (h *curlHandle) sendsBody() bool { return h.on(curlPost) || h.options[curlPostFields] != nil }

// body is what is posted, and its content type: of an array a form in parts.
func (h *curlHandle) body(k call) (body, kind string) {
	t, ok := h.options[curlPostFields].(*lua.LTable)
	if !ok {
		fields := h.options[curlPostFields]
		if fields == nil {
			return "", "application/x-www-form-urlencoded"
		}
		return k.stringOf(fields), "application/x-www-form-urlencoded"
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for _, e := range elements(t) {
		form.WriteField(fmt.Sprint(e.key), k.stringOf(e.value))
	}
	form.Close()
	return b.String(), form.FormDataContentType()
}

// ownHeaders are the lines of CURLOPT_HTTPHEADER, and the names, in lower case,
// that none of curl's own lines may have beside them: "Name:" takes one away,
// "Name;" is one without a value.
func (h *curlHandle) ownHeaders(k call) (names map[string]bool, lines []string) {
	names = map[string]bool{}
	list, _ := h.options[curlHTTPHeader].(*lua.LTable)
	if list == nil {
		return names, nil
	}
	for _, e := range elements(list) {
		line := k.stringOf(e.value)
		name, value, colon := strings.Cut(line, ":")
		if empty, ok := strings.CutSuffix(line, ";"); ok && !colon {
			names[strings.ToLower(empty)] = true
			lines = append(lines, empty+":")
			continue
		}
		if !colon {
			continue
		}
		names[strings.ToLower(name)] = true
		if strings.TrimSpace(value) != "" {
			lines = append(lines, line)
		}
	}
	return names, lines
}

// encoding is what Accept-Encoding says, and whether bodies are decoded.
func (h *curlHandle) encoding() (string, bool) {
	v, ok := h.options[curlEncoding].(lua.LString)
	if v == "" {
		v = "deflate, gzip"
	}
	return string(v), ok
}

// family is the family of addresses that CURLOPT_IPRESOLVE wants, 0 for any.
func (h *curlHandle) family() int {
	return map[int]int{1: unix.AF_INET, 2: unix.AF_INET6}[h.number(curlIPResolve, 0)]
}

// tls are the options of TLS, as luasock takes them.
func (h *curlHandle) tls(k call) *lua.LTable {
	t := k.L.NewTable()
	t.RawSetString("verify_peer", lua.LBool(h.number(curlVerifyPeer, 1) != 0))
	t.RawSetString("verify_peer_name", lua.LBool(h.number(curlVerifyHost, 2) != 0))
	for key, number := range map[string]int{"cafile": curlCAInfo, "local_cert": curlSSLCert, "local_pk": curlSSLKey, "passphrase": curlKeyPasswd} {
		if s := h.text(number); s != "" {
			t.RawSetString(key, lua.LString(s))
		}
	}
	return t
}

// resolve reads "host:port:address" lines: addresses by "host:port".
func (h *curlHandle) resolve(k call) map[string]string {
	found := map[string]string{}
	list, _ := h.options[curlResolve].(*lua.LTable)
	if list == nil {
		return found
	}
	for _, e := range elements(list) {
		parts := strings.SplitN(strings.TrimPrefix(k.stringOf(e.value), "+"), ":", 3)
		if len(parts) == 3 {
			address, _, _ := strings.Cut(parts[2], ",")
			found[strings.ToLower(parts[0])+":"+parts[1]] = strings.Trim(address, "[]")
		}
	}
	return found
}

// curlConstants are the constants of the options, of the errors and of the rest.
func curlConstants() []bind.Const {
	list := []bind.Const{
		{Name: "CURL_HTTP_VERSION_NONE", Value: 0}, {Name: "CURL_HTTP_VERSION_1_0", Value: 1}, {Name: "CURL_HTTP_VERSION_1_1", Value: 2},
		{Name: "CURL_HTTP_VERSION_2_0", Value: 3}, {Name: "CURL_HTTP_VERSION_2", Value: 3}, {Name: "CURL_HTTP_VERSION_2TLS", Value: 4},
		{Name: "CURL_REDIR_POST_301", Value: 1}, {Name: "CURL_REDIR_POST_302", Value: 2}, {Name: "CURL_REDIR_POST_303", Value: 4}, {Name: "CURL_REDIR_POST_ALL", Value: 7},
		{Name: "CURLAUTH_BASIC", Value: 1}, {Name: "CURL_IPRESOLVE_WHATEVER", Value: 0}, {Name: "CURL_IPRESOLVE_V4", Value: 1}, {Name: "CURL_IPRESOLVE_V6", Value: 2},
		{Name: "CURLE_OK", Value: 0}, {Name: "CURLE_UNSUPPORTED_PROTOCOL", Value: 1}, {Name: "CURLE_URL_MALFORMAT", Value: 3},
		{Name: "CURLE_COULDNT_RESOLVE_PROXY", Value: 5}, {Name: "CURLE_COULDNT_RESOLVE_HOST", Value: 6}, {Name: "CURLE_COULDNT_CONNECT", Value: 7},
		{Name: "CURLE_WEIRD_SERVER_REPLY", Value: 8}, {Name: "CURLE_PARTIAL_FILE", Value: 18}, {Name: "CURLE_HTTP_NOT_FOUND", Value: 22}, {Name: "CURLE_HTTP_RETURNED_ERROR", Value: 22},
		{Name: "CURLE_WRITE_ERROR", Value: 23}, {Name: "CURLE_READ_ERROR", Value: 26}, {Name: "CURLE_OUT_OF_MEMORY", Value: 27},
		{Name: "CURLE_OPERATION_TIMEDOUT", Value: 28}, {Name: "CURLE_OPERATION_TIMEOUTED", Value: 28}, {Name: "CURLE_SSL_CONNECT_ERROR", Value: 35},
		{Name: "CURLE_TOO_MANY_REDIRECTS", Value: 47}, {Name: "CURLE_GOT_NOTHING", Value: 52}, {Name: "CURLE_SEND_ERROR", Value: 55}, {Name: "CURLE_RECV_ERROR", Value: 56},
		{Name: "CURLE_SSL_CERTPROBLEM", Value: 58}, {Name: "CURLE_SSL_CACERT", Value: 60}, {Name: "CURLE_SSL_PEER_CERTIFICATE", Value: 60},
		{Name: "CURLE_BAD_CONTENT_ENCODING", Value: 61}, {Name: "CURLE_FILESIZE_EXCEEDED", Value: 63}, {Name: "CURLE_SSL_CACERT_BADFILE", Value: 77}, {Name: "CURLE_PROXY", Value: 97},
	}
	for _, o := range curlOptions {
		list = append(list, bind.Const{Name: "CURLOPT_" + o.name, Value: o.number})
	}
	for _, i := range curlInfos {
		if i.number != 0 {
			list = append(list, bind.Const{Name: "CURLINFO_" + i.constant, Value: i.number})
		}
	}
	return append(list, bind.Const{Name: "CURLINFO_HTTP_CODE", Value: 2097154})
}
