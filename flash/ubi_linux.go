package flash

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"chainroot/rawfile"
)

// setVolProp is struct ubi_set_vol_prop_req of the kernel's
// include/uapi/mtd/ubi-user.h.
type setVolProp struct {
	property uint8
	_        [7]byte
	value    uint64
}

// directWrite is UBI_VOL_PROP_DIRECT_WRITE: whether write(2) programs what is
// erased, as on any flash.
const directWrite = 1

// openUBI makes a Device of a UBI volume: an erase block is a logical one, a
// write unit the least that UBI writes. The numbers are those of
// Documentation/ABI/stable/sysfs-class-ubi of the kernel; sysfs is the directory
// of the volume there, its parent that of the UBI device.
func openUBI(f *rawfile.File, sysfs string, o *Options) (Device, error) {
	d := &ubi{node{f: f, readOnly: o.ReadOnly}}
	n := map[string]int64{}
	for _, name := range []string{"reserved_ebs", "usable_eb_size", "upd_marker", "corrupted", "../min_io_size", "../ro_mode"} {
		var err error
		if n[name], err = sysfsInt(sysfs + "/" + name); err != nil {
			return nil, fmt.Errorf("cannot ask for the shape of the UBI volume: %w", err)
		}
	}
	kind, err := sysfsText(sysfs + "/type")
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot ask for the type of the UBI volume: %w", err)
	case kind != "dynamic":
		return nil, fmt.Errorf("it is a %s UBI volume, which is only ever written as a whole: make a dynamic one", kind)
	case n["upd_marker"] != 0 || n["corrupted"] != 0:
		return nil, errors.New("the UBI volume was not written to its end: `ubiupdatevol` writes it again, `ubiupdatevol -t` empties it")
	case n["../ro_mode"] != 0 && !o.ReadOnly:
		return nil, errors.New("UBI has made its device read-only, after an error or for a read-only partition: the kernel's log says why")
	}
	d.g = Geometry{EraseSize: int(n["usable_eb_size"]), WriteSize: int(n["../min_io_size"])}
	d.g.Size = n["reserved_ebs"] * int64(d.g.EraseSize)
	if err := d.g.own(o); err != nil {
		return nil, err
	}
	if !o.ReadOnly {
		p := setVolProp{property: directWrite, value: 1}
		if err := d.ioctl(unix.UBI_IOCSETVOLPROP, unsafe.Pointer(&p)); err != nil {
			return nil, fmt.Errorf("cannot let the UBI volume be written in place: %w", err)
		}
	}
	return d, nil
}

// ubi is a UBI volume as a Device. Its writes are synchronous; in place of a bad
// block of the flash UBI puts another.
type ubi struct{ node }

// Erase returns when the flash behind the block is erased. The quicker way,
// UBI_IOCEBUNMAP, leaves that for later: after a power cut the block could have
// its old content again.
func (d *ubi) Erase(block int) error {
	if err := d.mayErase(block); err != nil {
		return err
	}
	number := int32(block)
	return d.ioctl(unix.UBI_IOCEBER, unsafe.Pointer(&number))
}

// Sync lets the driver below UBI write what it holds back.
func (d *ubi) Sync() error {
	if d.readOnly {
		return nil
	}
	return d.f.Sync()
}
