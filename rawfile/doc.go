// Package rawfile opens, reads and writes files by the system calls alone. os.Open
// would make an os.File of each and ask the kernel whether it can be polled: more
// code at each step, all of it run once, by what a boot needs for nothing else. What
// of package os is missed otherwise is here: a signal that interrupts a call is no
// failure, exec closes what was opened, and an error names the file.
//
// Read rawfile.go, then file.go; other.go is for systems that are no Unix.
package rawfile
