package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// sysrqPath takes single letters as orders to the kernel
// (Documentation/admin-guide/sysrq.rst): b reboots, whatever hangs.
const sysrqPath = "/proc/sysrq-trigger"

// patience is how long a reboot may take before it is forced.
const patience = 10 * time.Second

// restart boots the unit again, at once: what runs on it is not to be kept. What
// hangs in a sync or in a driver does not keep it from that.
func restart() error {
	failed := make(chan error, 1)
	go func() {
		unix.Sync()
		failed <- unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	}()
	var err error
	select {
	case err = <-failed:
	case <-time.After(patience):
		err = fmt.Errorf("it took more than %v", patience)
	}
	if forced := os.WriteFile(sysrqPath, []byte("b"), 0); forced != nil {
		return fmt.Errorf("cannot reboot, do it by hand: %w; nor by force: %w", err, forced)
	}
	time.Sleep(patience)
	return fmt.Errorf("cannot reboot, do it by hand: %w; by force neither", err)
}
