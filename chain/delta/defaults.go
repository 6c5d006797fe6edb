package delta

import "strings"

// The patterns of Choice.Defaults: what a system makes again by itself, and what
// must not be the same on two units. Nothing that anybody configures, and no logs.
// A directory that comes with a package that the firmware may not have stays, and
// only what is in it is dropped.
const (
	// defaultsOpenWrt are for a root with /etc/openwrt_release.
	defaultsOpenWrt = `/tmp/
/var/tmp/
/var/opkg-lists/
/var/cache/apk/
/etc/urandom.seed
`
	// defaultsDebian are for a root with /etc/debian_version.
	defaultsDebian = `/tmp/
/var/tmp/
/var/lib/apt/lists/
/var/cache/apt/archives/
/var/cache/apt/*.bin
/var/cache/debconf/*-old
/var/cache/ldconfig/
/var/cache/man/*
/var/lib/dpkg/*-old
/var/lib/systemd/coredump/*
/var/lib/systemd/random-seed
/var/lib/urandom/random-seed
`
)

// Defaults returns the patterns that are always in effect on a root, as text: has
// says whether it has a file, by its absolute path.
func Defaults(has func(path string) bool) string {
	var b strings.Builder
	for _, d := range [...]struct{ file, patterns string }{
		{"/etc/openwrt_release", defaultsOpenWrt},
		{"/etc/debian_version", defaultsDebian},
	} {
		if has(d.file) {
			b.WriteString(d.patterns)
		}
	}
	return b.String()
}
