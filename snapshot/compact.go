package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/mount"
)

var compactCommand = command{
	name:    "compact",
	args:    "[--keep N]",
	summary: "fold the snapshots into one, which frees flash",
	details: `Folds all snapshots, or all but the last N, into one that shows the same, and
says how much flash that frees. A pinned snapshot stays as it is: those before it
become one, and those behind it another. What a boot shows stays as it is, and so does
the volatile entry; the states between those that were folded are gone, the
snapshots behind them have new numbers, and the state has a new name. The same
snapshots give the same bytes on every unit.

What a roll-back took away is gone too: rollback --undo does not bring it back.

It takes root, Linux 5.2, and as much RAM as the snapshots take unpacked; where
that is too much, fold fewer of them, or an image of the flash, with --device,
on another machine. A unit that runs on another state than that of its chain
refuses: reboot it first.

  --keep N  leave the last N snapshots as they are (default 0)
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		keep := fs.Int("keep", 0, "")
		return func(c *cli, _ []string) error {
			if *keep < 0 {
				return usageError("--keep takes a number of snapshots, not %d", *keep)
			}
			return c.with(true, func(s *session) error { return c.compact(s, *keep) })
		}
	},
}

// compact folds all snapshots but the last keep, and says what it did.
func (c *cli) compact(s *session, keep int) error {
	if err := s.Check(); err != nil {
		return err
	}
	c.damage(s)
	if err := notOnTrial(s); err != nil {
		return err
	}
	r, err := c.onUnit()
	if err != nil {
		return err
	}
	if r != nil {
		// The state that runs must not vanish between others.
		if _, _, err := c.since(s, r); err != nil {
			return err
		}
	}
	groups, err := s.Folded(keep)
	if errors.Is(err, chain.ErrNothing) {
		return c.nothing(s, "There is nothing to fold: the chain has %s%s, and it takes two besides those that are kept.",
			count(len(s.Snapshots()), "snapshot", "snapshots"), pinnedText(s))
	}
	if err != nil {
		return err
	}
	was, before := len(s.Snapshots()), s.Space() // the entries change their numbers
	payloads, files, err := foldGroups(s, groups)
	if err != nil {
		return err
	}
	plan, err := s.PlanCompact(keep, payloads)
	if err != nil {
		return err
	}
	if r != nil {
		if err := c.noteFolded(plan.Renamed()); err != nil {
			return err
		}
	}
	if err := s.Compact(plan, c.now()); err != nil {
		return err
	}
	var stored int64
	for _, p := range payloads {
		stored += p.Stored()
	}
	space, now := s.Space(), len(s.Snapshots())
	into := "one"
	if len(groups) > 1 {
		into = fmt.Sprint(len(groups))
	}
	fmt.Fprintf(c.out, "Folded %d snapshots into %s of %s in %s of flash; %s, %s left.",
		was-now+len(groups), into, count(files, "file", "files"), bytesText(stored),
		freed(before.Used-space.Used), count(space.Free, "erase block", "erase blocks"))
	if first := groups[0]; first[0].Number+len(first) <= was {
		fmt.Fprintf(c.out, " Snapshot %d is now snapshot %d.", first[0].Number+len(first), first[0].Number+1)
	}
	if before.RolledBack > 0 {
		fmt.Fprintf(c.out, " What the last roll-back took away (%s) is gone for good.", count(before.RolledBack, "entry", "entries"))
	}
	fmt.Fprintf(c.out, " State: %s\n", s.ID())
	return nil
}

// foldGroups returns what stands for each group of entries, and how many files that is.
func foldGroups(s *session, groups [][]*chain.Entry) (payloads []*chain.Payload, files int, err error) {
	for _, entries := range groups {
		size, err := spareRAM(entries)
		if err != nil {
			return nil, 0, err
		}
		p, stats, err := fold(s, entries, size)
		if err != nil {
			return nil, 0, err
		}
		payloads, files = append(payloads, p), files+stats.Entries
	}
	return payloads, files, nil
}

// pinnedText says how many snapshots are pinned, if any.
func pinnedText(s *session) string {
	n := 0
	for _, e := range s.Snapshots() {
		if e.Pinned() {
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", of which %d stay as they are (pinned)", n)
}

// freed tells how many erase blocks are no longer in use.
func freed(blocks int) string {
	if blocks < 0 {
		return count(-blocks, "erase block", "erase blocks") + " more in use"
	}
	return count(blocks, "erase block", "erase blocks") + " freed"
}

// fold returns what stands for the entries. They are unpacked in a file system
// of size bytes in RAM that nobody else sees and that is gone when fold returns.
func fold(s *session, entries []*chain.Entry, size int64) (*chain.Payload, delta.Stats, error) {
	dir, err := mount.Scratch(size)
	if err != nil {
		return nil, delta.Stats{}, err
	}
	defer dir.Close()
	f := delta.NewFold(fmt.Sprint("/proc/self/fd/", dir.Fd()))
	for _, e := range entries {
		switch err := addTo(f, s, e); {
		case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.ENOMEM):
			return nil, delta.Stats{}, noRAM(entries, size)
		case err != nil:
			return nil, delta.Stats{}, fmt.Errorf("cannot unpack %s: %w", e.Name(), err)
		}
	}
	w := chain.NewPayloadWriter()
	stats, err := f.Pack(w)
	if err != nil {
		return nil, stats, err
	}
	p, err := w.Finish()
	return p, stats, err
}

// foldRAM is what the program itself takes to fold entries, in bytes, besides
// the payload that it makes of them.
const foldRAM = 16 << 20

// spareRAM returns how much of the RAM, in bytes, the unpacked entries can
// take. What is in a tmpfs is nobody's when RAM runs out: something else would
// be killed. The payload is no larger than those of the entries; it lies in a
// buffer that doubles.
func spareRAM(entries []*chain.Entry) (int64, error) {
	b, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, fmt.Errorf("cannot find out how much RAM is free: %w", err)
	}
	_, line, _ := strings.Cut(string(b), "\nMemAvailable:")
	line, _, _ = strings.Cut(line, " kB\n")
	kib, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("cannot find out how much RAM is free: /proc/meminfo: %w", err)
	}
	size := kib<<10 - foldRAM
	for _, e := range entries {
		size -= 3 * e.Stored
	}
	if size <= 0 {
		return 0, noRAM(entries, 0)
	}
	return size, nil
}

// noRAM says that the entries are too large to be unpacked here.
func noRAM(entries []*chain.Entry, size int64) error {
	var all int64
	for _, e := range entries {
		all += e.Unpacked
	}
	return fmt.Errorf("not enough RAM to fold %d snapshots: they unpack to %s, %s can be spared; nothing was touched. Keep more of them (--keep), or fold an image of the flash on another machine (--device)",
		len(entries), bytesText(all), bytesText(size))
}
