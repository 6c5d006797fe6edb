package mount

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
	data := o.data(known(sysfs))
	err := Device(o.Source, dir, "overlay", 0, data)
	if plain := o.data(nil); errors.Is(err, unix.EINVAL) && plain != data {
		// A kernel that is built without one of them may still list it.
		if Device(o.Source, dir, "overlay", 0, plain) == nil {
			return nil
		}
	}
	return err
}

func (o *Overlay) data(options []string) string {
	all := []string{"lowerdir=" + strings.Join(o.Lower, ":")}
	if o.Upper != "" {
		all = append(all, "upperdir="+o.Upper, "workdir="+o.Work)
	}
	return strings.Join(append(all, options...), ",")
}

// known returns the options that switch off those features that the kernel
// has. Without the list of parameters all are asked for.
func known(sysfs string) []string {
	var options []string
	parameters := filepath.Join(sysfs, "module/overlay/parameters")
	_, err := os.Stat(parameters)
	for _, f := range features {
		if err == nil {
			if _, err := os.Stat(filepath.Join(parameters, f.parameter)); errors.Is(err, fs.ErrNotExist) {
				continue
			}
		}
		options = append(options, f.option)
	}
	return options
}
