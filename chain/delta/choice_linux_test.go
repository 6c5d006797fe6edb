package delta_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/chain/delta"
)

// What is packed of a directory where only some of what is in it is kept.
func TestPackChosen(t *testing.T) {
	root := tmpfs(t, "size=64m")
	opaque := map[string]string{"SCHILY.xattr.trusted.overlay.opaque": "y"}
	c, oc := member{typ: dir, name: "c"}, member{typ: dir, name: "c", pax: opaque}
	keep, x := member{typ: reg, name: "c/keep", data: "1"}, member{typ: reg, name: "c/x", data: "1"}
	deep := []member{c, {typ: dir, name: "c/d"}, {typ: dir, name: "c/d/e"}, {typ: reg, name: "c/d/e/keep", data: "1"}}
	for _, test := range []struct {
		name        string
		include     string
		base, upper []member
		want        string
	}{
		{"nothing kept in it", "/c/keep", nil, []member{c, x}, ""},
		{"no directory for nothing", "keep", nil, []member{c, {typ: dir, name: "c/d"}, {typ: dir, name: "c/d/e"}}, ""},
		{"one file", "/c/keep", nil, []member{c, keep, x}, "c/ c/keep"},
		{"deep down", "keep", nil, append(deep, x), "c/ c/d/ c/d/e/ c/d/e/keep"},
		{"a directory kept whole", "/c/d/", nil, append(deep, x), "c/ c/d/ c/d/e/ c/d/e/keep"},
		{"the same as before", "/c/keep", []member{c, keep}, []member{c, keep, x}, ""},
		{"only the directory's attributes differ", "/c/keep", []member{{typ: dir, name: "c", pax: map[string]string{"mtime": "5"}}, keep}, []member{c, keep}, ""},
		{"changed", "/c/keep", []member{c, keep}, []member{c, {typ: reg, name: "c/keep", data: "2"}, x}, "c/ c/keep"},
		{"deleted", "/c/keep", []member{c, keep}, []member{c, x}, "c/ -c/keep"},
		{"deleted with the directory", "/c/keep", []member{c, keep}, nil, "-c"},
		{"what is not kept was in the chain", "/c/keep", []member{c, keep, x}, []member{c, keep}, ""},
		{"deleted in the firmware", "/c/keep", nil, []member{c, {typ: char, name: "c/keep"}, {typ: char, name: "c/x"}}, "c/ -c/keep"},
		{"the directory deleted in the firmware", "/c/keep", nil, []member{{typ: char, name: "c"}}, "-c"},
		{"the directory deleted, nothing kept in it", "/d/keep", nil, []member{{typ: char, name: "c"}}, ""},
		{"made anew, nothing kept in it", "/c/keep", nil, []member{oc, x}, ""},
		{"made anew", "/c/keep", nil, []member{oc, keep, x}, "c/! c/keep"},
		{"made anew over what is in the chain", "/c/keep", []member{c, keep}, []member{oc, x}, "c/!"},
		{"a directory in place of a file", "/c/keep", []member{{typ: reg, name: "c", data: "1"}}, []member{c}, "c/"},
	} {
		t.Run(test.name, func(t *testing.T) {
			choice := &delta.Choice{Include: patterns(t, test.include), Exclude: patterns(t, "/c/")}
			upper := replay(t, root, nil, build(t, test.upper...))
			o := &delta.PackOptions{Base: delta.NewTree(), Choose: choice.Choose}
			var err error
			o.Root, err = delta.ReadAttr(upper)
			must(t, err)
			must(t, o.Base.Add(bytes.NewReader(build(t, test.base...))))
			b := pack(t, upper, o)
			if got := names(t, b); got != test.want {
				t.Errorf("packed %q, want %q", got, test.want)
			}
			must(t, o.Base.Add(bytes.NewReader(b)))
			if again := names(t, pack(t, upper, o)); again != "" {
				t.Errorf("packed again: %q", again)
			}
		})
	}
}

// A mount in a directory that is looked into is left out, as everywhere.
func TestPackChosenMount(t *testing.T) {
	upper := tmpfs(t, "size=64m")
	mkdir(t, upper, "c/mnt")
	mount(t, "tmpfs", filepath.Join(upper, "c/mnt"), "tmpfs", "size=1m")
	write(t, filepath.Join(upper, "c/mnt/keep"), "")
	write(t, filepath.Join(upper, "c/keep"), "")
	must(t, unix.Mkfifo(filepath.Join(upper, "c/pipe"), 0o644))
	attr, err := delta.ReadAttr(upper)
	must(t, err)
	choice := &delta.Choice{Include: patterns(t, "keep"), Exclude: patterns(t, "c")}
	if got := names(t, pack(t, upper, &delta.PackOptions{Choose: choice.Choose, Root: attr})); got != "c/ c/keep" {
		t.Errorf("packed %q", got)
	}
	must(t, os.Remove(filepath.Join(upper, "c/keep")))
	attr, err = delta.ReadAttr(upper)
	must(t, err)
	if got := names(t, pack(t, upper, &delta.PackOptions{Choose: choice.Choose, Root: attr})); got != "" {
		t.Errorf("packed %q", got)
	}
}
