//go:build !linux

package flash

import (
	"errors"
	"os"
)

// dropCache does nothing: other systems than Linux hold images, not flash.
func dropCache(*os.File) error { return nil }

func openMTD(*os.File, *Options) (Device, error) {
	return nil, errors.New("MTD devices are known on Linux only")
}
