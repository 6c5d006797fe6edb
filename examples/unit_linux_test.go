package examples

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadme installs the examples as README.md says, and has `snapshot health`
// run them.
func TestReadme(t *testing.T) {
	root := newRoot(t)
	readme, err := os.ReadFile("../README.md")
	must(t, err)
	commands := 0
	for line := range strings.Lines(string(readme)) {
		if !strings.HasPrefix(line, "    ") || !strings.Contains(line, " ROOT/") {
			continue
		}
		commands++
		cmd := exec.Command("sh", "-c", strings.ReplaceAll(line, "ROOT/", root+"/"))
		cmd.Dir = ".."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", line, err, out)
		}
	}
	if commands != 3 {
		t.Errorf("README.md has %d commands", commands)
	}
	n := newNetwork(t)
	n.nameServer("unit.example")
	conf, err := os.OpenFile(filepath.Join(root, "etc/snapshot/health.conf"), os.O_APPEND|os.O_WRONLY, 0)
	must(t, err)
	_, err = fmt.Fprintf(conf, "pidfiles=/pid\nmesh_device=eth0\ndns_name=unit.example\ngateway_wait=2\n")
	must(t, errors.Join(err, conf.Close()))
	must(t, os.WriteFile(filepath.Join(root, "pid"), fmt.Appendln(nil, os.Getpid()), 0o644))
	must(t, os.WriteFile(filepath.Join(root, "etc/resolv.conf"), []byte("nameserver "+peerAddress+"\n"), 0o644))
	health := func() (string, int) {
		const script = `for dir in proc sys dev; do mount --rbind /$dir $1/$dir || exit; done; exec chroot $1 /bin/env PATH=/bin /sbin/snapshot.program health`
		cmd := exec.Command("ip", "netns", "exec", n.unit, "sh", "-c", script, "sh", root)
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := health(); code != 0 || !strings.HasSuffix(out, "\nhealthy: 3 required checks passed.\n") || strings.Count(out, "passed ") != 4 {
		t.Errorf("exit code %d: %s", code, out)
	}
	n.down()
	if out, code := health(); code != 112 || !strings.HasSuffix(out, "unhealthy: 20-gateway: the gateway "+peerAddress+" does not answer\n") || strings.Count(out, "failed ") != 2 || !strings.Contains(out, "unit.example does not resolve\n") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
