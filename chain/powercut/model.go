package main

import (
	"slices"
	"strings"
)

// model is what a chain should show.
type model struct {
	snapshots []item
	volatile  *item
	undo      []model // what each roll-back would bring back
	foreign   string  // what else the flash holds, and no chain
}

// item is an entry: the name of its content, and its label.
type item struct{ content, label string }

func (m model) clone() model {
	m.snapshots, m.undo = slices.Clone(m.snapshots), slices.Clone(m.undo)
	return m
}

// String tells the state in one line, as show does.
func (m model) String() string {
	if m.foreign != "" {
		return m.foreign
	}
	var b strings.Builder
	for _, i := range m.snapshots {
		i.write(&b, 's')
	}
	if m.volatile != nil {
		m.volatile.write(&b, 'v')
	}
	return b.String()
}

func (i item) write(b *strings.Builder, kind byte) {
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
	b.WriteByte(kind)
	b.WriteByte(':')
	b.WriteString(i.content)
	if i.label != "" {
		b.WriteByte('=')
		b.WriteString(i.label)
	}
}

// config returns the model after a config with that content.
func (m model) config(content, label string) (model, bool) {
	if m.foreign != "" {
		return m, false
	}
	if v := m.volatile; v != nil && v.content == content && (label == "" || v.label == label) {
		return m, false
	}
	m.volatile, m.undo = &item{content, label}, nil
	return m, true
}

func (m model) push(label string) (model, bool) {
	if m.volatile == nil {
		return m, false
	}
	m = m.clone()
	i := *m.volatile
	if label != "" {
		i.label = label
	}
	m.snapshots, m.volatile = append(m.snapshots, i), nil
	return m, true
}

func (m model) rollback(n int) (model, bool) {
	if n > len(m.snapshots) || n == len(m.snapshots) && m.volatile == nil {
		return m, false
	}
	before := m
	m = m.clone()
	m.snapshots, m.volatile, m.undo = m.snapshots[:n], nil, append(m.undo, before)
	return m, true
}

func (m model) undone() (model, bool) {
	if len(m.undo) == 0 {
		return m, false
	}
	last := m.undo[len(m.undo)-1]
	last.undo = m.undo[:len(m.undo)-1]
	return last, true
}

// compact folds all snapshots but the last keep.
func (m model) compact(keep int) (model, bool) {
	n := len(m.snapshots) - keep
	if n < 2 {
		return m, false
	}
	one := item{folded(m.snapshots[:n]), m.snapshots[n-1].label}
	return model{snapshots: append([]item{one}, m.snapshots[n:]...), volatile: m.volatile}, true
}

// takeOver returns the model after what the flash held has become the chain.
func (m model) takeOver(snapshot, volatile string) (model, bool) {
	if m.foreign == "" {
		return m, false
	}
	return model{snapshots: []item{{snapshot, "old"}}, volatile: &item{volatile, ""}}, true
}

// folded is the name of the content that several entries show together.
func folded(items []item) string {
	var names []string
	for _, i := range items {
		names = append(names, i.content)
	}
	return "(" + strings.Join(names, "+") + ")"
}
