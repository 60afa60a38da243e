package php

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sockscript/luasock/loop"
	"sockscript/luasock/stream"
)

// put sends bytes, in the time that is left.
func (x *curlTransfer) put(text string) error {
	if err := x.hurry(); err != nil {
		return err
	}
	_, err := x.fp.Write([]byte(text))
	return err
}

// hurry gives the next wait the time that is left.
func (x *curlTransfer) hurry() error {
	left := stream.Forever
	if end := x.end(); !end.IsZero() {
		if left = time.Until(end); left <= 0 {
			return loop.ErrTimeout
		}
	}
	x.fp.SetTimeout(left)
	return nil
}

// curlReader reads of a transfer's connection.
type curlReader struct{ x *curlTransfer }

func (r curlReader) Read(p []byte) (int, error) {
	if err := r.x.hurry(); err != nil {
		return 0, err
	}
	data, err := r.x.fp.Read(len(p))
	if len(data) > 0 {
		r.x.came = true
	}
	return copy(p, data), err
}

// send sends the request. A peer that answers before it has read all is heard.
func (x *curlTransfer) send() error {
	x.ready = time.Since(x.began)
	body, kind := "", ""
	if x.body {
		body, kind = x.h.body(x.k)
	}
	head := x.requestHead(kind, len(body))
	x.sent += len(head)
	err := x.put(head + body)
	x.uploaded = len(body)
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		return nil // reading tells more
	}
	return err
}

// requestHead is the head of the request, its lines in curl's order.
func (x *curlTransfer) requestHead(kind string, length int) string {
	own, lines := x.h.ownHeaders(x.k)
	authority, path, proxy := authorityOf(x.target), x.target.RequestURI(), x.proxy()
	relayed := proxy != nil && x.target.Scheme == "http" // else the proxy is a tunnel
	if relayed {
		path = x.target.Scheme + "://" + authority + path
	}
	version := "1.1"
	if x.h.number(curlHTTPVersion, 0) == 1 {
		version = "1.0"
	}
	var b strings.Builder
	add := func(name, value string) {
		if value != "" && !own[strings.ToLower(name)] {
			fmt.Fprintf(&b, "%s: %s\r\n", name, value)
		}
	}
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", x.method, path, version)
	same := authority == authorityOf(x.first) && x.target.Scheme == x.first.Scheme
	host := slices.IndexFunc(lines, func(line string) bool { return strings.EqualFold(nameOf(line), "Host") })
	if host >= 0 && same {
		b.WriteString(lines[host] + "\r\n")
	} else if host >= 0 || !own["host"] {
		b.WriteString("Host: " + authority + "\r\n")
	}
	if relayed {
		b.WriteString(x.proxyAuthorization(proxy))
	}
	if login := x.login(); login != "" && same {
		add("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(login)))
	}
	if s := x.h.text(curlRange); s != "" {
		add("Range", "bytes="+s)
	}
	add("User-Agent", x.h.text(curlUserAgent))
	add("Accept", "*/*")
	if v, ok := x.h.encoding(); ok {
		add("Accept-Encoding", v)
	}
	add("Referer", x.referer())
	if relayed {
		add("Proxy-Connection", "Keep-Alive")
	}
	if s := x.cookies(same); s != "" {
		b.WriteString("Cookie: " + s + "\r\n")
	}
	for i, line := range lines {
		secret := strings.EqualFold(nameOf(line), "Authorization") || strings.EqualFold(nameOf(line), "Cookie")
		if i != host && (same || !secret) {
			b.WriteString(line + "\r\n")
		}
	}
	if x.body || x.method == "PUT" {
		add("Content-Length", strconv.Itoa(length))
		add("Content-Type", kind)
	}
	return b.String() + "\r\n"
}

// referer is the page that is said to have led here.
func (x *curlTransfer) referer() string {
	if x.h.on(curlAutoReferer) && x.redirects > 0 {
		return x.from
	}
	return x.h.text(curlReferer)
}

func nameOf(line string) string {
	name, _, _ := strings.Cut(line, ":")
	return name
}

// authorityOf is a URL's host, with the port that is not the scheme's.
func authorityOf(u *url.URL) string {
	if u.Port() == map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		return strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return u.Host
}

// cookies are those of the option and, of the cookie engine's, those for the URL.
func (x *curlTransfer) cookies(same bool) string {
	var list []string
	if x.h.jar != nil {
		for _, c := range x.h.jar.jar.Cookies(trusted(x.target)) {
			list = append(list, c.Name+"="+cookieValue(c))
		}
	}
	if s := x.h.text(curlCookie); s != "" && same {
		list = append(list, s)
	}
	return strings.Join(list, "; ")
}

// keepCookies takes in the cookies of the head.
func (x *curlTransfer) keepCookies() {
	var list []*http.Cookie
	for _, line := range x.head[1:] {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "Set-Cookie") {
			if c, err := http.ParseSetCookie(strings.TrimSpace(value)); err == nil {
				list = append(list, c)
			}
		}
	}
	x.h.jar.take(x.target, list)
}

// login is "user:password".
func (x *curlTransfer) login() string {
	if user := x.h.text(curlUserName); user != "" {
		return user + ":" + x.h.text(curlPassword)
	}
	if login := x.h.text(curlUserPwd); login != "" {
		return login
	}
	if u := x.h.credentials; u != nil {
		password, _ := u.Password()
		return u.Username() + ":" + password
	}
	return ""
}
