package memory

import (
	"runtime/debug"

	"golang.org/x/sys/unix"
)

// Limits on what this process may take before the collector runs after all, in bytes.
// A replay holds on to some 3 MiB, and throws away about 1 KiB for each file.
const (
	least = 8 << 20
	most  = 64 << 20
	share = 8 // of the memory that is free
)

// Boot switches the collector off for as long as this process takes no more than an
// eighth of the memory that is free, 8 MiB at least and 64 MiB at the most. From there
// on it keeps to that as well as it can, at the price of time.
func Boot() {
	var info unix.Sysinfo_t
	free := uint64(0)
	if unix.Sysinfo(&info) == nil {
		free = uint64(info.Freeram) * uint64(max(info.Unit, 1))
	}
	debug.SetMemoryLimit(limit(free))
	debug.SetGCPercent(-1)
}

func limit(free uint64) int64 { return int64(min(max(free/share, least), most)) }
