package delta

import (
	"slices"
	"strings"
)

// kind is what an entry of a tar or a tree is.
type kind uint8

const (
	none kind = iota
	regular
	directory
	symlink
	charDevice
	blockDevice
	fifo
	whiteout // overlayfs: nothing is here, whatever lies below
	hardLink // only in a tar: another name of an entry before it
	foreign  // only in a scanned tree: a mount, about which nothing is said
)

// String returns the kind in words, for errors.
func (k kind) String() string {
	return [...]string{"nothing", "file", "directory", "symbolic link", "character device",
		"block device", "pipe", "whiteout", "hard link", "mount"}[k]
}

// Xattr is an extended attribute. The value may hold any bytes.
type Xattr struct{ Name, Value string }

// Attr is what belongs to a file besides its content.
type Attr struct {
	Mode     uint32 // permissions with setuid, setgid and sticky: 07777
	UID, GID uint32
	Sec      int64   // time of modification: seconds since 1970, may be negative
	Nsec     uint32  // and nanoseconds, 0 to 999,999,999, always forward
	Xattrs   []Xattr // sorted by name; those of overlayfs itself are not among them
}

// equal reports whether nothing differs.
func (a *Attr) equal(b *Attr) bool {
	return a.Mode == b.Mode && a.UID == b.UID && a.GID == b.GID &&
		a.Sec == b.Sec && a.Nsec == b.Nsec && slices.Equal(a.Xattrs, b.Xattrs)
}

// sortXattrs sorts by name.
func sortXattrs(x []Xattr) {
	slices.SortFunc(x, func(a, b Xattr) int { return strings.Compare(a.Name, b.Name) })
}

// inode is a file whatever its names are. Nodes that are hard links of one
// another share it.
type inode struct {
	kind
	Attr
	opaque       bool     // a directory that hides what lies below
	size         int64    // of a regular file
	link         string   // target of a symbolic link
	major, minor uint32   // of a device
	sum          [32]byte // contentSum of a regular file, if summed
	summed       bool
	shared       bool // has or had several names in this tree

	// In a Tree: the tar that holds the content, counted from 0, and where in it.
	tar  int
	path string

	ino     uint64 // in a scanned tree
	changed bool   // in a scanned tree: differs from what it is compared with
	head    string // while packing: the first name, once it is written
}

// node is a name in a tree.
type node struct {
	name     string
	*inode           // nil only for the root of a Tree that says nothing about its root
	children []*node // sorted by name
	pack     bool    // belongs into the tar
	look     bool    // a directory that does only for what is in it
}

// find returns the position of the child called name, or where it would be.
func (n *node) find(name string) (int, bool) {
	// Entries come sorted: the last child is the one asked for, or before it.
	if l := len(n.children); l == 0 || n.children[l-1].name < name {
		return l, false
	} else if n.children[l-1].name == name {
		return l - 1, true
	}
	return slices.BinarySearchFunc(n.children, name, func(c *node, name string) int {
		return strings.Compare(c.name, name)
	})
}

// child returns the child called name, or nil.
func (n *node) child(name string) *node {
	if i, ok := n.find(name); ok {
		return n.children[i]
	}
	return nil
}

// clone copies the names. The inodes are shared: what is put over one takes its
// place.
func (n *node) clone() *node {
	c := *n
	c.children = make([]*node, len(n.children))
	for i, child := range n.children {
		c.children[i] = child.clone()
	}
	return &c
}

// join appends a name to the path of a directory.
func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}

// split cuts a path into its directory and its name.
func split(path string) (dir, name string) {
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}
