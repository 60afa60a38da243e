package php

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Proxies are found as PHP's curl finds them: by options, and in the environment.
func TestCurlFindsProxies(t *testing.T) {
	needPHP(t)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "proxied "+r.Method+" "+r.Host+" "+r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	direct := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "direct") }))
	defer direct.Close()
	for name, value := range map[string]string{"PROXY": proxy.Listener.Addr().String(), "DIRECT": direct.Listener.Addr().String()} {
		t.Setenv(name, value)
	}
	for _, name := range []string{"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"} {
		t.Setenv(name, "")
	}
	p := "http://" + os.Getenv("PROXY")
	for _, k := range []struct {
		env     string // name=value, with spaces between
		options string // lines of name value, of PHP and Lua alike
	}{
		{"", ""},
		{"http_proxy=" + p, ""},
		{"http_proxy=" + os.Getenv("PROXY"), ""},
		{"http_proxy=http://user:pass@" + os.Getenv("PROXY"), ""},
		{"HTTP_PROXY=" + p, ""},
		{"all_proxy=" + p, ""},
		{"ALL_PROXY=" + p, ""},
		{"all_proxy=" + p + " http_proxy=http://127.0.0.1:1", ""},
		{"https_proxy=" + p, ""},
		{"HTTPS_PROXY=" + p, ""},
		{"http_proxy=" + p, "CURLOPT_PROXY \"\""},
		{"http_proxy=http://127.0.0.1:1", "CURLOPT_PROXY getenv(\"PROXY\")"},
		{"http_proxy=" + p + " no_proxy=*", ""},
		{"http_proxy=" + p + " NO_PROXY=example.test", ""},
		{"http_proxy=" + p + " no_proxy=x,.example.test.,y", ""},
		{"http_proxy=" + p + " no_proxy=127.0.0.0/8,[::1]", ""},
		{"http_proxy=" + p + " no_proxy=127.0.0.1/33", ""},
		{"http_proxy=" + p + " no_proxy=127.1", ""},
		{"http_proxy=" + p + " no_proxy=7.0.0.1", ""},
		{"http_proxy=" + p + " no_proxy=*", "CURLOPT_NOPROXY \"\""},
		{"http_proxy=" + p, "CURLOPT_NOPROXY \"other EXAMPLE.test 127.0.0.1/8\""},
		{"", "CURLOPT_PROXY getenv(\"PROXY\")\nCURLOPT_NOPROXY \"*\""},
		{"", "CURLOPT_PROXY getenv(\"PROXY\")\nCURLOPT_NOPROXY \"*,x\""},
		{"", "CURLOPT_PROXY getenv(\"PROXY\")\nCURLOPT_NOPROXY \"w.example.test\""},
	} {
		const urls = `"http://%s/", "http://www.example.test:1/a", "http://EXAMPLE.test.:1/", "http://myexample.test:1/", "https://secure.example.test:1/"`
		script := func(php bool) string {
			v := map[bool]string{true: "$"}[php]
			here := `"www.example.test:1:127.0.0.1", "example.test:1:127.0.0.1", "example.test.:1:127.0.0.1", "myexample.test:1:127.0.0.1", "secure.example.test:1:127.0.0.1"` // where nobody listens
			here = map[bool]string{true: "[" + here + "]", false: "{" + here + "}"}[php]
			b := fmt.Sprintf(`%sch = curl_init(); curl_setopt(%[1]sch, CURLOPT_RETURNTRANSFER, true); curl_setopt(%[1]sch, CURLOPT_CONNECTTIMEOUT, 20); curl_setopt(%[1]sch, CURLOPT_RESOLVE, %s); `, v, here)
			for _, line := range strings.Split(k.options, "\n") {
				if name, value, ok := strings.Cut(line, " "); ok {
					b += fmt.Sprintf("curl_setopt(%sch, %s, %s); ", v, name, value)
				}
			}
			list := fmt.Sprintf(urls, os.Getenv("DIRECT"))
			if php {
				return b + `foreach ([` + list + `] as $url) { curl_setopt($ch, CURLOPT_URL, $url); $r = curl_exec($ch); echo $r === false ? curl_errno($ch) : $r, "\n"; }`
			}
			return `require "socket.php" () getenv = os.getenv ` + b + `for _, url in ipairs{` + list + `} do curl_setopt(ch, CURLOPT_URL, url) local r = curl_exec(ch) print(r or curl_errno(ch)) end`
		}
		environ := append(os.Environ(), strings.Fields(k.env)...)
		run := func(name string, args ...string) string {
			cmd := exec.Command(name, args...)
			cmd.Env = environ
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, out)
			}
			return string(out)
		}
		want, got := run("php", "-r", script(true)), run(command, "-e", script(false))
		if got != want {
			t.Errorf("%s, %s\nPHP:\n%shere:\n%s", k.env, k.options, want, got)
		}
	}
}
