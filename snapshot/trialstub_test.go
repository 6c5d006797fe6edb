package main

import (
	"os"
	"path/filepath"
	"testing"
)

// TestHealthLogs: the result is in the log when red.d runs.
func TestHealthLogs(t *testing.T) {
	root := newChecks(t, "required.d/10-a", "exit 3", "red.d/10-r", "cp $ROOT/snapshot/log $ROOT/ran")
	run(t, root, "health")
	b, _ := os.ReadFile(filepath.Join(root, "ran"))
	if got := string(b); got != "health: unhealthy: 10-a: exit code 3\n" {
		t.Errorf("%q", got)
	}
}
