package mount

import (
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"
)

// Names returns the names of what is in a directory, sorted. os.ReadDir would make a
// structure of each, by what a boot needs for nothing else.
func Names(dir string) ([]string, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: dir, Err: err} // of which little code is run
	}
	defer unix.Close(fd)
	names, err := namesIn(fd)
	if err != nil {
		return nil, &fs.PathError{Op: "readdirent", Path: dir, Err: err}
	}
	slices.Sort(names)
	return names, nil
}

// namesIn returns the names of what is in the directory of fd, as they come, with
// what was read before an error.
func namesIn(fd int) ([]string, error) {
	var names []string
	b := make([]byte, 4<<10)
	for {
		n, err := unix.ReadDirent(fd, b)
		if err == unix.EINTR {
			continue
		}
		if err != nil || n == 0 {
			return names, err
		}
		_, _, names = unix.ParseDirent(b[:n], -1, names)
	}
}
