package luatest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// examples are the suites in scripts/tests and the programs that they test.
var examples = map[string]string{
	"redis_test.lua": "redis-server",
	"nginx_test.lua": "nginx",
	"dns_test.lua":   "dnsmasq",
	"smtp_test.lua":  "aiosmtpd",
}

// The examples pass against programs that no one here wrote.
func TestExamples(t *testing.T) {
	files, err := filepath.Glob("../../scripts/tests/*.lua")
	if err != nil || len(files) != len(examples) {
		t.Fatalf("%d files, %v; want %d", len(files), err, len(examples))
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			skipWithout(t, examples[filepath.Base(file)])
			Run(t, file)
		})
	}
}

// skipWithout skips a test for which a program is missing; in CI, which installs
// them all, that is a failure.
func skipWithout(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed, in CI", program)
	}
	t.Skipf("%s is not installed", program)
}
