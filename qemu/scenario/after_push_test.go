package scenario

import "testing"

// After a push the unit goes on without a reboot: what it deletes and replaces
// of what was pushed stays deleted and replaced.
func TestChangesAfterPush(t *testing.T) {
	t.Parallel()
	onBoth(t, func(u *unit) {
		u.boot()
		u.run(`set -e
			cd /etc; echo file > file; echo stays > stays
			mkdir -p dir/sub to-file/sub; echo a > dir/a; echo b > dir/sub/b; echo c > to-file/sub/c
			echo plain > to-dir; ln file hard; ln -s stays link
			cd /usr/share/sample; rm -r dir-to-file; echo file > dir-to-file; rm file-to-dir; mkdir file-to-dir; echo x > file-to-dir/x
			snapshot config; snapshot push`)
		u.run(`set -e
			cd /etc; rm file hard link; rm -r dir
			rm -r to-file; echo now-a-file > to-file
			rm to-dir; mkdir to-dir; echo inside > to-dir/inside
			mkdir dir; echo new > dir/new
			cd /usr/share/sample; rm dir-to-file; mkdir dir-to-file; echo y > dir-to-file/y; rm -r file-to-dir
			snapshot config`)
		want := map[string]string{
			"/etc/file": "", "/etc/hard": "", "/etc/link": "", "/etc/stays": "stays",
			"/etc/to-file": "now-a-file", "/etc/to-dir/inside": "inside",
			"/etc/dir/new": "new", "/etc/dir/a": "", "/etc/dir/sub": "",
			"/usr/share/sample/dir-to-file/y": "y", "/usr/share/sample/dir-to-file/a": "", "/usr/share/sample/file-to-dir": "",
		}
		u.holds(want)
		before := u.tree("/etc /usr/share/sample")
		u.boot()
		u.state(1, true)
		u.holds(want)
		u.same("after config", before, u.tree("/etc /usr/share/sample"))
		u.run("snapshot push")
		u.boot()
		u.state(2, false)
		u.same("after push", before, u.tree("/etc /usr/share/sample"))
	})
}
