package luasock

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// foreign starts a program of another make, which is ended with the test.
func foreign(t *testing.T, name string, args ...string) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		skipWithout(t, name)
	}
	var out bytes.Buffer
	cmd := exec.Command(path, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		if t.Failed() {
			t.Logf("%s said: %s", name, out.String())
		}
	})
}

const foreignPrelude = streamPrelude + `
-- connects as soon as somebody listens
function connect(url)
  for i = 1, 1000 do
    local fp = socket.stream_client(url)
    if fp then return fp end
    task.sleep(0.005)
  end
  error("nobody listens on " .. url)
end
`

// converse runs a script and compares what it hands to out. The script's
// start(…) calls start.
func converse(t *testing.T, code string, start func(argument string)) {
	t.Helper()
	vm := openVM(t, Options{})
	vm.L.SetGlobal("start", vm.L.NewFunction(func(L *lua.LState) int {
		start(L.CheckString(1))
		return 0
	}))
	got, err := vm.run(t, foreignPrelude, code)
	if err != nil {
		t.Error(err)
	}
	s := script{code: code}
	s.report(t, s.check(got))
}

func TestPHPClient(t *testing.T) {
	const client = `
		$fp = stream_socket_client("unix://" . $argv[1], $errno, $errstr, 5) or die($errstr);
		fwrite($fp, "hello\r\nsecond;;third");
		echo fgets($fp), stream_get_line($fp, 100, ";;"), stream_get_contents($fp);
		fwrite($fp, "bye\n");`
	converse(t, strings.ReplaceAll(`
		local l = socket.stream_server("unix://PATH")
		start("PATH")
		local s, peer = l:accept(10)
		out(peer, s:gets()) --> ="" "hello\r\n"
		out(s:read_until(";;"), s:read_exactly(5)) --> =second;; third
		s:write("one\ntwo;;three")
		s:shutdown(socket.STREAM_SHUT_WR)
		out(s:read_line()) --> =bye
		out(s:gets()) --> =nil closed 0
		out(s:eof()) --> =true`, "PATH", filepath.Join(t.TempDir(), "socket")),
		func(path string) { foreign(t, "php", "-r", client, path) })
}

func TestPHPServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	foreign(t, "php", "-r", `
		$l = stream_socket_server("unix://" . $argv[1]);
		while ($s = stream_socket_accept($l, 10)) {
			while (($line = fgets($s)) !== false) fwrite($s, strtoupper($line));
			fclose($s);
		}`, path)
	converse(t, strings.ReplaceAll(`
		local fp = connect("unix://PATH")
		fp:write("hello\nworld\n")
		out(fp:gets()) --> ="HELLO\n"
		out(fp:expect({pattern = "^%u+\n"}, 5)) --> ="WORLD\n"
		fp:shutdown(1)
		out(fp:get_contents()) --> =""
		local fp = socket.fsockopen("unix://PATH")
		local big = ("x"):rep(200000) .. "\n"
		task.spawn(function() fp:write(big) end)
		out(#fp:gets(), fp:buffered()) --> =200001 0`, "PATH", path), nil)
}

func TestSocatEcho(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	foreign(t, "socat", "UNIX-LISTEN:"+path+",fork", "EXEC:cat")
	converse(t, strings.ReplaceAll(`
		local fp = connect("unix://PATH")
		local big = ("0123456789abcdef"):rep(16384)
		task.spawn(function() fp:write(big) fp:shutdown(1) end)
		local back = fp:get_contents()
		out(#back, back == big) --> =262144 true
		out(fp:eof()) --> =true`, "PATH", path), nil)
}

func TestSocatUDP(t *testing.T) {
	if _, err := exec.LookPath("socat"); err != nil {
		skipWithout(t, "socat")
	}
	converse(t, `
		local l = socket.stream_server("udp://127.0.0.1:0", socket.STREAM_SERVER_BIND)
		start(l:get_name(false))
		local data, from = l:recvfrom(1000)
		out(data) --> ="ping\n"
		out(l:sendto("pong", 0, from)) --> =4`,
		func(name string) { foreign(t, "sh", "-c", "echo ping | socat -t 2 - UDP:"+name) })
}

func TestNcatServer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	foreign(t, "ncat", "-U", "-l", path, "-c", "read line; echo got $line; sleep 0.05; echo done")
	converse(t, strings.ReplaceAll(`
		local fp = connect("unix://PATH")
		fp:write("a line\n")
		for line in fp:lines() do out(line) end
		--> =got a line
		--> =done
		out(fp:gets()) --> =nil closed 0`, "PATH", path), nil)
}
