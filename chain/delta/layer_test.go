package delta_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"chainroot/chain/delta"
)

// piece is an entry of a tar that somebody has made.
type piece struct {
	name, content string
	typ           byte
	link          string
}

func aFile(name, content string) piece { return piece{name, content, tar.TypeReg, ""} }
func aDir(name string) piece           { return piece{name, "", tar.TypeDir, ""} }
func aLink(name, to string) piece      { return piece{name, "", tar.TypeLink, to} }
func aSymlink(name, to string) piece   { return piece{name, "", tar.TypeSymlink, to} }

// layerOf makes a tar of members.
func layerOf(t *testing.T, members ...piece) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Typeflag: m.typ, Linkname: m.link, Mode: 0o640, Uid: 7, Gid: 8, Size: int64(len(m.content)), ModTime: time.Unix(1000, 0)}
		must(t, w.WriteHeader(h))
		if m.content != "" {
			_, err := io.WriteString(w, m.content)
			must(t, err)
		}
	}
	must(t, w.Close())
	return b.Bytes()
}

// membersOf lists a tar, a word for each entry.
func membersOf(t *testing.T, b []byte) string {
	t.Helper()
	var list []string
	for r := tar.NewReader(bytes.NewReader(b)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return strings.Join(list, " ")
		}
		must(t, err)
		word := h.Name
		switch h.Typeflag {
		case tar.TypeReg:
			content, err := io.ReadAll(r)
			must(t, err)
			word += "=" + string(content)
		case tar.TypeChar:
			word += fmt.Sprintf("(%d,%d)", h.Devmajor, h.Devminor)
		case tar.TypeLink, tar.TypeSymlink:
			word += "->" + h.Linkname
		}
		if h.PAXRecords["SCHILY.xattr.trusted.overlay.opaque"] == "y" {
			word += "!"
		}
		list = append(list, word)
	}
}

func TestLayer(t *testing.T) {
	for _, c := range []struct {
		name    string
		members []piece
		want    string
	}{
		{"in order", []piece{aDir("etc/"), aFile("etc/a", "1"), aSymlink("etc/b", "a")}, "etc/ etc/a=1 etc/b->a"},
		{"with ./", []piece{aDir("./"), aDir("./etc/"), aFile("./etc/a", "1")}, "etc/ etc/a=1"},
		{"without directories", []piece{aFile("usr/lib/x/a", "1")}, "usr/ usr/lib/ usr/lib/x/ usr/lib/x/a=1"},
		{"a directory behind what is in it", []piece{aFile("etc/a", "1"), aDir("etc/")}, "etc/ etc/a=1"},
		{"not sorted", []piece{aFile("b", "2"), aFile("a", "1")}, "a=1 b=2"},
		{"twice", []piece{aFile("a", "1"), aFile("a", "2")}, "a=2"},
		{"a hard link", []piece{aFile("b", "1"), aLink("a", "b")}, "a=1 b->a"},
		{"a hard link to itself", []piece{aFile("a", "1"), aLink("a", "a")}, "a=1"},
		{"a whiteout", []piece{aDir("etc/"), aFile("etc/.wh.gone", "")}, "etc/ etc/gone(0,0)"},
		{"a whiteout without its directory", []piece{aFile("etc/.wh.gone", "")}, "etc/ etc/gone(0,0)"},
		{"a whiteout at the top", []piece{aFile(".wh.gone", "")}, "gone(0,0)"},
		{"a whiteout with content", []piece{aFile(".wh.gone", "why"), aFile("z", "1")}, "gone(0,0) z=1"},
		{"a whiteout before a file of that name", []piece{aFile(".wh.a", ""), aFile("a", "1")}, "a=1"},
		{"a whiteout behind it", []piece{aFile("a", "1"), aFile(".wh.a", "")}, "a=1"},
		{"a whiteout before a directory of that name", []piece{aFile(".wh.d", ""), aDir("d/"), aFile("d/a", "1")}, "d/! d/a=1"},
		{"a whiteout behind it", []piece{aDir("d/"), aFile("d/a", "1"), aFile(".wh.d", "")}, "d/! d/a=1"},
		{"an opaque directory", []piece{aDir("d/"), aFile("d/.wh..wh..opq", ""), aFile("d/a", "1")}, "d/! d/a=1"},
		{"an opaque directory that comes later", []piece{aFile("d/.wh..wh..opq", ""), aDir("d/")}, "d/!"},
		{"what is AUFS' own", []piece{aDir(".wh..wh.plnk/"), aFile(".wh..wh.aufs", ""), aFile("a", "1")}, "a=1"},
		{"a name that only looks like it", []piece{aFile("a.wh.b", "1")}, "a.wh.b=1"},
		{"an overlay's whiteout", []piece{{"gone", "", tar.TypeChar, ""}}, "gone(0,0)"},
	} {
		var b bytes.Buffer
		stats, err := delta.Layer(&b, bytes.NewReader(layerOf(t, c.members...)), nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := membersOf(t, b.Bytes()); got != c.want || stats.Bytes != int64(b.Len()) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		// It is what Replay takes, and what Repack leaves as it is.
		var again bytes.Buffer
		if _, err := delta.Repack(&again, bytes.NewReader(b.Bytes()), ""); err != nil || !bytes.Equal(again.Bytes(), b.Bytes()) {
			t.Errorf("%s: it is no tar of an upper directory: %v", c.name, err)
		}
	}
}

func TestLayerRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		members []piece
	}{
		{"all is opaque", []piece{aFile(".wh..wh..opq", "")}},
		{"outside", []piece{aFile("../a", "1")}},
		{"absolute", []piece{aFile("/etc/a", "1")}},
		{"in a file", []piece{aFile("a", "1"), aFile("a/b", "1")}},
		{"through a link", []piece{aSymlink("a", "/etc"), aFile("a/b", "1")}},
		{"a link to nothing", []piece{aLink("a", "b")}},
		{"a link to a directory", []piece{aDir("d/"), aLink("a", "d")}},
		{"a link to a whiteout", []piece{aFile(".wh.b", ""), aLink("a", "b")}},
		{"a whiteout of ..", []piece{aFile(".wh...", "")}},
		{"a whiteout of nothing", []piece{aFile(".wh.", "")}},
		{"a root that is a file", []piece{aSymlink("./", "x")}},
	} {
		if _, err := delta.Layer(io.Discard, bytes.NewReader(layerOf(t, c.members...)), nil); !errors.Is(err, delta.ErrHostile) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := delta.Layer(io.Discard, strings.NewReader(strings.Repeat("no tar", 1000)), nil); !errors.Is(err, delta.ErrFormat) {
		t.Errorf("no tar: %v", err)
	}
}

// Whose the files are, and the directories that the tar leaves out.
func TestLayerOwner(t *testing.T) {
	for _, c := range []struct {
		owner *delta.Owner
		want  string
	}{
		{nil, "etc/ 7:8 755 etc/a 7:8 640"},
		{&delta.Owner{UID: 0, GID: 100}, "etc/ 0:100 755 etc/a 0:100 640"},
	} {
		var b bytes.Buffer
		_, err := delta.Layer(&b, bytes.NewReader(layerOf(t, aFile("etc/a", "1"))), c.owner)
		must(t, err)
		var list []string
		for r := tar.NewReader(&b); ; {
			h, err := r.Next()
			if err == io.EOF {
				break
			}
			must(t, err)
			list = append(list, fmt.Sprintf("%s %d:%d %o", h.Name, h.Uid, h.Gid, h.Mode))
			if h.ModTime.Unix() != 1000 {
				t.Errorf("%s is of %v", h.Name, h.ModTime)
			}
		}
		if got := strings.Join(list, " "); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
