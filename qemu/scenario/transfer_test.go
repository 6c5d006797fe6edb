package scenario

import (
	"strings"
	"testing"
)

// A chain goes over HTTP into a pipe, and is the same afterwards; what it has is not
// written again; a pinned snapshot is still there when the rest is folded.
func TestTransfer(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot()
		for _, n := range []string{"1", "2", "3"} {
			u.run("echo " + n + " > /etc/n; snapshot push --label 'number " + n + "'")
		}
		u.run("echo mine > /etc/mine; snapshot config")
		id := u.run("snapshot id")
		u.run("mkdir /tmp/www; snapshot export --all -o /tmp/www/chain; snapshot export 3 > /tmp/www/third")
		u.run("ip link set lo up; busybox httpd -p 127.0.0.1:80 -h /tmp/www")
		const get = "wget -q -O - http://127.0.0.1/"

		u.run("snapshot rollback 1")
		if out := u.run(get + "chain | snapshot import -"); !strings.HasPrefix(out, "Imported 3 entries") {
			t.Errorf("import says %q", out)
		}
		u.want(strings.TrimSpace(id), "snapshot id")
		u.run("snapshot rollback 1")
		u.refuse(69, get+"third | snapshot import -")
		u.refuse(65, get+"chain | head -c 1000 | snapshot import -")
		u.refuse(65, "snapshot import /etc/n")
		u.refuse(66, "snapshot import /nowhere")
		u.run("snapshot rollback --undo; snapshot pin 2")
		u.refuse(69, "snapshot rollback 1")
		u.want(strings.TrimSpace(id), "snapshot id")

		u.boot()
		u.state(3, true)
		u.holds(map[string]string{"/etc/n": "3", "/etc/mine": "mine"})
		u.run("echo 4 > /etc/n; snapshot push --label four; echo 5 > /etc/n; snapshot push --label five")
		if out := u.run("snapshot compact --dry-run"); !strings.Contains(out, "The flash would take") {
			t.Errorf("a dry run says %q", out)
		}
		if out := u.run("snapshot compact"); !strings.Contains(out, "Folded") {
			t.Errorf("compact says %q", out)
		}
		if info := u.run("snapshot info"); !strings.Contains(info, "pinned       snapshot 2\n") {
			t.Errorf("info says %s", info)
		}

		u.boot("snapshot.rollback=2")
		u.holds(map[string]string{"/etc/n": "2"})
		u.run("mkdir -p /tmp/new/etc; echo built > /tmp/new/etc/built; tar -cf /tmp/new.tar -C /tmp/new etc")
		u.run("snapshot build /tmp/new.tar -o /tmp/built --label built --owner 0:0; snapshot unpin 2")
		u.run("snapshot import /tmp/built")
		u.untouched("the same import", func() { u.run("snapshot import /tmp/built") })
		u.boot()
		u.holds(map[string]string{"/etc/n": "5", "/etc/mine": "mine", "/etc/built": "built"})
	})
}
