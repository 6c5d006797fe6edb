package mount

import (
	"encoding/binary"
	"io/fs"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Names returns the names of what is in a directory, sorted. os.ReadDir would make a
// structure of each, by what a boot needs for nothing else.
func Names(dir string) ([]string, error) {
	names, err := list(dir)
	slices.Sort(names)
	return names, err
}

// list returns the names of what is in a directory, as they come.
func list(dir string) ([]string, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: err} // of which little code is run
	}
	defer unix.Close(fd)
	names, err := namesIn(fd)
	if err != nil {
		return nil, &fs.PathError{Op: "readdirent", Path: dir, Err: err}
	}
	return names, nil
}

// namesIn returns the names of what is in the directory of fd, with what was read
// before an error.
func namesIn(fd int) ([]string, error) {
	var names []string
	b := make([]byte, 4<<10)
	for {
		n, err := unix.Getdents(fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return names, err
		}
		for entries := b[:n]; len(entries) > 0; {
			// struct linux_dirent64 of getdents(2).
			length := binary.NativeEndian.Uint16(entries[unsafe.Offsetof(unix.Dirent{}.Reclen):])
			name := unix.ByteSliceToString(entries[unsafe.Offsetof(unix.Dirent{}.Name):length])
			if name != "." && name != ".." {
				names = append(names, name)
			}
			entries = entries[length:]
		}
	}
}
