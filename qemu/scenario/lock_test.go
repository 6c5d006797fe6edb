package scenario

import (
	"fmt"
	"strings"
	"testing"
)

// Of two commands at once the second says who holds the lock, or waits; a
// command that is killed leaves no lock behind, and the state before it.
func TestTwoCommands(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot()
		u.run("echo before > /etc/state; snapshot config")
		u.run("echo after > /etc/state; head -c 4000000 /dev/urandom > /root/big")
		pid := u.locked("snapshot config")
		said := u.refuse(75, "snapshot --wait 0s config")
		if !strings.Contains(said, pid) {
			u.Errorf("process %s holds the lock, but the second command says %q", pid, said)
		}
		u.run("snapshot config") // waits
		u.until("the end of the first command", func() bool { return u.try("kill -0 "+pid).Status != 0 })
		u.want("", "grep FLOCK /proc/locks || true")
		u.want("0", "cat /tmp/status")

		u.run("echo killed > /etc/state; head -c 4000000 /dev/urandom > /root/big")
		u.run("kill -9 " + u.locked("snapshot config"))
		u.boot()
		u.state(0, true)
		if state := strings.TrimSpace(u.run("cat /etc/state")); state != "after" && state != "killed" {
			u.Errorf("the state after a killed command is %q", state)
		}
		u.run("rm /root/big; echo last > /etc/state; snapshot --wait 0s config; snapshot verify")
		u.run("head -c 4000000 /dev/urandom > /root/big")
		u.run("kill -9 " + u.locked("snapshot config") + "; snapshot --wait 1s info")
		u.run("rm /root/big; snapshot --wait 1s config")
		u.boot()
		u.state(0, true)
		u.holds(map[string]string{"/etc/state": "last", "/root/big": ""})
	})
}

// locked starts a command in the background and returns its process number when
// it holds the lock. Its exit status goes to /tmp/status.
func (u *unit) locked(command string) (pid string) {
	u.Helper()
	u.run(fmt.Sprintf("(%s > /dev/null 2>&1 & echo $! > /tmp/pid; wait $!; echo $? > /tmp/status) > /dev/null 2>&1 & sleep 0.1", command))
	pid = strings.TrimSpace(u.run("cat /tmp/pid"))
	u.until("the lock", func() bool { return u.try("grep -q 'FLOCK .* "+pid+" ' /proc/locks").Status == 0 })
	return pid
}
