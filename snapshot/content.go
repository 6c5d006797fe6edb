package main

import (
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"chainroot/chain/delta"
)

// fileIn is what stands at a path in a state.
type fileIn struct {
	mode fs.FileMode
	size int64
	link string                // the target of a symbolic link
	copy func(io.Writer) error // writes the content of a regular file
}

// errNoFirmware is what is below the entries of an image.
var errNoFirmware = stateError("it is not in the chain: the firmware has it, or nothing; on the unit `snapshot cat` reads that too")

// find returns what a state has at a path without a slash in front, or nil. The
// tree is that of the state; nil, if it is what runs.
func (v *viewer) find(st *state, tree *delta.Tree, name string) (*fileIn, error) {
	if st.live {
		root, err := delta.OpenRoot(v.path("/"))
		if err != nil {
			return nil, err
		}
		defer root.Close()
		return findIn(root, v.path("/"), name)
	}
	f, where := tree.Find(name)
	switch where {
	case delta.Gone:
		return nil, nil
	case delta.Below:
		if name == "" {
			return &fileIn{mode: fs.ModeDir}, nil
		}
		if v.rom == nil {
			return nil, errNoFirmware
		}
		return findIn(v.rom, v.path(romPath), name)
	}
	return &fileIn{mode: f.Mode, size: f.Size, link: f.Link, copy: func(w io.Writer) error {
		tar, err := v.s.Tar(st.entries[f.Tar])
		if err != nil {
			return err
		}
		err = delta.CopyFile(w, tar, f.Name)
		if closed := tar.Close(); err == nil {
			err = closed
		}
		return err
	}}, nil
}

// findIn returns what a directory has at a path, or nil. Its content is read from
// the directory as it is then.
func findIn(root *delta.Root, dir, name string) (*fileIn, error) {
	l, err := root.Stat(name)
	if err != nil || l == nil {
		return nil, err
	}
	return &fileIn{mode: l.Type, size: l.Size, link: l.Link, copy: func(w io.Writer) error {
		root, err := delta.OpenRoot(dir)
		if err != nil {
			return err
		}
		defer root.Close()
		f, err := root.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(w, f)
		return err
	}}, nil
}

// inTree is a path as an argument names it: from the root, with a slash in front
// or without.
func inTree(arg string) string { return filepath.Clean("/" + arg)[1:] }

// linkOnTheWay returns the first directory of a path that is a symbolic link in a
// state, and what it stands for; empty: none is.
func (v *viewer) linkOnTheWay(st *state, tree *delta.Tree, name string) (link, target string) {
	for i := range name {
		if name[i] != '/' {
			continue
		}
		f, err := v.find(st, tree, name[:i])
		if err != nil || f == nil {
			return "", ""
		}
		if f.mode&fs.ModeSymlink != 0 {
			return "/" + name[:i], pointsTo(name[:i], f.link)
		}
	}
	return "", ""
}

// pointsTo returns the absolute path that a symbolic link stands for.
func pointsTo(link, target string) string {
	if strings.HasPrefix(target, "/") {
		return filepath.Clean(target)
	}
	return filepath.Join("/", filepath.Dir(link), target)
}

// kindText is what a file is, if it has no content.
func kindText(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// noFile says that a state has nothing at a path.
func noFile(st *state, name string) error {
	return stateError("%s has no %s: `snapshot diff` lists what differs between states", st.name, printable("/"+name))
}
