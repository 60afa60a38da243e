package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// codeBlocks are the texts of the code blocks, without their indentation.
func codeBlocks(text string) []string {
	var blocks []string
	inside, indent := false, ""
	for line := range strings.Lines(text) {
		trimmed := strings.TrimLeft(line, " ")
		switch fence := strings.HasPrefix(trimmed, "```"); {
		case fence && !inside:
			inside, indent = true, line[:len(line)-len(trimmed)]
			blocks = append(blocks, "")
		case fence:
			inside = false
		case inside:
			blocks[len(blocks)-1] += strings.TrimPrefix(line, indent)
		}
	}
	return blocks
}

// What the README shows of the command is what it prints.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, block := range codeBlocks(string(text)) {
		for _, shown := range strings.Split("\n"+block, "\n$ ")[1:] {
			command, want, ok := strings.Cut(shown, "\n")
			if !ok || !strings.Contains(command, "sockscript ") {
				continue
			}
			tested++
			shell := exec.Command("sh", "-c", command+" 2>&1")
			shell.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
			got, _ := shell.Output() // some show an error
			if strings.TrimSuffix(string(got), "\n") != strings.TrimSuffix(want, "\n") {
				t.Errorf("%s\nprints\n%s\nthe README says\n%s", command, got, want)
			}
		}
	}
	if tested < 4 {
		t.Errorf("%d commands were found in the README", tested)
	}
}
