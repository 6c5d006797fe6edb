package scenario

import (
	"strings"
	"testing"
)

// What the states of a unit hold, asked of the unit: from flash, from the firmware
// and from what runs.
func TestLook(t *testing.T) {
	t.Parallel()
	onEither(t, 0, func(u *unit) {
		u.boot()
		u.run("echo one > /etc/look; echo changed > /etc/hostname; rm /www/index.html; snapshot push --label first")
		u.run("echo two > /etc/look; ln -s look /etc/link; mkdir /etc/snapshot; echo '*.tmp' > /etc/snapshot/exclude; snapshot config")

		u.boot()
		u.run("echo three > /etc/look; echo '/etc/keep.tmp' > /etc/snapshot/include; touch /etc/a.tmp /etc/keep.tmp; rm /etc/link")
		u.untouched("looking", u.looks)
		u.run("snapshot config")
		u.want("Nothing differs between snapshot 1 and the volatile entry and what runs.", "snapshot diff")

		u.boot() // what was chosen is what is there
		u.holds(map[string]string{"/etc/look": "three", "/etc/a.tmp": "", "/etc/link": ""})
		u.run("test -f /etc/keep.tmp")
	})
}

// looks runs every command that looks into states.
func (u *unit) looks() {
	u.Helper()
	for _, c := range []struct{ command, want string }{
		{"snapshot list | cut -d' ' -f1", "STATE\n0\n1\nconfig"},
		{"snapshot list | grep -c 'running, next boot$'", "1"},
		{"snapshot show 1", "M         8 /etc/hostname\nA         4 /etc/look\nD        14 /www/index.html\nSnapshot 1 (first): 1 added, 1 modified, 1 deleted; 12 bytes"},
		{"snapshot show config", "A         0 /etc/link\nM         4 /etc/look\nA         0 /etc/snapshot/\nA         6 /etc/snapshot/exclude\nThe volatile entry: 3 added, 1 modified, 0 deleted; 10 bytes"},
		{"snapshot diff", "A /etc/keep.tmp\nD /etc/link\nM /etc/look\nA /etc/snapshot/include"},
		{"snapshot diff 0 1", "M /etc/hostname\nA /etc/look\nD /www/index.html"},
		{"snapshot diff config live --patch | grep '^[-+][^-+]'", "-look\n-two\n+three\n+/etc/keep.tmp"},
		{"snapshot cat 0 /etc/hostname", "unit"},
		{"snapshot cat 1 /etc/hostname", "changed"},
		{"snapshot cat 1 /etc/look; snapshot cat config /etc/look; snapshot cat live /etc/look", "one\ntwo\nthree"},
		{"snapshot extract 1 /tmp/first && cat /tmp/first/etc/look && ls -l /tmp/first/www/index.html | cut -c1", "Unpacked snapshot 1 into /tmp/first: 5 files of 1 entry.\none\nc"},
		{"snapshot map | grep -c -e '  snapshot 1 (first) ' -e '  the volatile entry ' -e '  free '", "3"},
		{"snapshot map --svg - | tail -n 1; snapshot boot --svg - | tail -n 1", "</svg>\n</svg>"},
		{"snapshot boot | grep -c -e '  snapshot 1 ' -e '  volatile '", "2"},
		{"snapshot completion ash | grep -c -e 'alias snapshot-diff='", "1"},
		{"snapshot status --changes | grep tmp", "A         0 /etc/keep.tmp\ndropped  /etc/a.tmp  (/etc/snapshot/exclude, line 1: *.tmp)"},
	} {
		u.want(c.want, c.command)
	}
	u.refuse(69, "snapshot cat config /www/index.html")
	u.refuse(69, "snapshot show 7")
	said := u.refuse(64, "snapshot cat config /etc/link")
	if !strings.Contains(said, "snapshot cat config /etc/look") {
		u.Errorf("of a link: %q", said)
	}
}
