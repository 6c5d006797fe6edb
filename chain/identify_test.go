package chain_test

import (
	"strings"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// ext4Super is the start of a superblock as mkfs.ext4 makes it.
var ext4Super = "\x00\x08\x00\x00\x00\x20\x00\x00" + strings.Repeat("\x00", 0x30) + "\x53\xef\x01\x00" + strings.Repeat("\x00", 16) + "\x01\x00\x00\x00"

func TestIdentify(t *testing.T) {
	g := flash.Geometry{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1}
	for _, c := range []struct {
		name string
		off  int
		data string
		want chain.Content
	}{
		{"erased", 0, "", chain.ContentErased},
		{"new disk", 0, string(make([]byte, 8192)), chain.ContentErased},
		{"mark", 0, "\xde\xad\xc0\xde", chain.ContentMarked},
		{"jffs2, little-endian, clean marker", 0, "\x85\x19\x03\x20\x0c\x00\x00\x00", chain.ContentJFFS2},
		{"jffs2, big-endian, inode", 0, "\x19\x85\xe0\x02", chain.ContentJFFS2},
		{"jffs2 magic with a node type that is none", 0, "\x19\x85\x12\x34", chain.ContentUnknown},
		{"ubifs", 0, "\x31\x18\x10\x06", chain.ContentUBIFS},
		{"jffs2, little-endian, obsolete inode", 0, "\x85\x19\x02\xc0", chain.ContentJFFS2},
		{"ext4", 1024, ext4Super, chain.ContentExt4},
		{"magic of ext4 alone", 1080, "\x53\xef", chain.ContentUnknown},
		{"GPT", 512, "EFI PART", chain.ContentOther},
		{"LUKS", 0, "LUKS\xba\xbe", chain.ContentOther},
		{"FAT", 82, "FAT32", chain.ContentOther},
		{"f2fs", 1024, "\x10\x20\xf5\xf2", chain.ContentF2FS},
		{"squashfs", 0, "hsqs", chain.ContentSquashfs},
		{"fstools", 0, "OWRT", chain.ContentFstools},
		{"something", 0, "something", chain.ContentUnknown},
	} {
		t.Run(c.name, func(t *testing.T) {
			dev := sim.New(g)
			if c.off >= 1024 {
				dev.Poke(0, make([]byte, 4096)) // as mkfs leaves the rest
			}
			dev.Poke(int64(c.off), []byte(c.data))
			got, err := chain.Identify(dev)
			if err != nil || got != c.want {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

// TestIdentifyMidRewrite cuts the power at every operation that replaces the
// first entry: the partition is a chain all the time.
func TestIdentifyMidRewrite(t *testing.T) {
	g := flash.Geometry{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := sim.New(g)
	if err := config(t, noise("a|", 70_000)).do(open(t, dev)); err != nil {
		t.Fatal(err)
	}
	next := config(t, noise("b|", 70_000))
	for k := 0; ; k++ {
		for _, tear := range sim.Tears {
			d := dev.Fork()
			d.CutAfter(k, tear, 1)
			if next.do(open(t, d)) == nil {
				if k < 8 {
					t.Fatalf("only %d operations", k)
				}
				return
			}
			d.PowerOn()
			if got, err := chain.Identify(d); err != nil || got != chain.ContentChain {
				t.Fatalf("cut %d at operation %d: %v, %v", tear, k, got, err)
			}
		}
	}
}

// TestIdentifyTornCopy: the first entry was rolled back and is in the way of the
// back buffer, so its header is erased before anything is written. When the
// commit record of the next entry is cut off, nothing else is a chain.
func TestIdentifyTornCopy(t *testing.T) {
	g := flash.Geometry{Size: 8 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 17_000)), rollback(0))
	next := config(t, noise("b|", 13_000))
	torn := 0
	for k, done := 0, false; !done; k++ {
		for _, tear := range []sim.Form{sim.Half, sim.Weak} {
			d := dev.Fork()
			d.CutAfter(k, tear, 1)
			if done = next.do(open(t, d)) == nil; done {
				break
			}
			d.PowerOn()
			c := open(t, d)
			if got, err := chain.Identify(d); err != nil || got != chain.ContentChain && !c.Settled() {
				t.Errorf("cut %d at operation %d: %v, %v", tear, k, got, err)
			}
			if c.Settled() || len(c.Entries()) > 0 {
				continue
			}
			torn++
			if err := c.Repair(); err != nil {
				t.Fatal(err)
			}
			if got, err := chain.Identify(d); err != nil || got != chain.ContentErased {
				t.Errorf("cut %d at operation %d, then repaired: %v, %v", tear, k, got, err)
			}
		}
	}
	if torn < 2 {
		t.Errorf("%d torn records: the story lost its point", torn)
	}
}

func TestGeometryOfAnImage(t *testing.T) {
	for _, g := range geometries {
		dev := sim.New(g)
		if _, _, ok := chain.Geometry(dev); ok {
			t.Errorf("%s: a geometry of erased flash", shape(g))
		}
		do(t, dev, config(t, noise("a|", 2000)), config(t, noise("b|", 2000)))
		for range 2 {
			e, w, ok := chain.Geometry(dev)
			if !ok || e != g.EraseSize || w != g.WriteSize {
				t.Errorf("%s: found %d, %d, %v", shape(g), e, w, ok)
			}
			dev.Flip(100, 0) // the first header no longer counts
		}
	}
}
