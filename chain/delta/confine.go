package delta

import (
	"hash/maphash"
	"strings"
)

// confiner judges the entries of one tar, in order. What it lets pass names
// only things inside of the directory that it is replayed to, and means the
// same whatever was there before: every directory on the way to an entry is an
// entry of the same tar, and so is the target of a hard link.
type confiner struct {
	seed maphash.Seed
	// seen holds what stands at a path, by the path's hash: 64 bits with a seed
	// that no tar can know, in place of all the names.
	seen   map[uint64]seen
	parent string // the directory of the last entry: known to be there
	inside seen   // and what it is
}

// seen is what a confiner remembers of an entry.
type seen struct {
	kind
	whiteouts bool
}

func newConfiner() *confiner {
	return &confiner{seed: maphash.MakeSeed(), seen: map[uint64]seen{}, inside: seen{kind: directory}}
}

// check refuses e, or completes it: an empty file may turn out to be a whiteout.
func (c *confiner) check(e *entry) error {
	e.opaque = e.opaque && e.kind == directory
	if e.path == "" {
		if e.kind != directory {
			return hostile("", "is a %v", e.kind)
		}
		e.opaque = false // nothing lies beside the root of a layer
	} else if err := c.checkPath(e); err != nil {
		return err
	}
	switch e.kind {
	case symlink:
		if e.link == "" || len(e.link) > MaxLink || strings.IndexByte(e.link, 0) >= 0 {
			return hostile(e.path, "has an impossible target")
		}
	case regular:
		if e.size == 0 && e.whiteout && c.inside.whiteouts {
			e.kind = whiteout
		}
	case hardLink:
		// What is seen passed the checks above, so its name needs none.
		switch target := c.seen[c.hash(e.link)].kind; target {
		case none:
			return hostile(e.path, "is a hard link to %s, which is not before it in the tar", quote(e.link))
		case directory, whiteout:
			return hostile(e.path, "is a hard link to %s, a %v", quote(e.link), target)
		}
	}
	if e.kind == whiteout {
		e.Attr = Attr{} // nobody can see them
	}
	h := c.hash(e.path)
	if c.seen[h].kind != none {
		return hostile(e.path, "stands in the tar twice")
	}
	c.seen[h] = seen{e.kind, e.whiteouts && e.kind == directory}
	return nil
}

// checkPath refuses a path that is none, or whose directory is not in the tar.
func (c *confiner) checkPath(e *entry) error {
	dir, _ := split(e.path)
	if dir == c.parent {
		return checkName(e.path, dir)
	}
	if err := checkName(e.path, ""); err != nil {
		return err
	}
	inside := seen{kind: directory}
	if dir != "" {
		inside = c.seen[c.hash(dir)]
	}
	if inside.kind != directory {
		if inside.kind == none {
			return hostile(e.path, "stands before its directory, or without it")
		}
		return hostile(e.path, "lies in %s, a %v", quote(dir), inside.kind)
	}
	c.parent, c.inside = dir, inside
	return nil
}

func (c *confiner) hash(path string) uint64 { return maphash.String(c.seed, path) }

// checkName refuses a path that is empty, too long, absolute, or has a component
// that is empty, ".", "..", too long, or holds a NUL. Its directory dir, unless that is
// empty, was found good before.
func checkName(path, dir string) error {
	rest, more := path, true
	if dir != "" {
		rest = path[len(dir)+1:]
	}
	switch {
	case len(path) > MaxPath:
		return hostile(path, "has a path of %d bytes, the limit is %d", len(path), MaxPath)
	case strings.HasPrefix(path, "/"):
		return hostile(path, "has an absolute name")
	case strings.IndexByte(rest, 0) >= 0:
		return hostile(path, "has a NUL in its name")
	}
	for more {
		var name string
		name, rest, more = strings.Cut(rest, "/")
		switch {
		case name == "":
			return hostile(path, "has an empty component in its name")
		case name == "." || name == "..":
			return hostile(path, "has the component %q in its name", name)
		case len(name) > MaxName:
			return hostile(path, "has a component of %d bytes in its name, the limit is %d", len(name), MaxName)
		}
	}
	return nil
}
