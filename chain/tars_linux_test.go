//go:build amd64 || arm64

// The test binary runs itself again, which it cannot under an emulator.

package chain_test

import (
	"os"
	"os/exec"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// With one processor nothing is read ahead, however many Go is told to use.
func TestTarsOnOneProcessor(t *testing.T) {
	const child = "CHAINROOT_TEST_PROCESSORS"
	if os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestTarsOnOneProcessor$", "-test.count=1")
		cmd.Env = append(os.Environ(), child+"=1")
		if out, err := onOneProcessor(t, cmd); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		if runtime.NumCPU() == 1 {
			return
		}
	}
	dev, _ := manyTars(t)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	c := open(t, dev)
	before := runtime.NumGoroutine()
	all := c.Tars(c.Entries())
	defer all.Close()
	all.Next()
	ahead := runtime.NumGoroutine() - before
	if want := min(runtime.NumCPU()-1, 1); ahead != want {
		t.Errorf("with %d processors %d goroutines read ahead, want %d", runtime.NumCPU(), ahead, want)
	}
}

// onOneProcessor runs a command, and returns what it writes.
func onOneProcessor(t *testing.T, cmd *exec.Cmd) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, one unix.CPUSet
	must(t, unix.SchedGetaffinity(0, &all))
	for cpu := 0; one.Count() == 0; cpu++ {
		if all.IsSet(cpu) {
			one.Set(cpu)
		}
	}
	must(t, unix.SchedSetaffinity(0, &one))
	defer unix.SchedSetaffinity(0, &all)
	return cmd.CombinedOutput()
}
