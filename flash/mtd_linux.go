package flash

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// mtdMajor is the major number of MTD character devices, from
// Documentation/admin-guide/devices.txt of the kernel.
const mtdMajor = 90

// openMTD makes a Device of an MTD character device. The numbers come from
// MEMGETINFO and, where that has only 32 bits for them, from sysfs
// (Documentation/ABI/testing/sysfs-class-mtd of the kernel).
func openMTD(f *os.File, o *Options) (Device, error) {
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return nil, err
	}
	if unix.Major(uint64(st.Rdev)) != mtdMajor {
		return nil, errors.New("not an MTD device, a block device or a file")
	}
	d := &mtd{node: node{f: f, readOnly: o.ReadOnly}}
	var info unix.MtdInfo
	if err := d.ioctl(unix.MEMGETINFO, unsafe.Pointer(&info)); err != nil {
		return nil, fmt.Errorf("cannot ask for the size: %w", err)
	}
	size := int64(info.Size)
	if n, err := sysfsInt(fmt.Sprintf("/sys/dev/char/%d:%d/size", mtdMajor, unix.Minor(uint64(st.Rdev)))); err == nil {
		size = n
	}
	d.nand = info.Type == unix.MTD_NANDFLASH || info.Type == unix.MTD_MLCNANDFLASH
	d.g = Geometry{Size: size, EraseSize: int(info.Erasesize), WriteSize: max(int(info.Writesize), 1)}
	if e := int64(d.g.EraseSize); e > 0 && size >= e {
		d.g.Size -= size % e
	}
	if err := d.g.Check(); err != nil {
		return nil, err
	}
	if o.EraseSize != 0 && o.EraseSize != d.g.EraseSize || o.WriteSize != 0 && o.WriteSize != d.g.WriteSize {
		return nil, fmt.Errorf("%w: the device has erase blocks of %d bytes and write units of %d", ErrGeometry, d.g.EraseSize, d.g.WriteSize)
	}
	if !o.ReadOnly && info.Flags&unix.MTD_WRITEABLE == 0 {
		return nil, errors.New("the partition is read-only")
	}
	return d, nil
}

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
	if err := checkBlock(d.g, block); err != nil {
		return false, err
	}
	if !d.nand {
		return false, nil
	}
	bad, err := d.ask(unix.MEMGETBADBLOCK, d.offset(block))
	return bad > 0, err
}

func (d *mtd) MarkBad(block int) error {
	if err := d.mayErase(block); err != nil {
		return err
	}
	_, err := d.ask(unix.MEMSETBADBLOCK, d.offset(block))
	return err
}

// Sync lets the driver write what it holds back (block2mtd leaves it to the
// page cache of the disk): the kernel asks it to when a descriptor that was
// open for writing is closed.
func (d *mtd) Sync() error {
	if d.readOnly {
		return nil
	}
	f, err := os.OpenFile(d.f.Name(), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

func (d *mtd) offset(block int) int64 { return int64(block) * int64(d.g.EraseSize) }

func (d *mtd) ioctl(request uint, arg unsafe.Pointer) error {
	_, err := d.call(request, arg)
	return err
}

// ask is an ioctl whose argument is an offset and whose result is a number.
func (d *mtd) ask(request uint, off int64) (int, error) {
	return d.call(request, unsafe.Pointer(&off))
}

// call is an ioctl that is made again when a signal came in between.
func (d *mtd) call(request uint, arg unsafe.Pointer) (int, error) {
	for {
		r, _, errno := unix.Syscall(unix.SYS_IOCTL, d.f.Fd(), uintptr(request), uintptr(arg))
		switch errno {
		case 0:
			return int(r), nil
		case unix.EINTR:
			continue
		}
		return 0, errno
	}
}

// sysfsInt reads a file of sysfs that holds one decimal number.
func sysfsInt(path string) (int64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
}
