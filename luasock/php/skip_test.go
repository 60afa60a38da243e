package php

import (
	"os"
	"testing"
)

// skipWithoutPHP skips a test of which PHP is the judge; in CI, which installs
// it, that is a failure.
func skipWithoutPHP(t *testing.T) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal("php is not installed, in CI")
	}
	t.Skip("php is not installed")
}
