//go:build !linux

package flash

import (
	"errors"
	"os"
)

func openNode(name string, mode int) (*os.File, error) { return os.OpenFile(name, mode, 0) }

// dropCache does nothing: other systems than Linux hold images, not flash.
func dropCache(*os.File, int64) error { return nil }

func isReadOnly(*os.File) bool { return false }

func openChar(*os.File, *Options) (Device, error) {
	return nil, errors.New("MTD partitions and UBI volumes are known on Linux only")
}

func explain(err error) error { return err }
