package delta

// known is a directory that is an entry of a tar: what it has got, and what is left to
// do for it. Its time changes with its content, and its default ACL is what its content
// would inherit, so it gets them when it is left. It stays known for the tars that
// follow, most of which have directories that others had before them: those cost
// nothing then.
type known struct {
	Attr           // of the extended attributes the default ACL only
	bare      bool // it has no extended attributes but those of overlayfs
	due       bool // its time is still to be set
	whiteouts bool // it was marked for holding some
	removals  int  // of the Replayer, back then: after others it may not be there
}

func newKnown(e *entry) *known {
	k := &known{Attr: e.Attr, bare: len(e.Xattrs) == 0, due: true}
	k.Xattrs = defaultACL(e.Xattrs)
	return k
}

// has reports whether k is what e says, but for its time.
func (k *known) has(e *entry) bool {
	return k.bare && len(e.Xattrs) == 0 && !e.opaque && k.Mode == e.Mode && k.UID == e.UID && k.GID == e.GID
}

// take takes up the time of e, and reports whether it is another.
func (k *known) take(e *entry) bool {
	if k.Sec == e.Sec && k.Nsec == e.Nsec {
		return false
	}
	k.Sec, k.Nsec, k.due = e.Sec, e.Nsec, true
	return true
}

// end does what is left to do.
func (k *known) end(fd int) error {
	if !k.due && len(k.Xattrs) == 0 {
		return nil
	}
	k.due = false
	return setDirLast(fd, &k.Attr)
}

// at returns what is known of the directory at path, or nil. Of each on the way to an
// entry that is something, for it was an entry of the same tar.
func (p *Replayer) at(path string) *known {
	if path == "" {
		return p.root
	}
	return p.known[path]
}

// again takes a directory that is there as e says, from an earlier tar. It is gone
// into only if it gets another time.
func (p *Replayer) again(k *known, e *entry) error {
	var err error
	if k.take(e) {
		_, err = p.dirs.to(e.path)
	}
	return err
}

// entered prepares a directory that is gone into, perhaps for the second time.
func (p *Replayer) entered(path string, fd int) error {
	if k := p.at(path); k != nil && len(k.Xattrs) > 0 {
		return file{fd: fd}.remove(aclDefault)
	}
	return nil
}

// left ends a directory.
func (p *Replayer) left(path string, fd int) error { return p.at(path).end(fd) }

// settle ends all directories, where a tar ends. Those on the way to the last entry stay
// open, for the next tar may well go on there. One with a default ACL has that from now
// on; but it is never taken as it is, so it is left and gone into again.
func (p *Replayer) settle() error {
	if p.dirs.closed > 0 {
		_, err := p.dirs.to("")
		return err
	}
	for _, l := range p.dirs.levels {
		if err := p.left(l.path, l.fd); err != nil {
			return err
		}
	}
	return nil
}
