package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// modulesDir makes a directory as depmod leaves it. Every module that
// modules.dep names gets a file that holds its path.
func modulesDir(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		write(t, filepath.Join(dir, name), content)
	}
	for line := range strings.Lines(files["modules.dep"]) {
		if file, _, ok := strings.Cut(line, ":"); ok {
			write(t, filepath.Join(dir, file), file)
		}
	}
	return dir
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLoadOrder(t *testing.T) {
	dir := modulesDir(t, map[string]string{
		"modules.dep": `
kernel/drivers/virtio/virtio.ko: kernel/drivers/virtio/virtio_ring.ko
kernel/drivers/virtio/virtio_ring.ko:
kernel/drivers/block/virtio-blk.ko: kernel/drivers/virtio/virtio.ko kernel/drivers/virtio/virtio_ring.ko
kernel/fs/squashfs.ko:
kernel/fs/ext4.ko: kernel/fs/jbd2.ko kernel/lib/crc16.ko
kernel/fs/jbd2.ko:
kernel/lib/crc16.ko:
kernel/crypto/crc32c-intel.ko:
kernel/crypto/crc32c_generic.ko:
kernel/a.ko: kernel/b.ko
kernel/b.ko: kernel/c.ko
kernel/c.ko: kernel/a.ko
kernel/self.ko: kernel/self.ko
kernel/x.ko: kernel/y.ko
kernel/y.ko:
kernel/orphan.ko: kernel/lost.ko
kernel/soft-orphan.ko: kernel/crypto/crc32c_generic.ko
kernel/broken.ko: kernel/y.ko kernel/lost.ko
`,
		"modules.builtin": "kernel/lib/zlib-inflate.ko\nkernel/drivers/mtd/mtd.ko\n",
		"modules.softdep": "# comment\n" +
			"softdep ext4 pre: crypto-crc32c nothing-of-that-name post: squashfs\n" +
			"softdep y pre: x\n" +
			"softdep soft_orphan pre: broken orphan\n",
		"modules.alias": "# comment\n" +
			"alias crypto-crc32c crc32c_intel\n" +
			"alias crypto-crc32c crc32c_generic\n" +
			"alias fs-squashfs squashfs\n" +
			"alias virtio:d00000002v* virtio_blk\n" +
			"alias dangling lost\n",
	})
	known, err := readModules(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		asked string
		order string
		err   error
	}{
		{"no dependency", "squashfs", "squashfs", nil},
		{"dependencies first, each once", "virtio_blk virtio", "virtio_ring virtio virtio_blk", nil},
		{"dashes and underscores are equal", "virtio-blk", "virtio_ring virtio virtio_blk", nil},
		{"in the order asked for", "squashfs crc16", "squashfs crc16", nil},
		{"asked for twice", "squashfs squashfs", "squashfs", nil},
		{"built in", "mtd squashfs zlib_inflate", "squashfs", nil},
		{"alias", "fs-squashfs", "squashfs", nil},
		{"alias with wildcards", "virtio:d00000002v00001AF4", "virtio_ring virtio virtio_blk", nil},
		{"soft dependencies, through an alias, before and after", "ext4",
			"crc32c_intel crc32c_generic crc16 jbd2 ext4 squashfs", nil},
		{"soft dependency that would close a circle", "x", "y x", nil},
		{"soft dependency on what cannot be loaded", "soft-orphan", "crc32c_generic soft_orphan", nil},
		{"circle of three", "squashfs a", "", errCycle},
		{"circle of one", "self", "", errCycle},
		{"unknown", "nosuch", "", errNoModule},
		{"dependency missing", "orphan", "", errNoModule},
		{"alias of nothing", "dangling", "", errNoModule},
	} {
		t.Run(test.name, func(t *testing.T) {
			order, err := known.loadOrder(strings.Fields(test.asked))
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if got := strings.Join(order, " "); got != test.order {
				t.Errorf("order %q, want %q", got, test.order)
			}
		})
	}
}

func TestOrderErrorsNameThePath(t *testing.T) {
	known, err := readModules(modulesDir(t, map[string]string{
		"modules.dep": "a.ko: b.ko\nb.ko: c.ko\nc.ko: a.ko\nouter.ko: inner.ko\ninner.ko: lost.ko\n",
	}))
	if err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[string]string{"a": "a → b → c → a", "outer": "outer → inner → lost"} {
		if _, err := known.loadOrder([]string{asked}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not name %q", asked, err, want)
		}
	}
}

func TestReadModulesWantsOnlyModulesDep(t *testing.T) {
	if _, err := readModules(modulesDir(t, map[string]string{"modules.dep": "a.ko:\n"})); err != nil {
		t.Error(err)
	}
	if _, err := readModules(t.TempDir()); err == nil || !strings.Contains(err.Error(), "depmod") {
		t.Errorf("error %v does not say what makes modules.dep", err)
	}
}

// The order of modules.dep itself must not matter.
func TestLoadOrderIsStable(t *testing.T) {
	lines := []string{"d.ko: b.ko c.ko a.ko\n", "b.ko: a.ko\n", "c.ko: a.ko\n", "a.ko:\n"}
	var first []string
	for range lines {
		lines = append(lines[1:], lines[0])
		known, err := readModules(modulesDir(t, map[string]string{"modules.dep": strings.Join(lines, "")}))
		if err != nil {
			t.Fatal(err)
		}
		order, err := known.loadOrder([]string{"d"})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = order
		}
		if !slices.Equal(first, order) {
			t.Errorf("%q, then %q", first, order)
		}
	}
}
