package scenario

import (
	"strconv"
	"strings"
	"testing"

	"chainroot/qemu/image"
)

// Everything a file can be survives config, push and reboots exactly: firmware
// that is deleted, recreated, renamed; every kind of file, owner, mode, time,
// attribute and name; and holes stay holes, on flash and in RAM.
func TestEveryKindOfFile(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		const trees = "/root /usr/share"
		u.boot()
		u.run(`set -e
			cd /usr/share/sample
			rm deleted; rm -r dir-deleted
			rm -r dir-recreated; mkdir dir-recreated; echo new > dir-recreated/kept-name; mkdir dir-recreated/sub
			mv dir-renamed dir-new-name
			rm -r dir-to-file; echo file > dir-to-file
			rm file-to-dir; mkdir file-to-dir; mkfifo file-to-dir/fifo
			echo changed > changed; chmod 6711 mode-changed; chown 12:34 mode-changed
			rm link-to-file; echo plain > link-to-file; rmdir empty
			touch -d '2001-02-03 04:05:06' untouched`)
		u.run(image.Probe + " exotic /root/exotic")
		before := u.tree(trees)
		if lines := strings.Count(before, "\n"); lines < 100 {
			u.Fatalf("the trees have only %d files", lines)
		}
		u.run("snapshot config")
		u.same("right after config", before, u.tree(trees))
		u.untouched("config without a change", func() { u.run("snapshot config") })

		u.boot()
		u.state(0, true)
		u.same("after config and reboot", before, u.tree(trees))
		u.inRAM("/overlay")
		u.untouched("config of what was booted", func() { u.run("snapshot config") })
		u.run("snapshot push")

		u.boot()
		u.state(1, false)
		u.same("after push and reboot", before, u.tree(trees))
		u.inRAM("/snapshot")
		u.untouched("config on top of a snapshot", func() { u.run("snapshot config") })

		u.boot("snapshot.layout=flat")
		u.same("flat", before, u.tree(trees))
	})
}

// tree returns a description of trees in which nothing is left out that a
// commit has to keep.
func (u *unit) tree(tops string) string {
	u.Helper()
	return u.run(image.Probe + " dump " + tops)
}

// same compares two descriptions of a tree.
func (u *unit) same(when, before, after string) {
	u.Helper()
	if before == after {
		return
	}
	old := map[string]bool{}
	for line := range strings.Lines(before) {
		old[line] = true
	}
	shown := 0
	for line := range strings.Lines(after) {
		if !old[line] && shown < 20 {
			u.Errorf("%s there is\n+ %.300s", when, line)
			shown++
		}
		delete(old, line)
	}
	for line := range old {
		if shown < 40 {
			u.Errorf("%s there is no\n- %.300s", when, line)
			shown++
		}
	}
	if shown == 0 {
		u.Errorf("%s the order of names differs", when)
	}
}

// inRAM checks that a tmpfs takes much less than the 100 MB of the sparse file
// in it.
func (u *unit) inRAM(top string) {
	u.Helper()
	used, err := strconv.Atoi(strings.TrimSpace(u.run("df -k " + top + " | awk 'END { print $3 }'")))
	if err != nil || used > 4<<10 {
		u.Errorf("%s takes %d KiB (%v)", top, used, err)
	}
}
