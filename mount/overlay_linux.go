package mount

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Overlay is one overlay file system. Upper and Work are empty for one that
// cannot be written to.
type Overlay struct {
	Source string   // the name it gets in /proc/mounts
	Lower  []string // the topmost first
	Upper  string
	Work   string
}

// features are switched off in every overlay, because with them an upper
// directory means something only on the stack it was written on: it would then
// hold names and handles of lower files instead of the files. The kernel lists
// those that it knows among the parameters of the module.
// See Documentation/filesystems/overlayfs.rst.
var features = []struct{ parameter, option string }{
	{"redirect_dir", "redirect_dir=off"},
	{"metacopy", "metacopy=off"},
	{"index", "index=off"},
	{"xino_auto", "xino=off"},
}

// Mount mounts the overlay on dir. sysfs is where sysfs is mounted. The error
// wraps unix.ENODEV when the kernel has no overlay file system.
func (o *Overlay) Mount(dir, sysfs string) error {
	err := Device(o.Source, dir, "overlay", 0, o.data(all()))
	if !errors.Is(err, unix.EINVAL) {
		return err
	}
	// An old kernel does not know one of them, and one that is built without one
	// may still list it.
	for _, options := range [][]string{known(sysfs), nil} {
		if Device(o.Source, dir, "overlay", 0, o.data(options)) == nil {
			return nil
		}
	}
	return err
}

func (o *Overlay) data(options []string) string {
	data := "lowerdir="
	for i, dir := range o.Lower {
		if i > 0 {
			data += ":"
		}
		data += dir
	}
	if o.Upper != "" {
		data += ",upperdir=" + o.Upper + ",workdir=" + o.Work
	}
	for _, option := range options {
		data += "," + option
	}
	return data
}

// all returns the options that switch off all features.
func all() []string {
	var options []string
	for _, f := range features {
		options = append(options, f.option)
	}
	return options
}

// known returns the options that switch off those features that the kernel
// lists.
func known(sysfs string) []string {
	var options []string
	for _, f := range features {
		if _, err := os.Stat(sysfs + "/module/overlay/parameters/" + f.parameter); err == nil {
			options = append(options, f.option)
		}
	}
	return options
}
