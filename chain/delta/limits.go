package delta

// Limits, in bytes unless said otherwise. The reader checks them before it
// allocates anything, the writer before it writes, so what Pack writes is
// always read again.
const (
	MaxName      = 255       // one component of a path, NAME_MAX
	MaxPath      = 32 << 10  // a whole path, eight times PATH_MAX
	MaxLink      = 4095      // the target of a symbolic link, PATH_MAX - 1
	MaxPAX       = 4 << 20   // the PAX records of one entry
	MaxXattrName = 255       // XATTR_NAME_MAX
	MaxXattr     = 64 << 10  // the value of an extended attribute, XATTR_SIZE_MAX
	MaxSize      = 1 << 62   // a file; blocks and offsets then cannot overflow
	MaxRuns      = 128 << 10 // data runs of a sparse file, a number
	MaxID        = 1<<32 - 2 // user and group; 2^32-1 means "leave as it is" to chown
	MaxMajor     = 1<<12 - 1 // device numbers as Linux encodes them
	MaxMinor     = 1<<20 - 1
	MaxTrailer   = 4 << 20   // zeros after the end mark; GNU tar fills a record, 10 KiB by default
	MaxPattern   = 16 << 10  // a line of an exclude file
	MaxRepack    = 256 << 20 // content of files that Repack keeps in memory
)
