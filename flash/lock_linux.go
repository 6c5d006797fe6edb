package flash

import (
	"errors"
	"fmt"
	"math"
	"unsafe"

	"golang.org/x/sys/unix"
)

// locker is a chip whose blocks can be locked, by number.
type locker interface {
	// locked reports whether a block is locked.
	locked(block int) (bool, error)
	// unlock unlocks n blocks from the first on.
	unlock(n int) error
}

// unlockAll unlocks a chip that has a locked block. The error says what is left
// to try when it stays locked; a chip that knows no locks is none of those.
func unlockAll(l locker, blocks int) error {
	block, err := firstLocked(l, blocks)
	if block < 0 || err != nil {
		return err
	}
	refused := l.unlock(blocks)
	if block, err = firstLocked(l, blocks); block < 0 || err != nil {
		return err
	}
	const way = "release its write protection (the WP# pin, or the lock that the boot loader sets)"
	if refused != nil {
		return fmt.Errorf("the chip is locked from erase block %d on and cannot be unlocked (%w): %s", block, refused, way)
	}
	return fmt.Errorf("the chip is locked from erase block %d on and stays so: %s", block, way)
}

// firstLocked returns the first block that is locked, or -1.
func firstLocked(l locker, blocks int) (int, error) {
	for block := range blocks {
		locked, err := l.locked(block)
		switch {
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOTTY):
			return -1, nil // it has no locks, or none that can be asked for
		case err != nil:
			return 0, fmt.Errorf("cannot ask whether erase block %d is locked: %w", block, err)
		case locked:
			return block, nil
		}
	}
	return -1, nil
}

// lockable returns how many blocks the requests about locks can name: they have
// 32 bits for an offset, and chips with locks are smaller.
func (d *mtd) lockable() int {
	return int(min(d.g.Size, math.MaxUint32) / int64(d.g.EraseSize))
}

func (d *mtd) locked(block int) (bool, error) {
	e := unix.EraseInfo{Start: uint32(d.offset(block)), Length: uint32(d.g.EraseSize)}
	n, err := d.ask(unix.MEMISLOCKED, unsafe.Pointer(&e))
	return n > 0, err
}

func (d *mtd) unlock(n int) error {
	e := unix.EraseInfo{Length: uint32(n * d.g.EraseSize)}
	return d.ioctl(unix.MEMUNLOCK, unsafe.Pointer(&e))
}
