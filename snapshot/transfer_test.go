package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pipe runs a command on the image with something at its standard input.
func (i *image) pipe(in []byte, args ...string) (out, errs string, code int) {
	i.t.Helper()
	var o, e bytes.Buffer
	c := &cli{in: bytes.NewReader(in), out: &o, errs: &e, root: "/nowhere", now: func() time.Time { return time.Unix(1_700_000_000, 0) }}
	code = c.main(append([]string{"--device", i.path}, args...))
	return o.String(), e.String(), code
}

// pushes makes a snapshot of each content of a file.
func (i *image) pushes(contents ...string) {
	i.t.Helper()
	for _, content := range contents {
		i.must("push", "--label", "number "+content, "--upper", i.upper("etc/a", content))
	}
}

// A chain goes by pipe from one image to others; those that were the same are again.
func TestExportImport(t *testing.T) {
	from := newImage(t, 1<<20)
	from.pushes("1", "2", "3")
	from.must("config", "--upper", from.upper("etc/b", "volatile"))
	all := from.must("export", "--all")
	file := filepath.Join(from.dir, "two")
	if out := from.must("export", "2", "-o", file); out != "Snapshot 2 (number 2) is in "+file+": "+bytesText(size(t, file))+".\n" {
		t.Errorf("export says %q", out)
	}

	to := newImage(t, 2<<20)
	out, errs, code := to.pipe([]byte(all), "import", "-")
	if code != 0 || !strings.HasPrefix(out, "Imported 4 entries: the next boot shows snapshot 3 and the volatile entry, where it was the bare firmware. State: ") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if to.must("id") != from.must("id") {
		t.Error("it is another state")
	}
	sum := to.sum()
	if out, _, code := to.pipe([]byte(all), "import", "-"); code != 0 || !strings.Contains(out, "has all of - already") || to.sum() != sum {
		t.Errorf("again: exit %d: %s", code, out)
	}

	to = newImage(t, 1<<20)
	if _, errs, code := to.run("import", file); code != exitState || !strings.Contains(errs, "--rebase") || !strings.Contains(errs, "nothing was touched") {
		t.Errorf("on the bare firmware: exit %d: %s", code, errs)
	}
	one := from.must("export", "1")
	if _, errs, code := to.pipe([]byte(one), "import", "-"); code != 0 {
		t.Errorf("exit %d: %s", code, errs)
	}
	to.must("import", file)
	if v := to.info(); len(v.Entries) != 2 || v.Entries[1].Label != "number 2" || v.Entries[1].Hash != from.info().Entries[1].Hash {
		t.Errorf("after the import: %+v", v.Entries)
	}

	to = newImage(t, 1<<20)
	to.pushes("other")
	to.must("config", "--upper", to.upper("etc/mine", "1"))
	if _, errs, code := to.run("import", file, "--rebase"); code != 0 {
		t.Errorf("rebase: exit %d: %s", code, errs)
	}
	if v := to.info(); len(v.Entries) != 3 || !v.Entries[2].Volatile || v.Entries[1].Label != "number 2" {
		t.Errorf("after the rebase: %+v", v.Entries)
	}
	to.must("verify")
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	st, err := os.Stat(path)
	must(t, err)
	return st.Size()
}

// What is no export, or not all of one, is refused with one sentence, and nothing is
// touched.
func TestImportRefuses(t *testing.T) {
	from := newImage(t, 1<<20)
	from.pushes("1")
	good := []byte(from.must("export", "1"))
	changed := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	newer := bytes.Clone(good)
	newer[9] = 9
	hostile := bytes.Buffer{}
	build(t, &hostile, "../etc/a", "x")

	to := newImage(t, 1<<20)
	to.pushes("x")
	sum := to.sum()
	for _, c := range []struct {
		name string
		file []byte
		code int
		says string
	}{
		{"nothing", nil, exitDamaged, "not an export"},
		{"something else", []byte("GIF89a, of a cat"), exitDamaged, "not an export"},
		{"truncated", good[:len(good)-1], exitDamaged, "ends in the midst"},
		{"half", good[:len(good)/2], exitDamaged, "ends in the midst"},
		{"a bit of the payload", changed(len(good) - 40), exitDamaged, "hash"},
		{"a bit of its end", changed(len(good) - 1), exitDamaged, "hash"},
		{"a bit of its head", changed(20), exitDamaged, "hash"},
		{"with more behind it", append(bytes.Clone(good), "more"...), exitDamaged, "more follows"},
		{"newer", newer, exitDamaged, "newer format"},
		{"another state", good, exitState, "does not follow on"},
	} {
		_, errs, code := to.pipe(c.file, "import", "-")
		if code != c.code || !strings.Contains(errs, c.says) || !strings.Contains(errs, "nothing was touched") ||
			strings.Count(errs, "\n") != 1 || !strings.HasPrefix(errs, "snapshot: cannot import -") {
			t.Errorf("%s: exit %d: %s", c.name, code, errs)
		}
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"import"}, exitUsage, "takes a file"},
		{[]string{"import", "/nowhere/file"}, exitDevice, "/nowhere/file"},
		{[]string{"import", from.dir}, exitFailed, "is a directory"},
		{[]string{"import", "a", "b"}, exitUsage, "at most 1"},
		{[]string{"export"}, exitUsage, "--all"},
		{[]string{"export", "1", "--all"}, exitUsage, "or --all"},
		{[]string{"export", "one"}, exitUsage, `"one"`},
		{[]string{"export", "7"}, exitState, "snapshot 7, the chain has 1"},
		{[]string{"export", "0"}, exitState, ""},
		{[]string{"export", "1", "-o", "/nowhere/file"}, exitFailed, "cannot write /nowhere/file"},
		{[]string{"pin"}, exitUsage, "snapshot list"},
		{[]string{"pin", "2"}, exitState, "snapshot 2"},
		{[]string{"pin", "-1"}, exitUsage, "-1"},
		{[]string{"unpin", "x"}, exitUsage, `"x"`},
	} {
		if _, errs, code := to.run(c.args...); code != c.code || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d: %s", c.args, code, errs)
		}
	}
	if to.sum() != sum {
		t.Error("the image was touched")
	}
}

// build writes a tar with one file.
func build(t *testing.T, to *bytes.Buffer, name, content string) {
	t.Helper()
	w := tar.NewWriter(to)
	must(t, w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content)), ModTime: time.Unix(1000, 0)}))
	_, err := w.Write([]byte(content))
	must(t, err)
	must(t, w.Close())
}

// A snapshot is built of a directory, of a tar, and of a layer of an image, and goes
// to any chain.
func TestBuild(t *testing.T) {
	i := newImage(t, 1<<20)
	run := func(in []byte, args ...string) (string, string, int) {
		var o, e bytes.Buffer
		env := map[string]string{"SOURCE_DATE_EPOCH": "1000000000"}
		c := &cli{in: bytes.NewReader(in), out: &o, errs: &e, root: "/nowhere", env: func(name string) string { return env[name] }}
		code := c.main(args)
		return o.String(), e.String(), code
	}
	dir := i.upper("etc/a", "from a directory")
	var plain, zipped bytes.Buffer
	build(t, &plain, "etc/b", "from a tar")
	z := gzip.NewWriter(&zipped)
	build(t, &zipped, "etc/.wh.a", "")
	layer := bytes.Clone(zipped.Bytes())
	zipped.Reset()
	_, err := z.Write(layer)
	must(t, err)
	must(t, z.Close())
	tarFile, layerFile := filepath.Join(i.dir, "b.tar"), filepath.Join(i.dir, "layer.tar.gz")
	must(t, os.WriteFile(tarFile, plain.Bytes(), 0o644))
	must(t, os.WriteFile(layerFile, zipped.Bytes(), 0o644))

	for n, c := range []struct {
		in   []byte
		from string
	}{{nil, dir}, {plain.Bytes(), "-"}, {nil, tarFile}, {nil, layerFile}} {
		file := filepath.Join(i.dir, "built")
		out, errs, code := run(c.in, "build", c.from, "-o", file, "--label", "built", "--owner", "0:0")
		if code != 0 || !strings.HasPrefix(out, "A snapshot of ") {
			t.Fatalf("build %s: exit %d: %s%s", c.from, code, out, errs)
		}
		first, err := os.ReadFile(file)
		must(t, err)
		if again, _, code := run(c.in, "build", c.from, "--label", "built", "--owner", "0:0"); code != 0 || again != string(first) {
			t.Errorf("build %s is another file the second time", c.from)
		}
		if n == 2 {
			continue // it is the same as the one before
		}
		out, errs, code = i.run("import", file)
		if code != 0 || !strings.HasPrefix(out, "Imported 1 entry") {
			t.Errorf("import of %s: exit %d: %s%s", c.from, code, out, errs)
		}
	}
	v := i.info()
	if len(v.Entries) != 3 || v.Entries[0].Label != "built" || v.Entries[0].Created.Unix() != 1000000000 {
		t.Errorf("the chain: %+v", v.Entries)
	}
	i.must("verify")

	// One that was built on a chain goes there only.
	file := filepath.Join(i.dir, "on top")
	i.must("build", dir, "-o", file, "--label", "on top")
	other := newImage(t, 1<<20)
	if _, errs, code := other.run("import", file); code != exitState || !strings.Contains(errs, "follow") {
		t.Errorf("on another chain: exit %d: %s", code, errs)
	}
	i.must("import", file)
	i.must("config", "--upper", dir)

	made := func(name, content string) string {
		name = filepath.Join(i.dir, name)
		must(t, os.WriteFile(name, []byte(content), 0o644))
		return name
	}
	layerText := zipped.String()
	for _, c := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"nothing", []string{"build"}, exitUsage, "a directory or a tar"},
		{"not there", []string{"build", "/nowhere/dir"}, exitDevice, "/nowhere/dir"},
		{"no tar", []string{"build", i.path}, exitDamaged, "not a tar"},
		{"empty", []string{"build", t.TempDir(), "-o", file}, exitUsage, "is empty"},
		{"owner", []string{"build", dir, "--owner", "root"}, exitUsage, "two numbers"},
		{"label", []string{"build", dir, "--label", strings.Repeat("x", 81)}, exitUsage, "81 bytes"},
		{"on a volatile entry", []string{"--device", i.path, "build", dir, "-o", file}, exitState, "snapshot push"},
		{"zstd", []string{"build", made("zstd", "\x28\xb5\x2f\xfd rest")}, exitDamaged, "zstd -dc"},
		{"xz", []string{"build", made("xz", "\xfd7zXZ\x00 rest")}, exitDamaged, "xz -dc"},
		{"bzip2", []string{"build", made("bzip2", "BZh9 rest")}, exitDamaged, "bzip2 -dc"},
		{"gzip, header", []string{"build", made("gzip-1", layerText[:5])}, exitDamaged, "gzip"},
		{"gzip, cut", []string{"build", made("gzip-2", layerText[:len(layerText)-20])}, exitDamaged, "gzip"},
		{"gzip, checksum", []string{"build", made("gzip-3", layerText[:len(layerText)-8]+"12345678")}, exitDamaged, "checksum"},
	} {
		if out, errs, code := run(nil, c.args...); code != c.code || !strings.Contains(errs, c.says) || strings.Count(errs, "\n") != 1 || out != "" {
			t.Errorf("%s: exit %d: %s%s", c.name, code, out, errs)
		}
	}
}

// What is on trial goes nowhere until it is confirmed; what is behind it does.
func TestExportOfATrial(t *testing.T) {
	i := newImage(t, 1<<20)
	i.pushes("1")
	i.must("push", "--try", "--upper", i.upper("etc/a", "2"))
	for _, what := range []string{"2", "--all"} {
		if out, errs, code := i.run("export", what); code != exitState || out != "" || !strings.Contains(errs, "snapshot 2 is on trial: `snapshot confirm`") {
			t.Errorf("export %s: exit %d: %s", what, code, errs)
		}
	}
	i.must("export", "1")
	i.must("confirm", "--force")
	i.must("export", "--all")
}

// A pinned snapshot stays, and says how it can go.
func TestPinAndUnpin(t *testing.T) {
	i := newImage(t, 1<<20)
	i.pushes("1", "2")
	if out := i.must("pin", "2"); out != "Snapshot 2 (number 2) is pinned.\n" {
		t.Errorf("pin says %q", out)
	}
	sum := i.sum()
	if out := i.must("pin", "2"); out != "Snapshot 2 is pinned already.\n" || i.sum() != sum {
		t.Errorf("pin again says %q", out)
	}
	if out := i.must("compact"); !strings.Contains(out, "nothing to fold: the chain has 2 snapshots, of which 1 stay") {
		t.Errorf("compact says %q", out)
	}
	for _, args := range [][]string{{"rollback"}, {"rollback", "0"}, {"reset", "--yes"}} {
		if _, errs, code := i.run(args...); code != exitState || !strings.Contains(errs, "snapshot 2 is pinned: `snapshot unpin`") {
			t.Errorf("%q: exit %d: %s", args, code, errs)
		}
	}
	if i.sum() != sum {
		t.Error("the image was touched")
	}
	if v := i.info(); v.Entries[0].Pinned || !v.Entries[1].Pinned {
		t.Errorf("info says %+v", v.Entries)
	}
	if out := i.must("unpin", "2"); out != "Snapshot 2 (number 2) is not pinned.\n" {
		t.Errorf("unpin says %q", out)
	}
	i.must("rollback", "0")
}

// A dry run of what comes and goes leaves nothing behind.
func TestDryRunOfTransfer(t *testing.T) {
	i := newImage(t, 1<<20)
	i.pushes("1")
	file := filepath.Join(i.dir, "file")
	if out := i.must("export", "1", "-o", file, "--dry-run"); !strings.HasPrefix(out, "Dry run, nothing is written: it would be ") {
		t.Errorf("export says %q", out)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("the file is there")
	}
	i.must("export", "1", "-o", file)
	to := newImage(t, 1<<20)
	sum := to.sum()
	if out := to.must("import", file, "--dry-run"); !strings.Contains(out, "Imported 1 entry") || !strings.Contains(out, "The flash would take ") || to.sum() != sum {
		t.Errorf("import says %q", out)
	}
	if out := i.must("pin", "1", "--dry-run"); !strings.Contains(out, "is pinned") || i.info().Entries[0].Pinned {
		t.Errorf("pin says %q", out)
	}
}
