package main

import (
	"fmt"
	"slices"
	"strings"

	"chainroot/chain"
)

// model is what a chain should show.
type model struct {
	snapshots []item
	volatile  *item
	undo      []model // what each roll-back would bring back
	foreign   string  // what else the flash holds, and no chain
}

// item is an entry: the name of its content, its label, and, if it is on trial, how
// many boots are left to it.
type item struct {
	content, label string
	onTrial        bool
	left           int
	pinned         bool
}

func (m model) clone() model {
	m.snapshots, m.undo = slices.Clone(m.snapshots), slices.Clone(m.undo)
	if m.volatile != nil {
		v := *m.volatile
		m.volatile = &v
	}
	return m
}

// last returns the last entry, or nil.
func (m model) last() *item {
	switch n := len(m.snapshots); {
	case m.volatile != nil:
		return m.volatile
	case n > 0:
		return &m.snapshots[n-1]
	}
	return nil
}

// onTrial reports whether an entry is on trial: that is the last one.
func (m model) onTrial() bool { return m.last() != nil && m.last().onTrial }

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
	if i.onTrial {
		fmt.Fprintf(b, "?%d", i.left)
	}
	if i.pinned {
		b.WriteByte('!')
	}
	if i.label != "" {
		b.WriteByte('=')
		b.WriteString(i.label)
	}
}

// config returns the model after a config with that content.
func (m model) config(content, label string) (model, bool) {
	if m.foreign != "" || m.onTrial() {
		return m, false
	}
	if v := m.volatile; v != nil && v.content == content && (label == "" || v.label == label) {
		return m, false
	}
	m.volatile, m.undo = &item{content: content, label: label}, nil
	return m, true
}

// entries returns how many there are.
func (m model) entries() int {
	if m.volatile != nil {
		return len(m.snapshots) + 1
	}
	return len(m.snapshots)
}

func (m model) push(label string) (model, bool) {
	if m.volatile == nil || m.onTrial() {
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
	if slices.ContainsFunc(m.snapshots[n:], func(i item) bool { return i.pinned }) {
		return m, false
	}
	before := m.clone()
	if last := before.last(); n+1 == before.entries() && last.onTrial {
		last.left = chain.DefaultBoots // it is on trial anew when it comes back
	}
	m = m.clone()
	m.snapshots, m.volatile, m.undo = m.snapshots[:n], nil, append(m.undo, before)
	return m, true
}

func (m model) undone() (model, bool) {
	if len(m.undo) == 0 || m.onTrial() {
		return m, false
	}
	last := m.undo[len(m.undo)-1]
	last.undo = m.undo[:len(m.undo)-1]
	return last, true
}

// compact folds all snapshots but the last keep.
func (m model) compact(keep int) (model, bool) {
	if m.onTrial() {
		return m, false
	}
	next, n := model{volatile: m.volatile}, len(m.snapshots)-keep
	for i := 0; i < len(m.snapshots); {
		end := i + 1
		for i < n && !m.snapshots[i].pinned && end < n && !m.snapshots[end].pinned {
			end++
		}
		one := m.snapshots[end-1]
		if end-i > 1 {
			one.content = folded(m.snapshots[i:end])
		}
		next.snapshots = append(next.snapshots, one)
		i = end
	}
	return next, len(next.snapshots) < len(m.snapshots)
}

// tried returns the model with that content on trial.
func (m model) tried(content, label string, snapshot bool, boots int) (model, bool) {
	if m.foreign != "" || m.volatile != nil || m.onTrial() {
		return m, false
	}
	m = m.clone()
	i := item{content: content, label: label, onTrial: true, left: boots}
	if m.undo = nil; snapshot {
		m.snapshots = append(m.snapshots, i)
	} else {
		m.volatile = &i
	}
	return m, true
}

// triedPush returns the model with the volatile entry as a snapshot on trial.
func (m model) triedPush(label string, boots int) (model, bool) {
	m, ok := m.push(label)
	if ok {
		m.last().onTrial, m.last().left = true, boots
	}
	return m, ok
}

// trial returns the model with what is on trial as change makes it, unless that
// returns false.
func (m model) trial(change func(*item) bool) (model, bool) {
	if !m.onTrial() {
		return m, false
	}
	next := m.clone()
	if !change(next.last()) {
		return m, false
	}
	return next, true
}

func (m model) attempted() (model, bool) {
	return m.trial(func(i *item) bool { i.left--; return i.left >= 0 })
}

func (m model) confirmed() (model, bool) {
	return m.trial(func(i *item) bool { i.onTrial = false; return true })
}

func (m model) retried(boots int) (model, bool) {
	return m.trial(func(i *item) bool { i.left = boots; return true })
}

func (m model) givenUp() (model, bool) {
	if !m.onTrial() {
		return m, false
	}
	return m.rollback(m.entries() - 1)
}

// takeOver returns the model after what the flash held has become the chain.
func (m model) takeOver(snapshot, volatile string) (model, bool) {
	if m.foreign == "" {
		return m, false
	}
	return model{snapshots: []item{{content: snapshot, label: "old"}}, volatile: &item{content: volatile}}, true
}

// folded is the name of the content that several entries show together.
func folded(items []item) string {
	var names []string
	for _, i := range items {
		names = append(names, i.content)
	}
	return "(" + strings.Join(names, "+") + ")"
}
