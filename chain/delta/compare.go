package delta

import (
	"io/fs"
	"slices"
)

// Lower is what stands at a path of the firmware.
type Lower struct {
	Attr
	Type fs.FileMode // the type bits alone; 0: a regular file
	Size int64       // of a regular file, in bytes
	Link string      // the target of a symbolic link
}

// Firmware is the tree below all tars.
type Firmware interface {
	// Stat returns what stands at path, or nil.
	Stat(path string) (*Lower, error)
	// List returns the names in the directory at path, sorted.
	List(path string) ([]string, error)
}

// Change is a path that differs between two trees.
type Change struct {
	Kind byte   // 'A': added, 'M': modified, 'D': deleted
	Path string // as in a tar; empty: the root
	Dir  bool   // it is a directory, or was one
	Size int64  // of a regular file, in bytes: the new one, of a deleted one the old
}

// Compare returns what differs between two trees, a directory before what is in
// it, names sorted. Modified is what has another kind, content or attribute; the
// time of a directory, which changes with its content, does not count.
//
// Below is the firmware below both. If it is nil, what neither tree says anything
// of is unknown: what only to has is added, what it only hides is deleted, and a
// directory that only one has is not listed when something in it is.
func Compare(from, to *Tree, below Firmware) ([]Change, error) {
	c := &comparer{below: below}
	err := c.path("", side{&from.root, true}, side{&to.root, true})
	return c.changes, err
}

type comparer struct {
	below   Firmware
	changes []Change
}

// side is what one tree says of a path.
type side struct {
	n     *node // nil: nothing
	below bool  // what lies below shows, if n is nothing
}

// says reports whether it says anything of its own.
func (s side) says() bool { return s.n != nil && s.n.inode != nil }

// in returns the side of a name in the directory; isDir: below is one, too.
func (s side) in(name string, isDir bool) side {
	child := side{below: s.through(isDir)}
	if s.n != nil {
		child.n = s.n.child(name)
	}
	return child
}

// through reports whether what lies below shows in the directory.
func (s side) through(isDir bool) bool {
	return s.below && isDir && (!s.says() || s.n.kind == directory && !s.n.opaque)
}

// path compares what stands at a path.
func (c *comparer) path(path string, from, to side) error {
	if from.n == nil && to.n == nil && from.below == to.below {
		return nil // the same, whatever it is
	}
	var low *Lower
	if c.below != nil && (from.below || to.below) {
		var err error
		if low, err = c.below.Stat(path); err != nil {
			return err
		}
	}
	f, t := c.thing(from, low), c.thing(to, low)
	at := len(c.changes)
	if kind := kindOfChange(f, t); kind != 0 {
		if path == "" {
			kind = 'M'
		}
		shown := t
		if kind == 'D' && !f.unknown {
			shown = f
		}
		c.changes = append(c.changes, Change{Kind: kind, Path: path, Dir: shown.dir, Size: shown.size})
	}
	isDir := c.below == nil || low != nil && low.Type.IsDir()
	if err := c.children(path, from, to, isDir); err != nil {
		return err
	}
	if len(c.changes) > at+1 && (f.unknown && t.dir || t.unknown && f.dir) && c.changes[at].Path == path {
		c.changes = slices.Delete(c.changes, at, at+1)
	}
	return nil
}

// children compares what is in the directory at path.
func (c *comparer) children(path string, from, to side, isDir bool) error {
	var names []string
	for _, s := range [...]side{from, to} {
		if s.n != nil {
			for _, child := range s.n.children {
				names = append(names, child.name)
			}
		}
	}
	if c.below != nil && from.through(isDir) != to.through(isDir) {
		list, err := c.below.List(path)
		if err != nil {
			return err
		}
		names = append(names, list...)
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if err := c.path(join(path, name), from.in(name, isDir), to.in(name, isDir)); err != nil {
			return err
		}
	}
	return nil
}

// thing is what one side shows at a path.
type thing struct {
	there, unknown bool // neither: nothing is there
	dir            bool
	size           int64
	attr           *Attr
	inode          *inode // nil: it is of the firmware
}

func (c *comparer) thing(s side, low *Lower) thing {
	switch {
	case s.says():
		return thing{there: s.n.kind != whiteout, dir: s.n.kind == directory, size: s.n.size, attr: &s.n.Attr, inode: s.n.inode}
	case !s.below:
		return thing{}
	case c.below == nil:
		return thing{unknown: true}
	case low == nil:
		return thing{}
	}
	t := thing{there: true, dir: low.Type.IsDir(), attr: &low.Attr}
	if low.Type.IsRegular() {
		t.size = low.Size
	}
	return t
}

// kindOfChange returns 'A', 'M', 'D', or 0 where nothing differs.
func kindOfChange(f, t thing) byte {
	switch {
	case f.unknown && t.unknown:
		return 0
	case f.there && t.there:
		if same(f, t) {
			return 0
		}
		return 'M'
	case t.there, t.unknown && !f.there: // then from hides something
		return 'A'
	case f.there, f.unknown:
		return 'D'
	}
	return 0
}

// same reports whether nothing differs between two things that are there. Of a
// file of the firmware the content is not known.
func same(f, t thing) bool {
	switch {
	case f.dir != t.dir:
		return false
	case f.dir:
		a, b := *f.attr, *t.attr
		a.Sec, a.Nsec, b.Sec, b.Nsec = 0, 0, 0, 0
		return a.equal(&b)
	case f.inode == t.inode:
		return true
	case f.inode == nil || t.inode == nil:
		return false
	}
	a, b := f.inode, t.inode
	return a.kind == b.kind && a.Attr.equal(&b.Attr) && a.size == b.size && a.sum == b.sum &&
		a.link == b.link && a.major == b.major && a.minor == b.minor
}
