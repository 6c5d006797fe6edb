package delta

import "strings"

// differ finds out what of an upper directory belongs into the next tar, given
// what the tars before it hold.
type differ struct {
	choose func(path string, dir bool) Answer // nil: everything is kept
	// sum returns the contentSum of a file of the upper directory.
	sum func(path string, n *node) ([32]byte, error)
	// lower reports what base holds of a layer further down; nil: nothing.
	lower func(path string) (bool, error)

	// Of hard links that are the same on both sides, which inode of the base
	// belongs to which of the upper directory, and back.
	pairs, back map[*inode]*inode
}

// diff marks in upper what differs from base, so that the tar of what is marked,
// replayed over base, gives upper; that includes the directories on the way to
// it, for the attributes of the uppermost layer win. It adds whiteouts to upper
// for what base has and upper has not. Below the root of both, root holds the
// attributes if base does not say them; nil differs from everything.
func (d *differ) diff(base, upper *node, root *Attr) error {
	d.pairs, d.back = map[*inode]*inode{}, map[*inode]*inode{}
	if base.inode != nil {
		root = &base.Attr
	}
	upper.opaque = false
	upper.changed = root == nil || !root.equal(&upper.Attr)
	if err := d.children("", base, upper, d.lower != nil); err != nil {
		return err
	}
	settle(upper)
	upper.pack = upper.changed // a root that is the same below need not be said
	return nil
}

// children compares what is in two directories. With through, upper shows what
// is in the lower layer, unless it says otherwise.
func (d *differ) children(path string, base, upper *node, through bool) error {
	var gone []*node
	i := 0
	for _, b := range base.children {
		for i < len(upper.children) && upper.children[i].name < b.name {
			change(upper.children[i])
			i++
		}
		if i < len(upper.children) && upper.children[i].name == b.name {
			if err := d.node(join(path, b.name), b, upper.children[i], through); err != nil {
				return err
			}
			i++
			continue
		}
		// A whiteout that is gone hid something of a tar before it, not of the
		// firmware: then it would still be needed, and there.
		if b.kind == whiteout || d.choose != nil && d.choose(join(path, b.name), b.kind == directory) == Drop {
			continue
		}
		if through {
			if shown, err := d.lower(join(path, b.name)); err != nil {
				return err
			} else if shown {
				continue
			}
		}
		gone = append(gone, &node{name: b.name, inode: &inode{kind: whiteout, changed: true}})
	}
	for ; i < len(upper.children); i++ {
		change(upper.children[i])
	}
	upper.children = merge(upper.children, gone)
	return nil
}

// node compares what stands at the same path.
func (d *differ) node(path string, b, u *node, through bool) error {
	switch {
	case u.kind == foreign:
		return nil
	case u.kind != b.kind:
		change(u)
		u.changed = true // base has something else here, so it must be said
		return nil
	case u.kind == whiteout:
		return nil
	case u.kind == directory:
		if u.opaque && !b.opaque {
			change(u) // what base has in there is hidden now
			u.changed = true
			return nil
		}
		through = through && !u.opaque
		// A mark that base has stays; said again, it would hide base itself.
		u.opaque = false
		u.changed = !u.look && !u.Attr.equal(&b.Attr)
		return d.children(path, b, u, through)
	}
	same := u.Attr.equal(&b.Attr) && u.size == b.size && u.link == b.link && u.major == b.major && u.minor == b.minor
	if same && u.kind == regular {
		if !u.summed {
			sum, err := d.sum(path, u)
			if err != nil {
				return err
			}
			u.inode.sum, u.summed = sum, true
		}
		same = u.inode.sum == b.inode.sum
	}
	if !same {
		u.changed = true
	}
	d.pair(b.inode, u.inode)
	return nil
}

// pair notes that two inodes stand at the same path. If one belongs to several
// of the other side, hard links were made or broken: then all of them change.
func (d *differ) pair(b, u *inode) {
	if !b.shared && !u.shared {
		return
	}
	if other := d.pairs[u]; other != nil && other != b {
		u.changed = true
	}
	d.pairs[u] = b
	if other := d.back[b]; other != nil && other != u {
		u.changed, other.changed = true, true
	}
	d.back[b] = u
}

// change marks n and all below it as changed, but for directories that do only
// for what is in them.
func change(n *node) {
	n.changed = !n.look
	for _, c := range n.children {
		change(c)
	}
}

// settle marks for packing what changed, with all its names, and the
// directories on the way. It reports whether n is among them.
func settle(n *node) bool {
	n.pack = n.changed
	for _, c := range n.children {
		if settle(c) {
			n.pack = true
		}
	}
	n.pack = n.pack && n.kind != foreign
	return n.pack
}

// merge merges two sorted lists of nodes with different names.
func merge(a, b []*node) []*node {
	if len(b) == 0 {
		return a
	}
	all := make([]*node, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if strings.Compare(a[0].name, b[0].name) < 0 {
			all, a = append(all, a[0]), a[1:]
		} else {
			all, b = append(all, b[0]), b[1:]
		}
	}
	return append(append(all, a...), b...)
}
