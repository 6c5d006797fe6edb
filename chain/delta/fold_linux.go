package delta

import (
	"fmt"
	"io"
)

// Fold makes one tar of several. The tars are replayed into a directory, as a
// boot does it, and what is there then is packed: so the one shows, wherever it
// is replayed, what replaying the others one after the other would. The same
// tars give the same bytes, and it is all the same whether some of them were
// folded before.
type Fold struct {
	dir  string
	tree *Tree // what the tars say
}

// NewFold returns a fold of no tars, which works in the directory dir: empty,
// nobody else's, on a file system that keeps all attributes, such as a tmpfs.
func NewFold(dir string) *Fold { return &Fold{dir: dir, tree: NewTree()} }

// Add replays the tar r over those added before, with the errors of Replay.
// After one, the fold is of no use.
func (f *Fold) Add(r io.Reader) error {
	_, err := replay(r, f.dir, &listener{data: f.tree.sum.write, entry: f.tree.put})
	return err
}

// Pack writes the folded tar to w. Before, it compares the directory with what
// the tars say, and returns an error when that is not, to the last attribute,
// what is there: the file system does not keep it, or adds to it.
func (f *Fold) Pack(w io.Writer) (Stats, error) {
	root, err := ReadAttr(f.dir)
	if err != nil {
		return Stats{}, err
	}
	stats, err := Pack(io.Discard, f.dir, &PackOptions{Base: f.tree, Root: root})
	if err == nil && stats.Entries > 0 {
		err = fmt.Errorf("cannot fold: the file system in RAM does not keep the files as they are, %d differ", stats.Entries)
	}
	if err != nil {
		return stats, err
	}
	if f.tree.root.inode != nil {
		root = nil // a tar says what it is, so this one does
	}
	return Pack(w, f.dir, &PackOptions{Root: root})
}
