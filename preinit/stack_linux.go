package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/flash"
	"chainroot/mount"
)

// points are the directories of the new root on which something is mounted.
var points = []string{romDir, snapshotDir, overlayDir, "/proc", "/sys", "/dev"}

// stack is what stands of the new root. It is built from the bottom up, and
// taken down from the top only as far as the next state needs: a bad volatile
// entry does not cost the replay of the snapshots.
type stack struct {
	mounted   []string // mount points, in the order of mounting
	first     int      // so many of them are the first tmpfs and overlay 1; 0: neither stands
	snapshots int      // in the first tmpfs
	id        chain.Hash
	lower     []boot.Entry // replayed into the first tmpfs
	upper     []boot.Entry // replayed into the second
}

// build makes the new root for a state and finds the real init in it.
func (u *unit) build(p plan) error {
	var err error
	switch p.layout {
	case boot.Bare:
		err = u.buildBare()
	case boot.Classic:
		err = u.buildClassic()
	default:
		err = u.buildLayers(p)
	}
	if err != nil {
		return err
	}
	defer u.spent(phaseInit, time.Now())
	return u.findInit(p)
}

// buildLayers builds the squashfs with the snapshots and the volatile entry on
// top, each in a tmpfs of its own.
func (u *unit) buildLayers(p plan) error {
	if u.stack.first == 0 || u.stack.snapshots != p.snapshots || u.stack.id != u.id(p.snapshots) {
		u.takeDown(0)
		if err := u.buildFirst(p); err != nil {
			return err
		}
	}
	u.takeDown(u.stack.first)
	return u.buildSecond(p)
}

// buildFirst replays the snapshots into the first tmpfs and mounts overlay 1.
func (u *unit) buildFirst(p plan) error {
	if err := u.makeLayer("snapshot", snapshotDir, romDir); err != nil {
		return err
	}
	if p.snapshots > 0 || p.volatile { // what else could take the room?
		u.reserveReport()
	}
	if p.snapshots > 0 {
		if err := u.replay(u.chain.Snapshots()[:p.snapshots], snapshotDir, phaseSnapshots, &u.stack.lower); err != nil {
			return err
		}
	}
	if err := makePoints(upper(snapshotDir), romDir); err != nil {
		return u.roomFor(snapshotDir, err)
	}
	if p.layout == boot.Stacked {
		o := mount.Overlay{Source: "overlay", Lower: []string{romDir}, Upper: upper(snapshotDir), Work: work(snapshotDir)}
		if err := u.mountOverlay(&o, lowerDir); err != nil {
			return err
		}
	}
	u.stack.first, u.stack.snapshots, u.stack.id = len(u.stack.mounted), p.snapshots, u.id(p.snapshots)
	return nil
}

// buildSecond replays the volatile entry into the second tmpfs and mounts the
// overlay that will be the root.
func (u *unit) buildSecond(p plan) error {
	if err := u.makeLayer("overlay", overlayDir, upper(snapshotDir)); err != nil {
		return err
	}
	if p.volatile {
		if err := u.replay([]*chain.Entry{u.chain.Volatile()}, overlayDir, phaseVolatile, &u.stack.upper); err != nil {
			return err
		}
	}
	lower := []string{lowerDir}
	if p.layout == boot.Flat {
		lower = []string{upper(snapshotDir), romDir}
	}
	return u.mountRootOverlay(lower)
}

// buildClassic builds the root of a unit whose changes are kept in a writable
// file system. The first tmpfs has nothing but mount points that the firmware
// lacks: they must not be made on flash.
func (u *unit) buildClassic() error {
	u.takeDown(0)
	if err := u.makeLayer("snapshot", snapshotDir, romDir); err != nil {
		return err
	}
	if err := makePoints(upper(snapshotDir), romDir); err != nil {
		return &fault{mount: true, err: err}
	}
	if err := u.mounts(overlayDir, u.mountClassic()); err != nil {
		return err
	}
	for _, dir := range []string{upper(overlayDir), work(overlayDir)} {
		if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
			return &fault{mount: true, err: err}
		}
	}
	lower := []string{upper(snapshotDir), romDir}
	if made, err := os.ReadDir(upper(snapshotDir)); err == nil && len(made) == 0 {
		lower = lower[1:]
	}
	return u.mountRootOverlay(lower)
}

// mountClassic mounts the writable file system on rootfs_data.
func (u *unit) mountClassic() error {
	device := u.data
	if n, ok := mtdNumber(device); ok && u.classic == chain.ContentJFFS2.String() {
		device = fmt.Sprint(blockNodes.mtd, n)
	}
	if node, offset := flash.Node(device); offset != 0 {
		loop, err := mount.Loop(node, offset)
		if err != nil {
			return err
		}
		defer loop.Close()
		device = loop.Name()
	}
	return mount.Device(device, overlayDir, u.classic, unix.MS_NOATIME, "")
}

// buildBare leaves the squashfs as the root. There is a place for the report if
// the firmware has one.
func (u *unit) buildBare() error {
	u.takeDown(0)
	u.root = romDir
	if mount.Point(romDir+snapshotDir) == nil {
		if err := u.mounts(snapshotDir, mount.Tmpfs("snapshot", snapshotDir, u.par.size)); err != nil {
			u.log.warnf("%v", err)
		}
	}
	return nil
}

// makeLayer mounts a tmpfs with the two directories of an overlay layer. The
// root of the upper one is to look like below, the root of the layer under it.
func (u *unit) makeLayer(source, dir, below string) error {
	if err := u.mounts(dir, mount.Tmpfs(source, dir, u.par.size)); err != nil {
		return err
	}
	attributes, err := delta.ReadAttr(below)
	if err == nil {
		err = unix.Mkdir(upper(dir), 0o755)
	}
	if err == nil {
		err = unix.Mkdir(work(dir), 0o755)
	}
	if err == nil {
		err = attributes.Set(upper(dir))
	}
	if err != nil {
		return &fault{mount: true, err: fmt.Errorf("cannot make an overlay layer on %s: %w", dir, err)}
	}
	return nil
}

// mountRootOverlay mounts the overlay that will be the root, with the second
// layer on top, and makes sure that everything can be moved into it.
func (u *unit) mountRootOverlay(lower []string) error {
	o := mount.Overlay{Source: "overlayfs:" + overlayDir, Lower: lower, Upper: upper(overlayDir), Work: work(overlayDir)}
	if err := u.mountOverlay(&o, newDir); err != nil {
		return err
	}
	u.root = newDir
	for _, dir := range points {
		if err := mount.Point(newDir + dir); err != nil {
			return err // the fault of what was replayed: the squashfs has it, or it was made
		}
	}
	return nil
}

func (u *unit) mountOverlay(o *mount.Overlay, dir string) error {
	defer u.spent(phaseOverlay, time.Now())
	return u.mounts(dir, o.Mount(dir, u.sysfs))
}

// mounts notes that dir was mounted, unless err says that it was not.
func (u *unit) mounts(dir string, err error) error {
	if err != nil {
		return &fault{mount: true, err: err}
	}
	u.stack.mounted = append(u.stack.mounted, dir)
	return nil
}

// takeDown detaches all mounts but the lowest n, and what their tmpfs held is
// gone.
func (u *unit) takeDown(n int) {
	s := &u.stack
	for len(s.mounted) > n {
		last := len(s.mounted) - 1
		if err := mount.Detach(s.mounted[last]); err != nil {
			u.log.warnf("%v", err)
		}
		s.mounted = s.mounted[:last]
	}
	u.root, s.upper = romDir, nil
	if n == 0 {
		*s = stack{}
	}
}

// makePoints makes the mount points of the new root that neither an upper
// directory nor what is below has. The root of the upper directory looks
// afterwards as it did before.
func makePoints(upper, below string) error {
	var missing []string
	for _, dir := range points {
		if !exists(below+dir) && !exists(upper+dir) {
			missing = append(missing, dir)
		}
	}
	if missing == nil {
		return nil
	}
	attributes, err := delta.ReadAttr(upper)
	if err != nil {
		return err
	}
	for _, dir := range missing {
		if err := os.Mkdir(filepath.Join(upper, dir), 0o755); err != nil {
			return fmt.Errorf("cannot make a mount point: %w", err)
		}
	}
	return attributes.Set(upper)
}

func exists(path string) bool {
	var stat unix.Stat_t
	return unix.Lstat(path, &stat) == nil
}

func upper(layer string) string { return layer + "/upper" }
func work(layer string) string  { return layer + "/work" }

// replay unpacks entries into the upper directory of a layer, and notes in done
// which are there.
func (u *unit) replay(entries []*chain.Entry, layer, phase string, done *[]boot.Entry) error {
	defer u.spent(phase, time.Now())
	r, err := delta.NewReplayer(upper(layer))
	if err != nil {
		return &fault{mount: true, err: err}
	}
	defer r.Close()
	tars := u.chain.Tars(entries)
	defer tars.Close()
	for _, e := range entries {
		start := time.Now()
		err := u.safely(func() error { // what is on flash may be anything
			_, err := r.Replay(tars.Next())
			return err
		})
		if err != nil {
			err = u.roomFor(layer, err)
			return &fault{entry: e, err: fmt.Errorf("cannot replay %s: %w", e.Name(), err)}
		}
		u.log.debugf("replayed %s", e.Name())
		*done = append(*done, boot.Entry{
			Number:       e.Number,
			Volatile:     e.IsVolatile(),
			Label:        e.Label,
			Hash:         e.Hash.String(),
			Stored:       e.Stored,
			Unpacked:     e.Unpacked,
			Microseconds: time.Since(start).Microseconds(),
		})
	}
	return nil
}

// id returns the hash that names the state after n snapshots.
func (u *unit) id(n int) chain.Hash {
	if n == 0 {
		return chain.Hash{}
	}
	return u.chain.Snapshots()[n-1].Hash
}
