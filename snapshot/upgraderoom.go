package main

import (
	"fmt"

	"chainroot/chain"
)

// upgradePlan is what `upgrade --dry-run --json` prints.
type upgradePlan struct {
	Manager   string          `json:"manager"`
	Packages  []packageChange `json:"packages"`
	Kept      int             `json:"kept"`       // packages that the manager keeps back
	Download  int64           `json:"download"`   // bytes to fetch; 0: not known, or none
	Need      int             `json:"blocks"`     // erase blocks that the snapshot takes at least
	Free      int             `json:"free"`       // erase blocks that it can take
	EraseSize int             `json:"erase_size"` // bytes
}

func (u *upgrade) plan(s *session) *upgradePlan {
	need, free := s.RoomFor(u.pending+u.list.download, u.try.asked() && s.Volatile() != nil)
	return &upgradePlan{
		Manager: u.tool.m.name, Packages: append([]packageChange{}, u.list.changes...), Kept: u.list.kept,
		Download: u.list.download, Need: need, Free: free, EraseSize: s.Space().EraseSize,
	}
}

func (u *upgrade) writeJSON(s *session) error { return writeJSON(u.c.out, u.plan(s)) }

// print says what is about to be upgraded, and what that takes.
func (u *upgrade) print(s *session) {
	p, out := u.plan(s), u.c.out
	upgraded, added, removed := 0, 0, 0
	for _, ch := range p.Packages {
		switch {
		case ch.Old == "":
			added++
			fmt.Fprintf(out, "  %s  %s, new\n", u.c.paint(ch.Name, bold), ch.New)
		case ch.New == "":
			removed++
			fmt.Fprintf(out, "  %s  %s, removed\n", u.c.paint(ch.Name, bold), ch.Old)
		default:
			upgraded++
			fmt.Fprintf(out, "  %s  %s -> %s\n", u.c.paint(ch.Name, bold), ch.Old, ch.New)
		}
	}
	fmt.Fprintf(out, "%s to upgrade", count(upgraded, "package", "packages"))
	if added > 0 {
		fmt.Fprintf(out, ", %d to add", added)
	}
	if removed > 0 {
		fmt.Fprintf(out, ", %d to remove", removed)
	}
	if p.Download > 0 {
		fmt.Fprintf(out, ", %s to fetch", bytesText(p.Download))
	}
	fmt.Fprintf(out, "%s.\n", u.keptBack())
	if u.before > 0 {
		fmt.Fprintf(out, "%s changed before, %s on flash, will be in the snapshot too.\n", count(u.before, "file", "files"), bytesText(u.pending))
	}
	if p.Download > 0 {
		fmt.Fprintf(out, "The snapshot takes %s of flash or more, as an estimate; %s free.\n",
			count(p.Need, "erase block", "erase blocks"), count(p.Free, "is", "are"))
	} else {
		fmt.Fprintf(out, "How much flash the snapshot takes is not known before, for %s names no sizes; %s free.\n",
			p.Manager, count(p.Free, "erase block is", "erase blocks are"))
	}
}

// fits refuses what the flash has no room for, as far as that is known.
func (u *upgrade) fits(s *session) error {
	p := u.plan(s)
	if p.Need <= p.Free {
		return nil
	}
	return fmt.Errorf("%w; nothing was installed. `snapshot compact` may free some, and packages that are left out with %s need none",
		&chain.NoRoomError{Need: p.Need, Free: p.Free, EraseSize: p.EraseSize}, p.Manager)
}
