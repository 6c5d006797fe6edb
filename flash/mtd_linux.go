package flash

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"chainroot/rawfile"
)

// openMTD makes a Device of an MTD character device. The numbers come from
// MEMGETINFO and, where that has only 32 bits for them, from its directory in
// sysfs (Documentation/ABI/testing/sysfs-class-mtd of the kernel).
func openMTD(f *rawfile.File, sysfs string, o *Options) (Device, error) {
	d := &mtd{node: node{f: f, readOnly: o.ReadOnly}}
	var info unix.MtdInfo
	if err := d.ioctl(unix.MEMGETINFO, unsafe.Pointer(&info)); err != nil {
		return nil, fmt.Errorf("cannot ask for the size: %w", err)
	}
	size := int64(info.Size)
	if n, err := sysfsInt(sysfs + "/size"); err == nil {
		size = n
	}
	d.nand = info.Type == unix.MTD_NANDFLASH || info.Type == unix.MTD_MLCNANDFLASH
	d.g = Geometry{Size: size, EraseSize: int(info.Erasesize), WriteSize: max(int(info.Writesize), 1)}
	if e := int64(d.g.EraseSize); e > 0 && size >= e {
		d.g.Size -= size % e
	}
	if err := d.g.own(o); err != nil {
		return nil, err
	}
	if o.ReadOnly {
		return d, nil
	}
	if info.Flags&unix.MTD_WRITEABLE == 0 {
		return nil, errReadOnlyPartition
	}
	return d, unlockAll(d, d.lockable())
}

// errReadOnlyPartition is about flash that the unit itself declares so.
var errReadOnlyPartition = errors.New("the partition is read-only: its entry in the device tree (read-only) or in mtdparts= (ro) says so, or the node (mtdNro)")

// mtd is an MTD character device as a Device. Its writes are synchronous.
type mtd struct {
	node
	nand bool // has bad blocks
}

func (d *mtd) Erase(block int) error {
	if err := d.mayErase(block); err != nil {
		return err
	}
	e := unix.EraseInfo64{Start: uint64(d.offset(block)), Length: uint64(d.g.EraseSize)}
	return d.ioctl(unix.MEMERASE64, unsafe.Pointer(&e))
}

func (d *mtd) IsBad(block int) (bool, error) {
	if !d.nand || checkBlock(d.g, block) != nil {
		return d.node.IsBad(block)
	}
	off := d.offset(block)
	bad, err := d.ask(unix.MEMGETBADBLOCK, unsafe.Pointer(&off))
	return bad > 0, err
}

func (d *mtd) MarkBad(block int) error {
	if err := d.mayErase(block); err != nil {
		return err
	}
	off := d.offset(block)
	return d.ioctl(unix.MEMSETBADBLOCK, unsafe.Pointer(&off))
}

// Sync lets the driver write what it holds back (block2mtd leaves it to the
// page cache of the disk): the kernel asks it to when a descriptor that was
// open for writing is closed.
func (d *mtd) Sync() error {
	if d.readOnly {
		return nil
	}
	f, err := rawfile.OpenFile(d.f.Name(), os.O_RDWR)
	if err != nil {
		return err
	}
	return f.Close()
}
