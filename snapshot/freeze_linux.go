package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// frozen is an overlay that was made read-only, and the file system below it.
type frozen struct {
	mounted []string // what is read-only now, in the order in which it went so
	devices map[uint64]bool
}

// freeze makes the root overlay read-only, and then the file system that keeps
// its changes. Where files are open for writing, the error names who has them.
func freeze(dirs ...string) (*frozen, error) {
	f := &frozen{devices: map[uint64]bool{}}
	for _, dir := range dirs {
		var st unix.Stat_t
		err := unix.Stat(dir, &st)
		if err == nil {
			f.devices[uint64(st.Dev)] = true
			err = remount(dir, unix.MS_RDONLY)
		}
		if errors.Is(err, unix.EBUSY) {
			err = fmt.Errorf("files are open for writing there: %s; end that and try again", writers(dirs))
		}
		if err != nil {
			err = fmt.Errorf("cannot make %s read-only, nothing was touched: %w", dir, err)
			if e := f.thaw(); e != nil {
				err = fmt.Errorf("%w; %w", err, e)
			}
			return nil, err
		}
		f.mounted = append(f.mounted, dir)
	}
	return f, nil
}

// thaw makes what was frozen writable again.
func (f *frozen) thaw() error {
	for _, dir := range slices.Backward(f.mounted) {
		if err := remount(dir, 0); err != nil {
			return fmt.Errorf("cannot make %s writable again (a reboot does): %w", dir, err)
		}
	}
	return nil
}

// has reports whether a file is on what was frozen, or would be.
func (f *frozen) has(file string) bool {
	var st unix.Stat_t
	err := unix.Stat(filepath.Dir(file), &st)
	return err == nil && f.devices[uint64(st.Dev)]
}

// remount changes flags of a file system, and leaves those that it is mounted
// with as they are.
func remount(dir string, flags uintptr) error {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return err
	}
	// ST_NOSUID to ST_NODIRATIME have the numbers of their MS_ flags (statfs(2)),
	// but for ST_RELATIME.
	const kept = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_NODIRATIME
	return unix.Mount("", dir, "", unix.MS_REMOUNT|uintptr(st.Flags)&kept|flags, "")
}

// writers names the processes that have files open for writing on the mounts of
// dirs, from /proc/PID/fdinfo (proc(5)).
func writers(dirs []string) string {
	mounts := map[string]bool{}
	for _, dir := range dirs {
		if id, err := mountID(dir); err == nil {
			mounts[id] = true
		}
	}
	var found []string
	infos, _ := filepath.Glob("/proc/[0-9]*/fdinfo/*")
	for _, info := range infos {
		if !writes(info, mounts) {
			continue
		}
		proc := filepath.Dir(filepath.Dir(info))
		pid, err := strconv.Atoi(filepath.Base(proc))
		if err != nil || pid == os.Getpid() {
			continue
		}
		file, err := os.Readlink(filepath.Join(proc, "fd", filepath.Base(info)))
		if err != nil {
			continue // it was closed meanwhile
		}
		found = append(found, fmt.Sprintf("%s by process %d%s", file, pid, commandLine(pid)))
	}
	if len(found) == 0 {
		return "by whom is not known (it may be a file that is mapped into memory)"
	}
	slices.Sort(found)
	return strings.Join(found, ", ")
}

// writes reports whether an open file is open for writing on one of the mounts.
func writes(info string, mounts map[string]bool) bool {
	fields := fieldsOf(info)
	flags, err := strconv.ParseUint(fields["flags"], 8, 64)
	return err == nil && flags&unix.O_ACCMODE != unix.O_RDONLY && mounts[fields["mnt_id"]]
}

// mountID returns the number of the mount that a directory is on.
func mountID(dir string) (string, error) {
	f, err := os.Open(dir)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return fieldsOf(fmt.Sprintf("/proc/self/fdinfo/%d", f.Fd()))["mnt_id"], nil
}

// fieldsOf reads a file of lines such as "mnt_id:	25".
func fieldsOf(name string) map[string]string {
	fields := map[string]string{}
	f, err := os.Open(name)
	if err != nil {
		return fields
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		fields[key] = strings.TrimSpace(value)
	}
	return fields
}
