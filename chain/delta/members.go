package delta

// members writes the nodes of a tree to a tar.
type members struct {
	w         *writer
	entries   int
	writeFile func(path string, n *node) error // a regular file, under its first name
}

// tree writes what is marked of n and below.
func (m *members) tree(path string, n *node) error {
	if n.pack {
		if err := m.node(path, n); err != nil {
			return err
		}
	}
	for _, c := range n.children {
		if c.pack {
			if err := m.tree(join(path, c.name), c); err != nil {
				return err
			}
		}
	}
	return nil
}

// node writes one entry.
func (m *members) node(path string, n *node) error {
	if n.kind == regular && n.head == "" {
		return m.writeFile(path, n)
	}
	e := entry{path: path, kind: n.kind, Attr: n.Attr, marks: marks{opaque: n.opaque},
		link: n.link, major: n.major, minor: n.minor}
	if n.head != "" {
		e.kind, e.link, e.Xattrs = hardLink, n.head, nil
		e.major, e.minor = 0, 0
	} else if n.shared {
		n.head = path
	}
	if err := m.header(&e); err != nil {
		return err
	}
	return m.w.end()
}

func (m *members) header(e *entry) error {
	m.entries++
	return m.w.header(e)
}

// fileHeader writes the header of the regular file e, which is n and has its
// data in list, and returns the runs whose data is to follow: all of the file,
// or what is between its holes.
func (m *members) fileHeader(e *entry, n *node, list *runList) ([]run, error) {
	runs := []run{{0, e.size}}
	if list.sparse(e.size) {
		if e.runs = list.runs; e.runs == nil {
			e.runs = []run{}
		}
		runs = e.runs
	}
	if n.shared {
		n.head = e.path
	}
	return runs, m.header(e)
}
