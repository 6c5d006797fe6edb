package machine

import (
	"fmt"
	"strings"
)

// Options of an overlay that preinit switches off.
const overlayOff = "redirect_dir=off,metacopy=off,index=off,xino=off"

// beginning is what every shell init does first.
const beginning = `#!/bin/sh
b=/bin/busybox
$b mount -t proc -o nosuid,nodev,noexec proc /proc
$b mount -t sysfs -o nosuid,nodev,noexec sysfs /sys
$b mount -t devtmpfs -o nosuid,mode=0755 devtmpfs /dev
`

// awaitRoot mounts the squashfs.
const awaitRoot = `until [ -e ROOT ]; do $b sleep 0.02; done
$b mount -t squashfs -o ro ROOT /rom
`

// insert loads the modules of the initramfs.
const insert = `for m in /modules/*.ko; do $b insmod $m; done
`

// layers builds what preinit does on top.
const layers = `$b mount -t tmpfs -o mode=0755 snapshot /snapshot
$b mkdir /snapshot/upper /snapshot/work
$b mount -t overlay -o lowerdir=/rom,upperdir=/snapshot/upper,workdir=/snapshot/work,` + overlayOff + ` overlay /rom+snapshot
$b mount -t tmpfs -o mode=0755 overlay /overlay
$b mkdir /overlay/upper /overlay/work
UNPACK$b mount -t overlay -o lowerdir=/rom+snapshot,upperdir=/overlay/upper,workdir=/overlay/work,` + overlayOff + ` overlayfs:/overlay /new
$b umount -l /rom+snapshot
for d in /rom /snapshot /overlay /proc /sys /dev; do $b mount -o move $d /new$d; done
exec $b switch_root /new /sbin/init
`

// straight starts the init of the squashfs.
const straight = `for d in /proc /sys /dev; do $b mount -o move $d /rom$d; done
exec $b switch_root /rom /sbin/init
`

// shellInit is the init of a boot without preinit.
func (m *machine) shellInit(k kind) string {
	script, modules, unpack := beginning, m.modules, ""
	rest := "$b mkdir /rom /snapshot /overlay /rom+snapshot /new\n" + awaitRoot + layers
	switch k {
	case plain:
		modules = m.few
		rest = "$b mkdir /rom\n" + awaitRoot + straight
	case tarGz:
		unpack = fmt.Sprintf("$b tar -xzf %s -C /overlay/upper\n", m.data)
	}
	if modules != "" {
		script += insert
	}
	return strings.NewReplacer("ROOT", m.root, "UNPACK", unpack).Replace(script + rest)
}
