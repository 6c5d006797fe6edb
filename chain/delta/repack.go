package delta

import (
	"fmt"
	"io"
)

// Repack writes the tar that Pack writes of an upper directory to which r alone
// was replayed. It needs no file system, and so no root: the content of files,
// zeros excepted, is kept in memory, MaxRepack bytes at most. Its errors are
// those of Replay.
//
// It reads two things that Replay refuses or takes for content, for tars that
// others made of upper directories:
//   - A symbolic link to whiteoutLink is a whiteout. It was one in the overlayfs
//     of OpenWrt's kernels before Linux 3.18, where it had the extended attribute
//     trusted.overlay.whiteout as well, which not every tar keeps. whiteoutLink
//     is empty where no link is one.
//   - A hard link to a whiteout is another whiteout. Since Linux 5.8 overlayfs
//     makes them hard links of one another.
func Repack(w io.Writer, r io.Reader, whiteoutLink string) (Stats, error) {
	return repack(w, r, func(p *repacker, e *entry) { p.findWhiteout(e, whiteoutLink) })
}

// Own is Repack for a tar that Pack has written, and gives all files to the owner.
func Own(w io.Writer, r io.Reader, owner Owner) (Stats, error) {
	return repack(w, r, func(_ *repacker, e *entry) {
		if e.kind != whiteout {
			e.UID, e.GID = owner.UID, owner.GID
		}
	})
}

// repack writes what a tar holds, each entry as edit has left it.
func repack(w io.Writer, r io.Reader, edit func(*repacker, *entry)) (Stats, error) {
	p := newRepacker(w)
	tar, c := newReader(r), newConfiner()
	for {
		e, err := tar.next()
		if err == io.EOF {
			return p.finish()
		} else if err != nil {
			return Stats{}, err
		}
		edit(p, e)
		if err := c.check(e); err != nil {
			return Stats{}, err
		}
		if err := p.add(e, tar); err != nil {
			return Stats{}, err
		}
	}
}

func newRepacker(w io.Writer) *repacker {
	p := &repacker{members: members{w: newWriter(w)}, tree: NewTree(), bodies: map[*inode]*body{}}
	p.writeFile, p.blocks.put = p.file, p.keep
	return p
}

// finish writes all that was added.
func (p *repacker) finish() (Stats, error) {
	root := &p.tree.root
	markAll(root)
	root.pack = root.inode != nil
	if err := p.members.tree("", root); err != nil {
		return Stats{}, err
	}
	if err := p.w.close(); err != nil {
		return Stats{}, err
	}
	return Stats{Entries: p.entries, Bytes: p.w.n}, nil
}

// repacker holds the tar that it reads, to write it in another order.
type repacker struct {
	members
	tree   *Tree
	bodies map[*inode]*body // of regular files
	blocks blocks           // of the file to come
	body   *body            // of the file to come
	size   int64            // of the file to come
	kept   int64            // bytes in all bodies
}

// body is the content of a file.
type body struct {
	runs runList // every one of them: MaxRepack bytes are fewer blocks than MaxRuns
	data []byte  // what is in them, one after the other
}

// findWhiteout sees whether e is a whiteout that does not look like one. A link's
// target need not be judged for that: what the tree does not hold is none.
func (p *repacker) findWhiteout(e *entry, link string) {
	is := false
	switch e.kind {
	case symlink:
		is = link != "" && e.link == link
	case hardLink:
		n := p.tree.lookup(e.link)
		is = n != nil && n.inode != nil && n.kind == whiteout
	}
	if is {
		e.kind, e.link = whiteout, ""
	}
}

// add folds one entry into the tree, and keeps its content.
func (p *repacker) add(e *entry, tar *reader) error {
	if e.kind == symlink {
		e.Mode = 0o777 // all that Linux knows
	}
	if e.kind != regular {
		return p.tree.put(e)
	}
	p.body, p.size = &body{}, e.size
	p.body.runs.reset()
	err := tar.content(e, func(off int64, b []byte) error {
		if p.blocks.write(off, b); p.kept > MaxRepack {
			return fmt.Errorf("%w: the files hold more than %d bytes together", ErrHostile, MaxRepack)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", quote(e.path), err)
	}
	p.blocks.flush()
	if err := p.tree.put(e); err != nil {
		return err
	}
	p.bodies[p.tree.lookup(e.path).inode] = p.body
	return nil
}

// keep takes up one block of the file to come.
func (p *repacker) keep(off int64, block []byte) {
	if isZero(block) {
		return
	}
	block = block[:min(int64(len(block)), p.size-off)]
	p.body.runs.add(off, block)
	p.body.data = append(p.body.data, block...)
	p.kept += int64(len(block))
}

// file writes a regular file.
func (p *repacker) file(path string, n *node) error {
	b := p.bodies[n.inode]
	e := entry{path: path, kind: regular, Attr: n.Attr, size: n.size}
	if _, err := p.fileHeader(&e, n, &b.runs); err != nil {
		return err
	}
	data, end := b.data, int64(0)
	for _, r := range append(b.runs.runs, run{n.size, 0}) {
		if e.runs == nil { // in full, not as a sparse file
			if err := p.zeros(r.off - end); err != nil {
				return err
			}
		}
		if err := p.w.data(data[:r.len]); err != nil {
			return err
		}
		data, end = data[r.len:], r.end()
	}
	return p.w.end()
}

// zeros writes n zeros.
func (p *repacker) zeros(n int64) error {
	for n > 0 {
		k := min(n, grain)
		if err := p.w.data(zeros[:k]); err != nil {
			return err
		}
		n -= k
	}
	return nil
}

// markAll marks n and all below it for packing.
func markAll(n *node) {
	n.pack = true
	for _, c := range n.children {
		markAll(c)
	}
}
