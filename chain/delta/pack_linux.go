package delta

import (
	"errors"
	"fmt"
	"io"

	"golang.org/x/sys/unix"
)

// PackOptions says what of an upper directory to pack.
type PackOptions struct {
	// Choose says what to keep: path is relative to the upper directory, with
	// slashes, none in front; dir: it is a directory. Nothing is said in the tar
	// about what is dropped. nil: everything is kept.
	Choose func(path string, dir bool) Answer

	// Base is what was replayed to the upper directory, or pushed out of it,
	// already: only what differs is packed, with a whiteout for what Base has
	// and the directory has not. nil: everything is packed.
	Base *Tree

	// Lower is an upper directory further down the stack, of whose content Base
	// says something as well: what Base and Lower have and the directory has not
	// is shown from there, and was not deleted. Empty: there is none.
	Lower string

	// Root holds the attributes of the root directory below this tar. The entry
	// "./" is packed only if the directory has others than Base says, or, if
	// Base says nothing, others than Root. nil: it is packed always.
	Root *Attr
}

// packBuffer is the size of a packer's buffer, in bytes: a file that fits in is
// read at once, a larger one twice.
const packBuffer = 256 << 10

// packTries is how often a file that changes while it is read is read again.
const packTries = 5

// Pack writes the tar of the upper directory at path upper to w. It depends on
// the content of the directory alone. A nil o means no options.
//
// Left out are sockets and other mounts. If a file becomes shorter in the
// midst of being written, the error wraps ErrChanged, and all of w is useless.
func Pack(w io.Writer, upper string, o *PackOptions) (Stats, error) {
	if o == nil {
		o = &PackOptions{}
	}
	p := &packer{members: members{w: newWriter(w)}, dirs: &dirs{}, base: o.Base, buf: make([]byte, packBuffer)}
	p.writeFile = p.file
	if p.base == nil {
		p.base = NewTree()
	}
	if err := p.dirs.openRoot(upper); err != nil {
		return Stats{}, err
	}
	defer p.dirs.close()
	root, err := scan(p.dirs, o.Choose)
	if err != nil {
		return Stats{}, err
	}
	d := differ{choose: o.Choose, sum: p.contentSum}
	if o.Lower != "" {
		lower := &dirs{}
		if err := lower.openRoot(o.Lower); err != nil {
			return Stats{}, err
		}
		defer lower.close()
		d.lower = lower.show
	}
	if err := d.diff(&p.base.root, root, o.Root); err != nil {
		return Stats{}, err
	}
	if err := p.tree("", root); err != nil {
		return Stats{}, err
	}
	if err := p.w.close(); err != nil {
		return Stats{}, err
	}
	return Stats{Entries: p.entries, Bytes: p.w.n}, nil
}

// packer writes a scanned tree to a tar.
type packer struct {
	members
	dirs   *dirs
	base   *Tree
	xattrs xattrs
	buf    []byte
	runs   runList
	sum    contentSum
}

// file writes a regular file, or what took its place.
func (p *packer) file(path string, n *node) error {
	dir, name := split(path)
	at, err := p.dirs.to(dir)
	fd := -1
	if err == nil {
		fd, err = openFile(at, name)
	}
	if err == unix.ENOENT || err == unix.ENOTDIR {
		return p.gone(path)
	} else if err == unix.ELOOP || err == unix.ENXIO {
		return fmt.Errorf("cannot pack %s: %w: it is no file any more", quote(path), ErrChanged)
	} else if err != nil {
		return fmt.Errorf("cannot pack %s: %w", quote(path), err)
	}
	defer unix.Close(fd)
	if err := p.content(path, n, fd); err != nil {
		return fmt.Errorf("cannot pack %s: %w", quote(path), err)
	}
	return nil
}

// gone writes what is to be said about a file that is not there any more.
func (p *packer) gone(path string) error {
	if b := p.base.lookup(path); b == nil || b.kind == whiteout {
		return nil
	}
	if err := p.header(&entry{path: path, kind: whiteout}); err != nil {
		return err
	}
	return p.w.end()
}

// content writes an open file. It reads the file, or where its holes are, as
// often as it takes to get attributes and content of the same moment; only then
// the header is written.
func (p *packer) content(path string, n *node, fd int) error {
	e := entry{path: path, kind: regular, Attr: n.Attr, size: n.size}
	ino := n.ino
	var data []byte // all of the file, if it fits
	for try := 1; ; try++ {
		var st unix.Statx_t
		got, err := readAt(fd, p.buf, 0)
		if err == nil {
			err = statx(fd, "", &st)
		}
		if err != nil {
			return err
		}
		if kindOf(&st) != regular {
			return fmt.Errorf("%w: it is no file any more", ErrChanged)
		}
		now := newAttr(&st)
		now.Xattrs = e.Xattrs
		same := int64(st.Size) == e.size && st.Ino == ino && now.equal(&e.Attr)
		if st.Ino != ino {
			// Another file took its place, which is no hard link of the others.
			if now.Xattrs, _, err = p.xattrs.attrs(file{fd: fd}); err != nil {
				return err
			}
			n.inode = &inode{kind: regular}
		}
		e.Attr, e.size, ino = now, int64(st.Size), st.Ino
		p.runs.reset()
		if e.size >= int64(len(p.buf)) {
			data = nil
			err = eachData(fd, &st, p.buf, func(off int64, b []byte) error { p.runs.add(off, b); return nil })
			if err == nil {
				break
			} else if !errors.Is(err, errShort) {
				return err
			}
			e.size = -1
		} else if data = p.buf[:got]; same && int64(got) == e.size || try >= packTries && got < len(p.buf) {
			e.size = int64(got) // after so many tries: what was read, as far as it was there
			p.runs.add(0, data)
			break
		}
		if try >= 2*packTries {
			return fmt.Errorf("%w, %d times", ErrChanged, try)
		}
	}
	runs, err := p.fileHeader(&e, n, &p.runs)
	if err != nil {
		return err
	}
	for _, r := range runs {
		if err := p.run(fd, r, data); err != nil {
			return err
		}
	}
	return p.w.end()
}

// run writes one run of a file, out of data if it is there.
func (p *packer) run(fd int, r run, data []byte) error {
	if data != nil {
		return p.w.data(data[r.off:r.end()])
	}
	for r.len > 0 {
		b := p.buf[:min(r.len, int64(len(p.buf)))]
		n, err := readAt(fd, b, r.off)
		if err != nil {
			return err
		} else if n < len(b) {
			return fmt.Errorf("%w: it became shorter", ErrChanged)
		}
		if err := p.w.data(b); err != nil {
			return err
		}
		r.off, r.len = r.off+int64(n), r.len-int64(n)
	}
	return nil
}

// contentSum reads a file for comparison. If that fails because the file is
// gone or changes, the sum is one that nothing has: the file will be packed.
func (p *packer) contentSum(path string, n *node) (none [32]byte, err error) {
	dir, name := split(path)
	at, err := p.dirs.to(dir)
	fd := -1
	if err == nil {
		fd, err = openFile(at, name)
	}
	if err == unix.ENOENT || err == unix.ENOTDIR || err == unix.ELOOP || err == unix.ENXIO {
		return none, nil
	} else if err != nil {
		return none, fmt.Errorf("cannot read %s: %w", quote(path), err)
	}
	defer unix.Close(fd)
	var st unix.Statx_t
	if err := statx(fd, "", &st); err != nil {
		return none, fmt.Errorf("cannot read %s: %w", quote(path), err)
	}
	p.sum.reset()
	err = eachData(fd, &st, p.buf, func(off int64, b []byte) error { p.sum.write(off, b); return nil })
	if errors.Is(err, errShort) {
		return none, nil
	} else if err != nil {
		return none, fmt.Errorf("cannot read %s: %w", quote(path), err)
	}
	return p.sum.sum(int64(st.Size)), nil
}
