package luasock

import (
	"bytes"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	lua "github.com/yuin/gopher-lua"
)

const stdioScript = "SOCKSCRIPT_TEST_STDIO"

// TestStdioHelper is no test but the program that the tests below start: a
// script with its own standard streams.
func TestStdioHelper(t *testing.T) {
	code := os.Getenv(stdioScript)
	if code == "" {
		t.Skip("is started by other tests")
	}
	vm, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	module, _ := vm.L.GetGlobal("socket").(*lua.LTable)
	vm.openStandardStreams(module)
	fn, err := vm.L.LoadString(code)
	if err == nil {
		err = vm.Do(fn)
	}
	if err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Exit(0)
}

// program is a script in a process of its own.
func program(t *testing.T, code string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestStdioHelper$")
	cmd.Env = append(os.Environ(), stdioScript+"="+code)
	timer := time.AfterFunc(patience, func() { cmd.Process.Kill() })
	t.Cleanup(func() { timer.Stop() })
	return cmd
}

func TestStandardStreams(t *testing.T) {
	file := filepath.Join(t.TempDir(), "input")
	if err := os.WriteFile(file, []byte("from a file\nrest"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := func() io.Reader {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	for _, c := range []struct {
		name, code string
		in         io.Reader
		want       string
	}{
		{"a pipe", `
			for line in socket.STDIN:lines() do socket.STDOUT:write("[" .. line .. "]") end
			socket.STDOUT:write(tostring(socket.STDIN:eof()))`,
			strings.NewReader("one\ntwo\nthree"), `^\[one\]\[two\]\[three\]true$`},
		{"a file", `
			print(socket.STDIN:gets(), socket.STDIN:get_contents(), socket.STDIN:gets())
			print(pcall(socket.STDIN.set_timeout, socket.STDIN, 1))`,
			open(), `^from a file\n\trest\tnil\tclosed\t0\nfalse\t.*a file has no time-out\)\n$`},
		{"a file that is read again", `print(#io.read("*a"), io.stdin:seek("set"), io.read())`, open(), `^16\t0\tfrom a file\n$`},
		{"nothing", `print(socket.STDIN:gets(), #socket.select({socket.STDIN}, {socket.STDOUT}, nil, 0))`, nil, `^nil\tclosed\t0\t1\n$|^nil\t1\n$`},
		{"what they are", `
			for _, fp in ipairs{socket.STDIN, socket.STDOUT, socket.STDERR} do
			  local m = fp:get_meta_data()
			  print(fp, m.stream_type, m.mode, m.uri, m.blocked)
			end
			print(socket.STDIN:get_name(false)) print(socket.STDIN:shutdown(2))
			print(pcall(socket.import_stream, socket.STDOUT))`,
			nil, `^stream: php://stdin fd 0\tSTDIO\tr\tphp://stdin\ttrue
stream: php://stdout fd 1\tSTDIO\tw\tphp://stdout\ttrue
stream: php://stderr fd 2\tSTDIO\tw\tphp://stderr\ttrue
nil\t.*\t88
nil\t.*\t107
false\t.*fp must be a stream that is a socket`},
		{"passthru", `
			local a, b = socket.stream_pair(socket.STREAM_PF_UNIX, socket.SOCK_STREAM, 0)
			a:write("passed") a:close()
			print(b:passthru())`, nil, `^passed6\n$`},
		{"copy_to", `print(socket.STDIN:copy_to(socket.STDOUT))`, strings.NewReader("copied "), `^copied 7\n$`},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := program(t, c.code)
			cmd.Stdin = c.in
			out, err := cmd.CombinedOutput()
			if err != nil || !regexp.MustCompile(c.want).Match(out) {
				t.Errorf("got %q, %v, want %s", out, err, c.want)
			}
		})
	}
}

// The keyboard and the network at once: a script waits for both in tasks, and
// in one select.
func TestKeyboardAndNetwork(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	cmd := program(t, `
		local fp = socket.stream_client("tcp://`+listener.Addr().String()+`")
		task.spawn(function() for line in socket.STDIN:lines() do fp:write("typed " .. line .. "\n") end fp:shutdown(1) end)
		for line in fp:lines() do socket.STDOUT:write("came " .. line .. "\n") end
		local r = socket.select({socket.STDIN, fp}, nil, nil, 5)
		print(#r)`)
	keys, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peer, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	answer := func(text string) {
		buf := make([]byte, 100)
		n, _ := peer.Read(buf)
		peer.Write([]byte(text))
		if got := string(buf[:n]); got != "typed "+strings.ReplaceAll(text, "!", "") {
			t.Errorf("the network got %q before %q", got, text)
		}
	}
	keys.Write([]byte("one\n"))
	answer("one!\n")
	keys.Write([]byte("two\n"))
	answer("two!\n")
	keys.Close()
	io.Copy(io.Discard, peer)
	peer.Close()
	if err := cmd.Wait(); err != nil || out.String() != "came one!\ncame two!\n2\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

// A VM that nobody asks for the standard streams leaves them alone.
func TestStandardStreamsAreLazy(t *testing.T) {
	vm := openVM(t, Options{})
	module, _ := vm.L.GetGlobal("socket").(*lua.LTable)
	vm.openStandardStreams(module)
	first := vm.standardStream(0)
	if vm.standardStream(0) != first {
		t.Error("each call makes another stream")
	}
	if v := vm.L.GetField(module, "STDIN"); v.(*lua.LUserData).Value != vm.standardStream(0) {
		t.Error("socket.STDIN is another stream")
	}
}

func TestInteract(t *testing.T) {
	const code = `
		local a, b = socket.stream_pair(socket.STREAM_PF_UNIX, socket.SOCK_STREAM, 0)
		task.spawn(function()
		  for line in b:lines() do b:write("echo " .. line .. "\n") if line == "bye" then b:close() return end end
		  b:write("end\n") b:close()
		end)
		print(a:interact())
		print(socket.STDIN:read(10))
		pcall(a.close, a)`
	for _, c := range []struct{ name, keys, want string }{
		{"Ctrl-]", "one\n\x1dtwo\n", "true\ntwo\n"},
		{"the peer closes", "one\nbye\n", "echo one\necho bye\nnil\tclosed\t0\n"},
		{"the input ends", "one\n", "echo one\nend\nnil\tclosed\t0\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := program(t, code)
			cmd.Stdin = strings.NewReader(c.keys)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), strings.TrimSuffix(c.want, "\n")) {
				t.Errorf("got %q, %v, want %q", out, err, c.want)
			}
		})
	}
}
