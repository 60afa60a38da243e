package php

import (
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cookies are a handle's: curl's cookie engine. The jar says which go with a
// request; it does not tell what it holds, so that stands beside it.
type cookies struct {
	jar  *cookiejar.Jar
	kept []cookie // oldest first
}

// cookie is a line of a cookie file, in the format of Netscape's browser.
type cookie struct {
	domain   string // with a dot first: hosts below it get the cookie too
	path     string
	secure   bool
	expires  int64 // Unix time; 0: with the session
	name     string
	value    string
	httpOnly bool
}

func newCookies() *cookies {
	jar, _ := cookiejar.New(nil) // it cannot fail
	return &cookies{jar: jar}
}

const httpOnlyMark = "#HttpOnly_"

func (c cookie) String() string {
	mark := map[bool]string{true: httpOnlyMark}[c.httpOnly]
	below, secure := strings.HasPrefix(c.domain, "."), c.secure
	truth := map[bool]string{true: "TRUE", false: "FALSE"}
	return fmt.Sprintf("%s%s\t%s\t%s\t%s\t%d\t%s\t%s", mark, c.domain, truth[below], c.path, truth[secure], c.expires, c.name, c.value)
}

// parseCookie reads a line of a cookie file.
func parseCookie(line string) (c cookie, ok bool) {
	if line, c.httpOnly = strings.CutPrefix(line, httpOnlyMark); strings.HasPrefix(line, "#") {
		return c, false
	}
	fields := strings.Split(line, "\t")
	if len(fields) == 6 {
		fields = append(fields, "")
	}
	if len(fields) != 7 {
		return c, false
	}
	c.domain, c.path, c.secure, c.name, c.value = strings.TrimPrefix(fields[0], "."), fields[2], fields[3] == "TRUE", fields[5], fields[6]
	if fields[1] == "TRUE" {
		c.domain = "." + c.domain
	}
	var err error
	c.expires, err = strconv.ParseInt(fields[4], 10, 64)
	return c, err == nil && !c.over()
}

// over tells whether the cookie has expired.
func (c cookie) over() bool { return c.expires != 0 && c.expires <= time.Now().Unix() }

// load reads a cookie file: what is not there yet, as curl does before each
// request. One that is not there is an empty one; fresh leaves out the cookies of
// old sessions.
func (j *cookies) load(path string, fresh bool) {
	if path == "" {
		return
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		c, ok := parseCookie(strings.TrimRight(line, "\r\n"))
		if !ok || fresh && c.expires == 0 || j.find(c) >= 0 {
			continue
		}
		host := strings.TrimPrefix(c.domain, ".")
		set := &http.Cookie{Name: c.name, Value: c.value, Path: c.path, Secure: c.secure, HttpOnly: c.httpOnly}
		if host != c.domain {
			set.Domain = host
		}
		if c.expires != 0 {
			set.Expires = time.Unix(c.expires, 0)
		}
		j.jar.SetCookies(&url.URL{Scheme: "https", Host: host, Path: c.path}, []*http.Cookie{set})
		j.kept = append(j.kept, c)
	}
}

// find is the index of the cookie that another takes the place of, -1 for none.
func (j *cookies) find(c cookie) int {
	return slices.IndexFunc(j.kept, func(o cookie) bool { return o.domain == c.domain && o.path == c.path && o.name == c.name })
}

// take takes in what the answer of a URL has set.
func (j *cookies) take(from *url.URL, list []*http.Cookie) {
	j.jar.SetCookies(trusted(from), list)
	for _, set := range list {
		c, ok := kept(from, set)
		if !ok {
			continue
		}
		if i := j.find(c); i >= 0 {
			j.kept = slices.Delete(j.kept, i, i+1)
		}
		if !c.over() {
			j.kept = append(j.kept, c)
		}
	}
}

// kept is a cookie as it stands in a file; false when it is not the URL's to set.
func kept(from *url.URL, set *http.Cookie) (c cookie, ok bool) {
	host, domain := strings.ToLower(from.Hostname()), strings.ToLower(strings.TrimPrefix(set.Domain, "."))
	c = cookie{domain: host, path: set.Path, secure: set.Secure, name: set.Name, value: cookieValue(set), httpOnly: set.HttpOnly}
	switch {
	case domain == "" || net.ParseIP(host) != nil && domain == host:
	case domain == host || strings.HasSuffix(host, "."+domain) && net.ParseIP(host) == nil:
		c.domain = "." + domain
	default:
		return c, false
	}
	if !strings.HasPrefix(c.path, "/") {
		c.path = from.Path[:strings.LastIndexByte(from.Path, '/')+1]
	}
	switch {
	case set.MaxAge < 0:
		c.expires = 1
	case set.MaxAge > 0:
		c.expires = time.Now().Unix() + int64(set.MaxAge)
	case !set.Expires.IsZero():
		c.expires = max(1, set.Expires.Unix())
	}
	return c, !c.secure || trusted(from).Scheme == "https"
}

// cookieValue is the value as it came, in its quotes.
func cookieValue(c *http.Cookie) string {
	if c.Quoted {
		return `"` + c.Value + `"`
	}
	return c.Value
}

// trusted is a URL of this machine as one of https, as secure cookies have it.
func trusted(u *url.URL) *url.URL {
	switch strings.ToLower(u.Hostname()) {
	case "localhost", "127.0.0.1", "::1":
		u = &url.URL{Scheme: "https", Host: u.Host, Path: u.Path}
	}
	return u
}

// save writes a cookie file, the latest cookie first, with what it has from the
// file that was loaded and has not itself. What it cannot write it leaves. Curl does
// all that too.
func (j *cookies) save(path, from string, fresh bool) {
	const head = "# Netscape HTTP Cookie File\n# https://curl.se/docs/http-cookies.html\n# This file was generated by libcurl! Edit at your own risk.\n\n"
	if path == "" {
		return
	}
	all := newCookies()
	all.kept = slices.Clone(j.kept)
	all.load(from, fresh)
	var b strings.Builder
	b.WriteString(head)
	for _, c := range slices.Backward(all.kept) {
		if !c.over() {
			b.WriteString(c.String() + "\n")
		}
	}
	os.WriteFile(path, []byte(b.String()), 0o600)
}
