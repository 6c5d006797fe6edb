package flash

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"chainroot/rawfile"
)

// mtdMajor is the major number of MTD character devices, from
// Documentation/admin-guide/devices.txt of the kernel. That of UBI is another
// at each boot: sysfs tells what such a device is.
const mtdMajor = 90

// openChar makes a Device of a character device: an MTD partition or a UBI
// volume.
func openChar(f *rawfile.File, o *Options) (Device, error) {
	var st unix.Stat_t
	if err := unix.Fstat(f.Fd(), &st); err != nil {
		return nil, err
	}
	major, minor := unix.Major(uint64(st.Rdev)), unix.Minor(uint64(st.Rdev))
	sysfs := "/sys/dev/char/" + strconv.Itoa(int(major)) + ":" + strconv.Itoa(int(minor))
	switch {
	case major == mtdMajor:
		return openMTD(f, sysfs, o)
	case there(sysfs + "/reserved_ebs"):
		return openUBI(f, sysfs, o)
	case there(sysfs + "/volumes_count"):
		return nil, fmt.Errorf("it is a UBI device, the chain is kept in a volume of one, such as %s_0", f.Name())
	}
	return nil, errors.New("neither an MTD partition, a UBI volume, a block device nor a file")
}

func there(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// explain adds to an error of opening a device what can be done about it.
func explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: is that its name, and does the kernel have its driver?", err)
	case errors.Is(err, unix.ENXIO), errors.Is(err, unix.ENODEV):
		return fmt.Errorf("%w: the kernel has no driver for it", err)
	case errors.Is(err, unix.EBUSY):
		return fmt.Errorf("%w: a mounted file system or another program has it", err)
	case errors.Is(err, unix.EROFS):
		return fmt.Errorf("%w: it lies on a file system, or a medium, that takes no writes", err)
	case errors.Is(err, unix.EACCES) && os.Geteuid() == 0:
		return fmt.Errorf("%w: %w", err, errReadOnlyPartition)
	case errors.Is(err, unix.EACCES):
		return fmt.Errorf("%w: it takes root", err)
	}
	return err
}
