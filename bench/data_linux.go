package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// dataSet is a tree, and all that was made of it.
type dataSet struct {
	name  string
	dir   string // where all of it lies
	size  size
	chain string // image of a flash with a chain of it; empty: not made yet
}

func (d *dataSet) tree() string           { return filepath.Join(d.dir, "tree") }
func (d *dataSet) file(ext string) string { return filepath.Join(d.dir, "tree."+ext) }

// tree returns a data set that has its tree, and makes that when it is asked for the
// first time.
func (l *lab) tree(name string) (*dataSet, error) {
	if d := l.sets[name]; d != nil {
		return d, nil
	}
	d := &dataSet{name: name, dir: filepath.Join(l.dir, name)}
	if err := os.Mkdir(d.dir, 0o755); err != nil {
		return nil, fmt.Errorf("cannot make a directory: %w", err)
	}
	err := copyTree(name, d.tree())
	if err == nil {
		d.size, err = sizeOf(d.tree())
	}
	if err != nil {
		return nil, fmt.Errorf("cannot make data set %s: %w", name, err)
	}
	fmt.Fprintf(os.Stderr, "bench: data set %s: %d files and directories, %.1f MB\n", name, d.size.files, float64(d.size.bytes)/1e6)
	l.sets[name] = d
	return d, nil
}

// data returns a data set that has archives and an image as well.
func (l *lab) data(name string) (*dataSet, error) {
	d, err := l.tree(name)
	if err != nil || d.chain != "" {
		return d, err
	}
	image := d.file("chain")
	if err = d.archive(); err == nil {
		err = l.commit(d, image)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot make the archives of data set %s: %w", name, err)
	}
	d.chain = image
	return d, nil
}

// drop gives the memory of a data set back.
func (l *lab) drop(d *dataSet) error {
	delete(l.sets, d.name)
	if err := os.RemoveAll(d.dir); err != nil {
		return fmt.Errorf("cannot remove data set %s: %w", d.name, err)
	}
	return nil
}

// archive makes the archives of the peers.
func (d *dataSet) archive() error {
	for _, j := range []job{
		gnuTar(d).to(d.file("tar")),
		pipe("gzip -c " + d.file("tar")).to(d.file("tar.gz")),
		pipe("lz4 -qc " + d.file("tar")).to(d.file("tar.lz4")),
		pipe("zstd -qc " + d.file("tar")).to(d.file("tar.zst")),
	} {
		if _, err := j.run(); err != nil {
			return err
		}
	}
	return nil
}

// commit writes an image of a flash with a chain whose volatile entry is the tree of
// a data set, as a unit does.
func (l *lab) commit(d *dataSet, image string) error {
	if err := newDisk(image, d.size.bytes); err != nil {
		return err
	}
	_, err := l.config(d, image).run()
	return err
}

// newDisk makes an image of a new disk, with room for what so many bytes become. It
// takes no memory before it is written to.
func newDisk(image string, bytes int64) error {
	f, err := os.Create(image)
	if err == nil {
		err = f.Truncate((bytes + 64<<20) &^ (1<<20 - 1))
		if closed := f.Close(); err == nil {
			err = closed
		}
	}
	if err != nil {
		return fmt.Errorf("cannot make an image: %w", err)
	}
	return nil
}
