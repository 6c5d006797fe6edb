package delta_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"chainroot/chain/delta"
)

// A Replayer does with many tars what Replay does with each: whatever one has left of
// the upper directory and of what was known of it, the next starts from there.
func TestReplayer(t *testing.T) {
	root := tmpfs(t, "size=256m")
	mkdir(t, root, "old/dir/sub", "new")
	old, upper := filepath.Join(root, "old"), filepath.Join(root, "new")
	everything(t, upper)
	setxattr(t, old, "system.posix_acl_default", getxattr(filepath.Join(upper, "dir"), "system.posix_acl_default"))
	must(t, os.Chown(filepath.Join(old, "dir"), 7, 7))
	tars := [][]byte{
		pack(t, old, nil),
		// The same path, under other owners and modes: nothing of that may be taken over.
		build(t, member{typ: dir, name: "a/"}, member{typ: reg, name: "a/x", data: "1"}),
		build(t, member{typ: dir, name: "a/", pax: map[string]string{"uid": "7", "gid": "8"}}, member{typ: reg, name: "a/x", data: "2"}, member{typ: reg, name: "a/y", data: "2"}),
		pack(t, upper, nil),
		pack(t, old, nil),
		build(t, member{typ: char, name: "a"}),
		build(t, member{typ: dir, name: "./"}, member{typ: dir, name: "a/"}, member{typ: reg, name: "a/z", data: "3"}),
	}
	one, many := filepath.Join(root, "one"), filepath.Join(root, "many")
	mkdir(t, root, "one", "many")
	for _, dir := range []string{one, many} {
		setTime(t, dir, 5, 6)
	}
	p, err := delta.NewReplayer(many)
	must(t, err)
	defer p.Close()
	for i, b := range tars {
		want, err := delta.Replay(bytes.NewReader(b), one)
		must(t, err)
		got, err := p.Replay(bytes.NewReader(b))
		must(t, err)
		if got != want {
			t.Errorf("tar %d: %+v, want %+v", i, got, want)
		}
		same(t, "what was replayed", one, many, true)
	}
	if _, err := delta.NewReplayer(filepath.Join(root, "nothing")); !os.IsNotExist(err) && err == nil {
		t.Error("an upper directory that is not there is no error")
	}
}

// What a tar puts into an upper directory with a default ACL does not inherit it, and
// the directory has it afterwards.
func TestDefaultACLOfTheRoot(t *testing.T) {
	root := tmpfs(t, "size=64m")
	mkdir(t, root, "source", "plain", "acl")
	everything(t, filepath.Join(root, "source"))
	acl := getxattr(filepath.Join(root, "source/dir"), "system.posix_acl_default")
	plain, with := filepath.Join(root, "plain"), filepath.Join(root, "acl")
	setxattr(t, with, "system.posix_acl_default", acl)
	b := build(t, member{typ: dir, name: "a/"}, member{typ: reg, name: "a/x", data: "1"}, member{typ: reg, name: "b", data: "2"})
	for _, dir := range []string{plain, with} {
		p, err := delta.NewReplayer(dir)
		must(t, err)
		defer p.Close()
		for range 2 {
			_, err = p.Replay(bytes.NewReader(b))
			must(t, err)
		}
	}
	if got := getxattr(with, "system.posix_acl_default"); got != acl || acl == "" {
		t.Errorf("the default ACL is %q afterwards, was %q", got, acl)
	}
	want, got := list(t, plain, true), list(t, with, true)
	delete(want, ".")
	delete(got, ".")
	if d := differences(want, got); d != "" {
		t.Error(d)
	}
}
