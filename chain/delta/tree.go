package delta

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Tree is what replaying a sequence of tars into one empty upper directory
// gives, in memory: everything but the content of files, of which it keeps the
// hash.
type Tree struct {
	root node
	tars int        // added so far
	sum  contentSum // of the file to come
}

// NewTree returns an empty tree, which says nothing about its root.
func NewTree() *Tree {
	t := &Tree{}
	t.sum.reset()
	return t
}

// Empty reports whether nothing was added to the tree.
func (t *Tree) Empty() bool { return t.root.inode == nil && len(t.root.children) == 0 }

// Clone returns a tree that is the same, and to which other tars can be added.
func (t *Tree) Clone() *Tree {
	c := NewTree()
	c.root, c.tars = *t.root.clone(), t.tars
	return c
}

// Add replays the tar r over the tree, by the rules of Replay and with its
// errors. After an error the tree holds a part of r and is of no use.
func (t *Tree) Add(r io.Reader) error {
	tr, c := newReader(r), newConfiner()
	for {
		e, err := tr.next()
		if err == io.EOF {
			t.tars++
			return nil
		} else if err != nil {
			return err
		}
		if err := c.check(e); err != nil {
			return err
		}
		if err := t.add(e, tr); err != nil {
			return err
		}
	}
}

// add folds one entry into the tree.
func (t *Tree) add(e *entry, tr *reader) error {
	if e.kind == regular {
		if err := tr.content(e, func(off int64, p []byte) error { t.sum.write(off, p); return nil }); err != nil {
			return fmt.Errorf("cannot read %s: %w", quote(e.path), err)
		}
	}
	return t.put(e)
}

// put folds one entry into the tree; the content of a file was given to sum.
func (t *Tree) put(e *entry) error {
	if e.path == "" {
		t.root.inode = newInode(e)
		return nil
	}
	dir, name := split(e.path)
	parent := t.lookup(dir)
	if parent == nil {
		return fmt.Errorf("cannot add %s to the tree: its directory is missing", quote(e.path))
	}
	at, ok := parent.find(name)
	if !ok {
		parent.children = slices.Insert(parent.children, at, &node{name: name})
	}
	n := parent.children[at]
	old := n.inode
	switch {
	case e.kind == hardLink:
		target := t.lookup(e.link)
		n.inode, n.children = target.inode, nil
		n.inode.shared = true
	case e.kind != directory:
		n.inode, n.children = newInode(e), nil
	default:
		n.inode = newInode(e)
		switch {
		case old == nil:
		case old.kind != directory:
			n.opaque = true // what is not a directory ends merging, so it hid what is below
		case e.opaque:
			n.children = nil
		default:
			n.opaque = old.opaque
		}
	}
	if e.kind == regular {
		n.tar, n.inode.path = t.tars, e.path
		n.sum, n.summed = t.sum.sum(e.size), true
		t.sum.reset()
	}
	return nil
}

// lookup returns the node at path, or nil.
func (t *Tree) lookup(path string) *node {
	n := &t.root
	for n != nil && path != "" {
		var name string
		name, path, _ = strings.Cut(path, "/")
		n = n.child(name)
	}
	return n
}

// newInode makes an inode of all but the content of e.
func newInode(e *entry) *inode {
	return &inode{kind: e.kind, Attr: e.Attr, opaque: e.opaque, size: e.size,
		link: e.link, major: e.major, minor: e.minor}
}
