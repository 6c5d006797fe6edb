package main

import (
	"reflect"
	"testing"
)

func TestSplit(t *testing.T) {
	with := func(name, value string) argument { return argument{name, value, true} }
	tests := []struct {
		name, line string
		want       []argument
	}{
		{"empty", "", nil},
		{"only space", " \t\n", nil},
		{"one", "quiet", []argument{{name: "quiet"}}},
		{"newline at the end", "root=/dev/vda\n", []argument{with("root", "/dev/vda")}},
		{"dashes in names only", "a-b_c=d-e", []argument{with("a_b_c", "d-e")}},
		{"repeated", "console=tty0 console=ttyS0", []argument{with("console", "tty0"), with("console", "ttyS0")}},
		{"value with equal signs", "root=PARTUUID=12-3", []argument{with("root", "PARTUUID=12-3")}},
		{"empty value", "init=", []argument{with("init", "")}},
		{"quoted value", `root="PARTLABEL=a b" x`, []argument{with("root", "PARTLABEL=a b"), {name: "x"}}},
		{"quoted argument", `"root=PARTLABEL=a b" x`, []argument{with("root", "PARTLABEL=a b"), {name: "x"}}},
		{"quote in the middle", `a=b"c d"e f`, []argument{with("a", `b"c d"e`), {name: "f"}}},
		{"open quote", `a="b c`, []argument{with("a", "b c")}},
		{"one quote", `"`, []argument{{name: ""}}},
		{"quote as value", `a="`, []argument{with("a", "")}},
		{"init's own", "a -- single snapshot.skip", []argument{{name: "a"}}},
		{"not init's own", "a --b", []argument{{name: "a"}, {name: "__b"}}},
		{"other quotes are letters", "a='b c'", []argument{with("a", "'b"), {name: "c'"}}},
		{"bytes", "a=\xff\x01", []argument{with("a", "\xff\x01")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := split(tt.line); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("split(%q) = %+v, want %+v", tt.line, got, tt.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`"`, `a="`, `root="x y" snapshot.rollback= rootwait=x panic=0x`, "snapshot.size=%", "snapshot.=", "--", "=x", "\xff="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) { parse(line) })
}

func TestModuleOptions(t *testing.T) {
	args := split(`block2mtd.block2mtd=/dev/vdb,65536,rootfs_data virtio-blk.a=1 virtio_blk.b virtio_blk.c="d e" virtio_blk2.x=1 block2mtd.block2mtd=/dev/vdc,4096`)
	tests := map[string]string{
		"block2mtd":  "block2mtd=/dev/vdb,65536,rootfs_data block2mtd=/dev/vdc,4096",
		"virtio_blk": `a=1 b c="d e"`,
		"virtio-blk": `a=1 b c="d e"`,
		"overlay":    "",
		"":           "",
	}
	for module, want := range tests {
		if got := moduleOptions(args, module); got != want {
			t.Errorf("options of %q are %q, want %q", module, got, want)
		}
	}
}
