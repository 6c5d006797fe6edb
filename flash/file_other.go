//go:build !linux

package flash

import (
	"errors"

	"chainroot/rawfile"
)

// dropCache does nothing: other systems than Linux hold images, not flash.
func dropCache(*rawfile.File, int64) error { return nil }

func isReadOnly(*rawfile.File) bool { return false }

func openChar(*rawfile.File, *Options) (Device, error) {
	return nil, errors.New("MTD partitions and UBI volumes are known on Linux only")
}

func explain(err error) error { return err }
