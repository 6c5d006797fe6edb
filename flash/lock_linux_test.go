package flash

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// chip is a chip with locks.
type chip struct {
	blocks   []bool // locked
	ask      error  // of locked
	refuses  error  // of unlock
	stubborn bool   // unlocks nothing, without a word
	unlocked int    // calls of unlock
}

func (c *chip) locked(block int) (bool, error) { return c.blocks[block], c.ask }

func (c *chip) unlock(n int) error {
	c.unlocked++
	if c.refuses == nil && !c.stubborn {
		clear(c.blocks[:n])
	}
	return c.refuses
}

func TestUnlockAll(t *testing.T) {
	for _, test := range []struct {
		name     string
		chip     chip
		unlocked int
		says     []string // nil: no error
	}{
		{"open", chip{blocks: make([]bool, 4)}, 0, nil},
		{"all locked", chip{blocks: []bool{true, true, true}}, 1, nil},
		{"the last block locked", chip{blocks: []bool{false, false, true}}, 1, nil},
		{"no locks", chip{blocks: []bool{true}, ask: unix.EOPNOTSUPP}, 0, nil},
		{"no such request", chip{blocks: []bool{true}, ask: unix.ENOTTY}, 0, nil},
		{"a chip that fails", chip{blocks: []bool{true}, ask: unix.EIO}, 0, []string{"erase block 0", "input/output error"}},
		{"write protected", chip{blocks: []bool{false, true}, refuses: unix.EROFS}, 1, []string{"from erase block 1", "read-only", "WP#"}},
		{"stays locked", chip{blocks: []bool{true}, stubborn: true}, 1, []string{"from erase block 0", "stays so", "WP#"}},
		{"unlocks, and says no", chip{blocks: []bool{false, false}, refuses: unix.EIO}, 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := unlockAll(&test.chip, len(test.chip.blocks))
			if test.chip.unlocked != test.unlocked {
				t.Errorf("%d times unlocked, want %d", test.chip.unlocked, test.unlocked)
			}
			if (err != nil) != (test.says != nil) {
				t.Fatalf("error %v", err)
			}
			for _, say := range test.says {
				if !strings.Contains(err.Error(), say) {
					t.Errorf("%q is not in %q", say, err)
				}
			}
			if err == nil && test.chip.ask == nil && slices.Contains(test.chip.blocks, true) {
				t.Error("a block is still locked")
			}
			if test.chip.ask == unix.EIO && !errors.Is(err, unix.EIO) {
				t.Errorf("%v does not wrap what the chip said", err)
			}
		})
	}
}
