package cli

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// BenchmarkStart starts the command, up to its end and up to the first prompt, and
// php, in one run:
//
//	go test ./luasock/cli -run XXX -bench Start -count 5
func BenchmarkStart(b *testing.B) {
	for _, k := range []struct {
		name string
		args []string
	}{
		{"sockscript", []string{binary, "-e", ""}},
		{"php", []string{"php", "-r", ""}},
	} {
		b.Run(k.name, func(b *testing.B) {
			for b.Loop() {
				out, err := exec.Command(k.args[0], k.args[1:]...).CombinedOutput()
				if errors.Is(err, exec.ErrNotFound) {
					b.Skipf("%s is not installed", k.args[0])
				}
				if err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
	b.Run("first prompt", func(b *testing.B) {
		home := b.TempDir()
		for b.Loop() {
			firstPrompt(b, home)
		}
	})
}

// firstPrompt starts the command in a terminal and ends it when it prompts.
func firstPrompt(b *testing.B, home string) {
	master, slave, err := pty.Open()
	if err != nil {
		b.Fatal(err)
	}
	defer master.Close()
	cmd := exec.Command(binary, "--no-color")
	cmd.Env = []string{"HOME=" + home, "TERM=xterm", "PATH=" + os.Getenv("PATH")}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	err = cmd.Start()
	slave.Close()
	if err != nil {
		b.Fatal(err)
	}
	var shown []byte
	buf := make([]byte, 4096)
	for !bytes.HasSuffix(shown, []byte("> \r\x1b[2C")) {
		n, err := master.Read(buf)
		if err != nil {
			b.Errorf("no prompt: %v; it shows %q", err, shown)
			break
		}
		shown = append(shown, buf[:n]...)
	}
	b.StopTimer()
	cmd.Process.Kill()
	cmd.Wait()
	b.StartTimer()
}
