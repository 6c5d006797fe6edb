package delta

import (
	"fmt"
	"strings"
)

// entry is one member of a tar.
type entry struct {
	path string // without "./" in front and "/" at the end; empty: the root
	kind
	Attr
	marks
	link         string // a symbolic link's target, a hard link's path
	major, minor uint32
	size         int64 // of a regular file, holes included
	runs         []run // where its data stands; what lies between is zeros
}

// apply takes up one PAX record. An empty value means what the header says.
func (e *entry) apply(h *header, s *sparseHeader, key, value string) error {
	if name, ok := strings.CutPrefix(key, paxXattr); ok {
		return e.addXattr(xattrName.Replace(name), value)
	}
	if strings.HasPrefix(key, paxSparse) {
		return s.apply(key, value)
	}
	if value == "" {
		return nil
	}
	var err error
	switch key {
	case paxPath:
		e.path = value
	case paxLink:
		e.link = value
	case paxSize:
		h.size, err = parseNumber(key, []byte(value))
	case paxUID:
		h.uid, err = parseNumber(key, []byte(value))
	case paxGID:
		h.gid, err = parseNumber(key, []byte(value))
	case paxTime:
		e.Sec, e.Nsec, err = parseTime([]byte(value))
	case "RHT.security.selinux": // GNU tar --selinux
		err = e.addXattr("security.selinux", value)
	case "hdrcharset":
		if value != "BINARY" && value != "ISO-IR 10646 2000 UTF-8" {
			err = fmt.Errorf("%w: names in %.40q", ErrFormat, value)
		}
	default:
		err = fmt.Errorf("%w: the PAX key %.40q is unknown", ErrFormat, key)
	}
	return err
}

// addXattr takes up an extended attribute, or what overlayfs means by it.
func (e *entry) addXattr(name, value string) error {
	switch {
	case name == "" || len(name) > MaxXattrName || strings.IndexByte(name, 0) >= 0:
		return hostile(e.path, "has an extended attribute with an impossible name")
	case len(value) > MaxXattr:
		return hostile(e.path, "has an extended attribute of %d bytes", len(value))
	case isPrivate(name):
		e.note(name, value)
	default:
		e.Xattrs = append(e.Xattrs, Xattr{name, value})
	}
	return nil
}

// setKind finds out what an entry is, and takes the decoration off its path.
func (e *entry) setKind(h *header) error {
	switch h.typ {
	case typeRegular, 0, typeContiguous:
		e.kind = regular
		if strings.HasSuffix(e.path, "/") { // how tar said "directory" before POSIX
			e.kind = directory
		}
	case typeLink:
		e.kind = hardLink
	case typeSymlink:
		e.kind = symlink
	case typeChar:
		e.kind = charDevice
	case typeBlock:
		e.kind = blockDevice
	case typeDirectory:
		e.kind = directory
	case typeFIFO:
		e.kind = fifo
	default:
		hint := ""
		if h.typ == 'S' {
			hint = ": a sparse file as GNU tar has it without --format=posix"
		}
		return fmt.Errorf("%w: entry %s has type %q%s", ErrFormat, quote(e.path), h.typ, hint)
	}
	if e.kind == charDevice || e.kind == blockDevice {
		if h.major < 0 || h.major > MaxMajor || h.minor < 0 || h.minor > MaxMinor {
			return hostile(e.path, "has the impossible device number %d:%d", h.major, h.minor)
		}
		e.major, e.minor = uint32(h.major), uint32(h.minor)
		if e.kind == charDevice && e.major == 0 && e.minor == 0 {
			e.kind = whiteout
		}
	}
	if e.path == "" {
		return hostile("", "has no name")
	}
	e.path = cleanPath(e.path, e.kind == directory)
	if e.kind == hardLink {
		e.link = cleanPath(e.link, false)
	} else if e.kind != symlink {
		e.link = ""
	}
	return nil
}

// cleanPath takes off a leading "./" and, of a directory, one "/" at the end.
// "." and "./" are the root.
func cleanPath(path string, dir bool) string {
	if dir {
		if path == "." || path == "./" {
			return ""
		}
		if len(path) > 1 {
			path = strings.TrimSuffix(path, "/")
		}
	}
	if len(path) > 2 {
		path = strings.TrimPrefix(path, "./")
	}
	return path
}
