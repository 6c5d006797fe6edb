package main

import (
	"fmt"

	"chainroot/chain/delta"
)

// change is a file or directory that differs, as in JSON.
type change struct {
	Kind string `json:"kind"` // "A": added, "M": modified, "D": deleted
	Path string `json:"path"` // absolute; a directory's ends with "/"
	Dir  bool   `json:"dir"`
	Size int64  `json:"size"` // of a file, in bytes: the new one, of a deleted one the old
}

// tally counts changes.
type tally struct {
	Added    int   `json:"added"`
	Modified int   `json:"modified"`
	Deleted  int   `json:"deleted"`
	Bytes    int64 `json:"bytes"` // in files that were added or modified
}

func tallyOf(changes []delta.Change) tally {
	var t tally
	for _, ch := range changes {
		switch ch.Kind {
		case 'A':
			t.Added++
		case 'M':
			t.Modified++
		case 'D':
			t.Deleted++
			continue
		}
		t.Bytes += ch.Size
	}
	return t
}

// String is the sum below a list.
func (t tally) String() string {
	return fmt.Sprintf("%d added, %d modified, %d deleted; %s", t.Added, t.Modified, t.Deleted, bytesText(t.Bytes))
}

// listed returns changes for JSON: a list, if an empty one.
func listed(changes []delta.Change) []change {
	list := []change{}
	for _, ch := range changes {
		list = append(list, change{string(ch.Kind), absolute(ch.Path, ch.Dir), ch.Dir, ch.Size})
	}
	return list
}

// printChanges lists changes, a line each, with their size or without.
func (c *cli) printChanges(changes []delta.Change, sizes bool) {
	for _, ch := range changes {
		fmt.Fprintln(c.out, c.changeLine(ch, sizes))
	}
}

func (c *cli) changeLine(ch delta.Change, sizes bool) string {
	line := string(ch.Kind)
	if sizes {
		line += fmt.Sprintf(" %9d", ch.Size)
	}
	return c.paint(line+" "+printable(absolute(ch.Path, ch.Dir)), kindColours[ch.Kind])
}

var kindColours = map[byte]colour{'A': green, 'M': yellow, 'D': red}

// absolute is what a unit calls a path.
func absolute(path string, dir bool) string {
	if dir && path != "" {
		path += "/"
	}
	return "/" + path
}
