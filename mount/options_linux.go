package mount

import "golang.org/x/sys/unix"

// Options parts an option list such as that of rootflags= into flags and data
// for Device, starting from flags.
func Options(list string, flags uintptr) (uintptr, string) {
	if list == "" {
		return flags, ""
	}
	return splitOptions(list, flags, map[string]option{
		"defaults":    {},
		"ro":          {set: unix.MS_RDONLY},
		"rw":          {clear: unix.MS_RDONLY},
		"nosuid":      {set: unix.MS_NOSUID},
		"suid":        {clear: unix.MS_NOSUID},
		"nodev":       {set: unix.MS_NODEV},
		"dev":         {clear: unix.MS_NODEV},
		"noexec":      {set: unix.MS_NOEXEC},
		"exec":        {clear: unix.MS_NOEXEC},
		"sync":        {set: unix.MS_SYNCHRONOUS},
		"async":       {clear: unix.MS_SYNCHRONOUS},
		"dirsync":     {set: unix.MS_DIRSYNC},
		"noatime":     {set: unix.MS_NOATIME},
		"atime":       {clear: unix.MS_NOATIME},
		"nodiratime":  {set: unix.MS_NODIRATIME},
		"relatime":    {set: unix.MS_RELATIME},
		"strictatime": {set: unix.MS_STRICTATIME},
		"lazytime":    {set: unix.MS_LAZYTIME},
		"silent":      {set: unix.MS_SILENT},
	})
}
