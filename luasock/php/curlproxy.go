package php

import (
	"net/netip"
	"net/url"
	"os"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// proxyFor is the proxy of a URL as libcurl finds it, "" for none: the option's, or
// else the environment's. The option's may be "" to leave the environment alone.
func (h *curlHandle) proxyFor(u *url.URL) string {
	spared, ok := h.options[curlNoProxy].(lua.LString)
	if !ok {
		spared = lua.LString(environment("no_proxy", "NO_PROXY"))
	}
	if sparesProxy(u.Hostname(), string(spared)) {
		return ""
	}
	if text, ok := h.options[curlProxy].(lua.LString); ok {
		return string(text)
	}
	if u.Scheme == "http" { // HTTP_PROXY would be a CGI client's header "Proxy"
		return environment("http_proxy", "all_proxy", "ALL_PROXY")
	}
	return environment(u.Scheme+"_proxy", strings.ToUpper(u.Scheme)+"_PROXY", "all_proxy", "ALL_PROXY")
}

// environment is the first of some variables that is set.
func environment(names ...string) string {
	for _, name := range names {
		if value := os.Getenv(name); value != "" {
			return value
		}
	}
	return ""
}

// sparesProxy tells whether a list names a host: "*", or names that it or its end
// has, addresses, and networks as 10.0.0.0/8, with commas or blanks between them.
func sparesProxy(host, list string) bool {
	if list == "*" {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	address, err := netip.ParseAddr(host)
	for _, token := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' }) {
		if err == nil {
			if sparesAddress(address, token) {
				return true
			}
			continue
		}
		token = strings.ToLower(strings.TrimPrefix(strings.TrimSuffix(token, "."), "."))
		if host == token || strings.HasSuffix(host, "."+token) {
			return true
		}
	}
	return false
}

// sparesAddress tells whether an address is another, or in a network.
func sparesAddress(address netip.Addr, token string) bool {
	network, bits, ok := strings.Cut(token, "/")
	other, err := netip.ParseAddr(network)
	if err != nil {
		return false
	}
	n, _ := strconv.Atoi(bits)
	if !ok || n == 0 {
		return other == address
	}
	prefix, err := other.Prefix(n)
	return err == nil && prefix.Contains(address)
}
