package delta

import (
	"io"
	"strings"
)

// Marks of an OCI image layer: names of empty files
// (https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts).
const (
	layerWhiteout = ".wh."         // and the name of what is not there
	layerOpaque   = ".wh..wh..opq" // nothing of the directory below is there
	layerPrivate  = ".wh..wh."     // others are AUFS' own, and say nothing here
)

// Owner is who owns files.
type Owner struct{ UID, GID uint32 }

// defaultDir is the mode of a directory that a tar leaves out.
const defaultDir = 0o755

// Layer writes the tar that Pack writes of an upper directory with what r holds: a
// tar that anybody has made. It is laxer than Replay: of several entries with one
// path the last one counts; a directory may come after what is in it, or not at
// all, and is then one of root, with mode 0755 and the time of what is in it; the
// marks of an OCI image layer are taken for what they mean, as are those of
// overlayfs. What it says of its root directory is that of a directory somewhere, and
// left out. With an owner all files are his. It needs no file system, and so no
// root: the content of files, zeros excepted, is kept in memory, MaxRepack bytes at
// most.
func Layer(w io.Writer, r io.Reader, owner *Owner) (Stats, error) {
	p := newRepacker(w)
	tar := newReader(r)
	for {
		e, err := tar.next()
		if err == io.EOF {
			return p.finish()
		} else if err != nil {
			return Stats{}, err
		}
		if owner != nil {
			e.UID, e.GID = owner.UID, owner.GID
		}
		if err := p.member(e, tar); err != nil {
			return Stats{}, err
		}
	}
}

// member takes up one entry of a layer.
func (p *repacker) member(e *entry, tar *reader) error {
	if e.path == "" {
		if e.kind != directory {
			return hostile("", "is a %v", e.kind)
		}
		return nil
	}
	if err := checkName(e.path, ""); err != nil {
		return err
	}
	dir, name := split(e.path)
	if err := p.parents(dir, e); err != nil {
		return err
	}
	switch {
	case name == layerOpaque && dir == "":
		return hostile(e.path, "hides all of the firmware")
	case name == layerOpaque:
		p.tree.lookup(dir).opaque = true
		return nil
	case strings.HasPrefix(name, layerPrivate):
		return nil
	case strings.HasPrefix(name, layerWhiteout):
		return p.whiteout(dir, strings.TrimPrefix(name, layerWhiteout), tar)
	case e.kind == regular && e.size == 0 && e.whiteout:
		return p.whiteout(dir, name, tar)
	}
	e.opaque = e.opaque && e.kind == directory
	switch e.kind {
	case whiteout:
		e.Attr = Attr{}
	case symlink:
		if e.link == "" || len(e.link) > MaxLink || strings.IndexByte(e.link, 0) >= 0 {
			return hostile(e.path, "has an impossible target")
		}
	case hardLink:
		target := p.tree.lookup(e.link)
		if target == nil || target.inode == nil {
			return hostile(e.path, "is a hard link to %s, which is not before it in the tar", quote(e.link))
		}
		if target.kind == directory || target.kind == whiteout {
			return hostile(e.path, "is a hard link to %s, a %v", quote(e.link), target.kind)
		}
		if target == p.tree.lookup(e.path) {
			return nil // to itself
		}
	}
	return p.add(e, tar)
}

// parents makes the directories that lead to an entry, if the tar has left them out
// so far.
func (p *repacker) parents(dir string, e *entry) error {
	n := p.tree.lookup(dir)
	switch {
	case dir == "":
		return nil
	case n != nil && n.kind == directory:
		return nil
	case n != nil && n.kind != whiteout:
		return hostile(e.path, "lies in %s, a %v", quote(dir), n.kind)
	}
	above, _ := split(dir)
	if err := p.parents(above, e); err != nil {
		return err
	}
	return p.tree.put(&entry{path: dir, kind: directory,
		Attr: Attr{Mode: defaultDir, UID: e.UID, GID: e.GID, Sec: e.Sec, Nsec: e.Nsec}})
}

// whiteout takes up that nothing of a name is there from the layers below. What this
// layer has there itself stays.
func (p *repacker) whiteout(dir, name string, tar *reader) error {
	path := join(dir, name)
	if err := checkName(path, ""); err != nil {
		return err
	}
	switch n := p.tree.lookup(path); {
	case n == nil:
		return p.add(&entry{path: path, kind: whiteout}, tar)
	case n.kind == directory:
		n.opaque = true
	}
	return nil
}
