package delta

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// Replay applies the tar r to the upper directory at path upper, which is there
// and is not mounted as part of an overlay yet.
//
// An entry takes the place of what earlier tars put at its path; only a
// directory over a directory keeps its content, unless it is opaque. A directory
// over anything else becomes opaque, for in a stack of layers what is not a
// directory ends merging. Without an entry "./" the root directory stays as it
// is, with its times.
//
// What r must not say is refused with ErrHostile, and what is no tar with
// ErrFormat. After any error the upper directory holds a part of r.
func Replay(r io.Reader, upper string) (Stats, error) { return replay(r, upper, nil) }

// replay is Replay, and tells a listener, unless that is nil.
func replay(r io.Reader, upper string, l *listener) (Stats, error) {
	p, err := NewReplayer(upper)
	if err != nil {
		return Stats{}, err
	}
	defer p.Close()
	p.listener = l
	return p.Replay(r)
}

// Replayer applies tars, one after the other, to one upper directory, in which
// nobody else is at work.
type Replayer struct {
	upper    string
	dirs     dirs
	root     *known // the upper directory itself
	maker    maker
	xattrs   xattrs
	names    names
	dirents  []byte    // scratch: directory entries
	listener *listener // or nil

	known    map[string]*known // all directories of the tars so far, by path
	removals int               // directories that were emptied or removed

	// What follows is of one tar.
	tar      *reader
	confiner *confiner
	in       *known // the directory that the entry is written to
	path     string // and its path
}

// NewReplayer returns a Replayer for the upper directory at path upper, as Replay
// takes it. It must be closed.
func NewReplayer(upper string) (*Replayer, error) {
	p := &Replayer{upper: upper, known: map[string]*known{}}
	if err := p.dirs.openRoot(upper); err != nil {
		return nil, err
	}
	p.dirs.entered, p.dirs.left = p.entered, p.left
	p.maker.find()
	var st unix.Statx_t
	err := statx(p.dirs.root, "", &st)
	if err == nil {
		p.root = &known{Attr: newAttr(&st)}
		p.root.Xattrs, err = p.defaultACL(p.dirs.root)
	}
	if err != nil {
		p.Close()
		return nil, fmt.Errorf("cannot read the attributes of %s: %w", upper, err)
	}
	return p, nil
}

// Close lets go of the upper directory.
func (p *Replayer) Close() { p.dirs.close() }

// Replay is the function of that name. After an error the Replayer is of no use.
func (p *Replayer) Replay(r io.Reader) (Stats, error) {
	p.tar, p.confiner = newReader(r), newConfiner()
	p.in, p.path = nil, ""
	var stats Stats
	if err := p.entered("", p.dirs.root); err != nil {
		return stats, fmt.Errorf("cannot write to %s: %w", p.upper, err)
	}
	for {
		e, err := p.tar.next()
		if err == io.EOF {
			break
		} else if err != nil {
			return stats, err
		}
		if err := p.confiner.check(e); err != nil {
			return stats, err
		}
		if err := p.entry(e); err != nil {
			return stats, p.cannotWrite(e, err)
		}
		if p.listener != nil {
			if err := p.listener.entry(e); err != nil {
				return stats, err
			}
		}
		stats.Entries++
	}
	if err := p.settle(); err != nil {
		return stats, fmt.Errorf("cannot write the last directory: %w", err)
	}
	if err := p.root.end(p.dirs.root); err != nil {
		return stats, fmt.Errorf("cannot write ./: %w", err)
	}
	stats.Bytes = p.tar.n
	return stats, nil
}

// listener is told what was written: the data of a file, then its entry. The
// functions are values, so that preinit, which has none, is not the larger.
type listener struct {
	data  func(off int64, p []byte)
	entry func(*entry) error
}

// cannotWrite names the entry, unless the error comes from the tar.
func (p *Replayer) cannotWrite(e *entry, err error) error {
	if errors.Is(err, ErrFormat) || errors.Is(err, ErrHostile) {
		return err
	}
	return fmt.Errorf("cannot write %s: %w", quote(e.path), err)
}

// defaultACL returns the default ACL of a directory, if it has one.
func (p *Replayer) defaultACL(fd int) (acl []Xattr, err error) {
	err = p.xattrs.read(file{fd: fd}, func(name string) bool { return name == aclDefault },
		func(name, value string) error {
			if name == aclDefault {
				acl = []Xattr{{name, value}}
			}
			return nil
		})
	return acl, err
}

// entry writes one entry.
func (p *Replayer) entry(e *entry) error {
	path, name := split(e.path)
	if e.path == "" {
		return p.rootEntry(e)
	}
	if e.kind == directory {
		if k := p.known[e.path]; k != nil && p.removals == k.removals && k.has(e) {
			return p.again(k, e)
		}
	}
	dir, err := p.dirs.to(path)
	if err != nil {
		return err
	}
	if path != p.path || path == "" { // the confiner knows that it is in the tar
		p.in, p.path = p.at(path), path
	}
	p.in.due = true
	switch e.kind {
	case directory:
		return p.directory(dir, name, e)
	case regular:
		return p.file(dir, name, e)
	case hardLink:
		return p.link(dir, name, e)
	}
	mode, has := p.maker.mode(&e.Attr, &p.in.Attr)
	err = p.replacing(dir, name, func() error {
		switch e.kind {
		case symlink:
			return p.names.symlink(e.link, dir, name)
		case fifo:
			return unix.Mknodat(dir, name, unix.S_IFIFO|mode, 0)
		case blockDevice:
			return unix.Mknodat(dir, name, unix.S_IFBLK|mode, int(unix.Mkdev(e.major, e.minor)))
		case charDevice:
			return unix.Mknodat(dir, name, unix.S_IFCHR|mode, int(unix.Mkdev(e.major, e.minor)))
		}
		return unix.Mknodat(dir, name, unix.S_IFCHR, 0) // a whiteout
	})
	if err != nil {
		return err
	} else if e.kind == whiteout {
		return p.markWhiteouts(dir)
	}
	if !has.owner {
		if err := unix.Fchownat(dir, name, int(e.UID), int(e.GID), unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return fmt.Errorf("cannot change the owner: %w", err)
		}
	}
	if err := setXattrs(file{dir, name}, e.Xattrs); err != nil {
		return err
	}
	if e.kind != symlink && !has.mode {
		if err := unix.Fchmodat(dir, name, e.Mode, 0); err != nil {
			return fmt.Errorf("cannot change the mode: %w", err)
		}
	}
	return p.names.setTime(dir, name, &e.Attr)
}

// markWhiteouts makes the kernel look for whiteouts in a directory even if it
// turns out to be in no layer below: a whiteout may stand for what an earlier
// tar put there. Without a trace of having been copied up, such a directory is
// listed as it is, and shows names that are not there.
func (p *Replayer) markWhiteouts(fd int) error {
	if p.in == p.root || p.in.whiteouts {
		return nil
	}
	p.in.whiteouts = true
	return file{fd: fd}.set(Xattr{originXattr, ""}) // empty: copied up from nobody knows where
}

// replacing calls create, and again after removing what is in its way.
func (p *Replayer) replacing(dir int, name string, create func() error) error {
	err := create()
	if err == unix.EEXIST {
		if err = p.remove(dir, name); err == nil {
			err = create()
		}
	}
	return err
}

// rootEntry sets the attributes of the upper directory itself.
func (p *Replayer) rootEntry(e *entry) error {
	if p.root.has(e) {
		p.root.take(e)
		return nil
	}
	p.root = newKnown(e)
	return setDir(&p.xattrs, p.dirs.root, &e.Attr, nil)
}

// defaultACL returns the default ACL among xattrs, if there is one.
func defaultACL(xattrs []Xattr) []Xattr {
	for i, x := range xattrs {
		if x.Name == aclDefault {
			return xattrs[i : i+1]
		}
	}
	return nil
}

// directory makes a directory or takes the one that is there.
func (p *Replayer) directory(dir int, name string, e *entry) error {
	opaque := e.opaque
	old := false
	mode, has := p.maker.dirMode(&e.Attr, &p.in.Attr)
	err := p.names.mkdir(dir, name, mode)
	var st unix.Statx_t
	if err == unix.EEXIST {
		if err = statx(dir, name, &st); err != nil {
			return err
		}
		if old = kindOf(&st) == directory; old && opaque {
			err = p.empty(dir, name)
		} else if !old {
			opaque = true
			if err = unix.Unlinkat(dir, name, 0); err == nil {
				err = p.names.mkdir(dir, name, mode)
			}
		}
	}
	if err != nil {
		return err
	}
	k := newKnown(e)
	k.removals = p.removals
	p.known[e.path] = k
	fd, err := p.dirs.to(e.path)
	if err != nil {
		return err
	}
	if opaque {
		if err := (file{fd: fd}).set(Xattr{opaqueXattr, opaqueValue}); err != nil {
			return err
		}
	}
	if old {
		was := newAttr(&st)
		return setDir(&p.xattrs, fd, &e.Attr, &was)
	}
	return setNew(fd, &e.Attr, has)
}

// link makes a hard link. The confiner knows that its target is in the tar, and
// the way there is gone like any other.
func (p *Replayer) link(dir int, name string, e *entry) error {
	targetDir, target := split(e.link)
	from := dir
	if path, _ := split(e.path); path != targetDir {
		// The target's directory gets descriptors of its own.
		other := dirs{root: p.dirs.root}
		defer other.closeLevels()
		var err error
		if from, err = other.to(targetDir); err != nil {
			return err
		}
	}
	return p.replacing(dir, name, func() error { return unix.Linkat(from, target, dir, name, 0) })
}
