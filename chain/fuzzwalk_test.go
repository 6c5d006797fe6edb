package chain

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"syscall"
	"testing"
	"time"

	"chainroot/flash"
	"chainroot/flash/sim"
)

// fuzzShape is a flash of some erase blocks.
type fuzzShape struct {
	flash.Geometry
	bad []int
}

var fuzzShapes = []fuzzShape{
	{flash.Geometry{Size: 8 * 4096, EraseSize: 4096, WriteSize: 1}, nil},
	{flash.Geometry{Size: 13 * 4096, EraseSize: 4096, WriteSize: 256}, []int{0, 3, 12}},
	{flash.Geometry{Size: 6 * 16384, EraseSize: 16384, WriteSize: 1024}, []int{2}},
	{flash.Geometry{Size: 40 * 4096, EraseSize: 4096, WriteSize: 4096}, nil},
}

// fuzzText is a tar as far as package chain is concerned.
func fuzzText(name string, n int) []byte {
	b := []byte(name)
	for x := uint32(n); len(b) < n; x = x*1664525 + 1013904223 {
		b = append(b, byte(x>>24))
	}
	return b
}

func fuzzPayload(t testing.TB, tar []byte) *Payload {
	w := NewPayloadWriter()
	if _, err := w.Write(tar); err != nil {
		t.Fatal(err)
	}
	p, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// fuzzImages returns what the flash of a shape holds in the course of a life:
// nothing, entries, roll-backs, and copies that a power cut has left.
func fuzzImages(t testing.TB, s fuzzShape) [][]byte {
	dev := sim.New(s.Geometry)
	for _, b := range s.bad {
		dev.SetBad(b)
	}
	images := [][]byte{bytes.Clone(dev.Bytes())}
	now := time.Unix(1_700_000_000, 0)
	config := func(name string, n int) func(c *Chain) error {
		p := fuzzPayload(t, fuzzText(name, n))
		return func(c *Chain) error { return c.WriteVolatile(p, name, now) }
	}
	for i, step := range []func(c *Chain) error{
		config("first", 300),
		func(c *Chain) error { return c.Promote("first", now) },
		config("second", 3000),
		func(c *Chain) error { return c.Rollback(0, now) },
		func(c *Chain) error { return c.Undo(now) },
		config("third", 900),
		func(c *Chain) error { return c.Promote("", now) },
		func(c *Chain) error { return c.Rollback(1, now) },
		config("fourth", 1500),
	} {
		for cut := 1; i > 4 && cut < 12; cut += 2 {
			d := dev.Fork()
			d.CutAfter(cut, sim.Bits, uint64(cut))
			c, err := Open(d)
			if err != nil {
				t.Fatal(err)
			}
			if err := step(c); errors.Is(err, sim.ErrPowerCut) {
				images = append(images, bytes.Clone(d.Bytes()))
			}
		}
		c, err := Open(dev)
		if err != nil {
			t.Fatal(err)
		}
		var room *NoRoomError
		if err := step(c); err != nil && !errors.As(err, &room) && !errors.Is(err, ErrNothing) && !errors.Is(err, ErrNoState) {
			t.Fatalf("%+v: step %d: %v", s.Geometry, i, err)
		}
		images = append(images, bytes.Clone(dev.Bytes()))
	}
	return append(images, fuzzTakeOvers(t, s)...)
}

// fuzzTakeOvers returns what a flash with jffs2 holds in the course of becoming a
// chain, by way of its end and by way of a place between blocks in use.
func fuzzTakeOvers(t testing.TB, s fuzzShape) (images [][]byte) {
	now := time.Unix(1_700_000_000, 0)
	entries := []Incoming{
		{Type: TypeSnapshot, Created: now, Payload: fuzzPayload(t, fuzzText("fifth", 200))},
		{Type: TypeVolatile, Created: now, Payload: fuzzPayload(t, fuzzText("sixth", 300))},
	}
	for _, last := range []bool{false, true} {
		for cut := 0; ; cut++ {
			dev := sim.New(s.Geometry)
			for _, b := range s.bad {
				dev.SetBad(b)
			}
			a, err := newArea(dev)
			if err != nil {
				t.Fatal(err)
			}
			dev.Poke(int64(a.device(0))*int64(s.EraseSize), []byte("\x85\x19\x02\xe0 a node"))
			if last {
				dev.Poke(int64(a.device(a.blocks()-1))*int64(s.EraseSize), []byte("\x85\x19\x02\xe0 a node"))
			}
			dev.CutAfter(cut, sim.Bits, uint64(cut))
			c, err := Open(dev)
			if err != nil {
				t.Fatal(err)
			}
			unused, err := c.UnusedByJFFS2()
			if err == nil {
				err = c.TakeOver(entries, unused, now)
			}
			if err == nil {
				err = c.Settle()
			}
			images = append(images, bytes.Clone(dev.Bytes()))
			if !errors.Is(err, sim.ErrPowerCut) {
				break // done, or there is no room
			}
		}
	}
	return images
}

// edit changes an image as a script says: a row of operations, each with its
// operands. What does not fit wraps around.
func edit(mem []byte, g flash.Geometry, script []byte) {
	take := func(n int) []byte {
		b := fit(script, n)
		copy(b, script[:min(n, len(script))])
		script = script[min(n, len(script)):]
		return b
	}
	e := g.EraseSize
	block := func(n byte) []byte { n %= byte(g.Blocks()); return mem[int(n)*e : int(n)*e+e] }
	slot := int(roundUp(minSlotSize, int64(g.WriteSize)))
	for len(script) > 0 {
		switch op := take(4); op[0] % 7 {
		case 0: // bytes of a header
			copy(block(op[1])[op[2]:], take(int(op[3]%33)))
		case 1: // bytes of a record
			b := block(op[1])
			copy(b[int(op[2])*slot%e+int(op[3]%recordSize):], take(int(op[3]>>3)+1))
		case 2: // a bit
			mem[(int(op[1])<<8|int(op[2]))*8%len(mem)+int(op[3]>>5)] ^= 1 << (op[3] & 7)
		case 3: // a block to another place
			copy(block(op[1]), block(op[2]))
		case 4: // a block that is erased, in part
			b := block(op[1])
			copy(b[e*int(op[2])/256:], bytes.Repeat([]byte{0xFF}, e*int(op[3])/256))
		case 5: // a slot to another place
			copy(block(op[1])[int(op[2])*slot%e:][:slot], block(op[3])[int(take(1)[0])*slot%e:])
		case 6: // anything, at the start of a block
			n := int(op[2])<<4 | int(op[3]&15)
			copy(block(op[1]), take(n))
		}
	}
}

// mend makes the checksums right of all that looks like a header or a record.
// With relink, it also makes the hashes right by which an entry is named in its
// records and in the header of the next one.
func mend(mem, before []byte, g flash.Geometry, relink bool) {
	e, slot := g.EraseSize, int(roundUp(minSlotSize, int64(g.WriteSize)))
	renamed := map[Hash]Hash{}
	for range 4 { // a new hash is a new prev, which is a new hash
		for at := 0; at < len(mem); at += e {
			h := mem[at : at+HeaderSize]
			if !bytes.HasPrefix(h, headerMagic[:]) {
				continue
			}
			if to, ok := renamed[Hash(h[hPrev:])]; ok && relink {
				copy(h[hPrev:], to[:])
			}
			sealHeader(h)
			renamed[sha256.Sum256(before[at:at+HeaderSize])] = sha256.Sum256(h)
		}
	}
	for at := 0; at+recordSize <= len(mem); at += slot {
		r := mem[at : at+recordSize]
		if !bytes.HasPrefix(r, recordMagic[:]) {
			continue
		}
		for from, to := range renamed {
			if relink && bytes.Equal(r[rEntry:rEntry+16], from[:16]) {
				copy(r[rEntry:], to[:16])
				break
			}
		}
		sealRecord(r)
	}
}

// readsPerBlock bounds what a walk reads, in operations for each erase block: a
// header and all records, each of which may stand there twice, and be read again.
const readsPerBlock = rereads * (1 + 4*(maxSlots+copySlots))

// FuzzWalk walks anything: images of chains that were changed, with checksums
// and hashes that hold or not. The walk ends within bounds and writes nothing,
// what it shows hangs together, and a config on top of it is refused or shows.
func FuzzWalk(f *testing.F) {
	var images [][][]byte
	for n, s := range fuzzShapes {
		images = append(images, fuzzImages(f, s))
		for i := range images[n] {
			f.Add(uint8(n), uint8(i), []byte(nil), uint8(0), uint8(0))
			f.Add(uint8(n), uint8(i), []byte("\x00\x00\x20\x10\x00\x00\x00\x00\x00\x00\x00\xff\x00\x00\x00\x00\x00\x00\x00\x01"), uint8(2), uint8(0))
			f.Add(uint8(n), uint8(i), []byte("\x02\x00\x10\x03\x03\x01\x00\x00"), uint8(1), uint8(i))
		}
	}
	for _, script := range impossibleSizes(fuzzShapes[0]) {
		f.Add(uint8(0), uint8(1), script, uint8(2), uint8(0))
		f.Add(uint8(0), uint8(len(images[0])-1), script, uint8(2), uint8(0))
	}
	tar := fuzzText("config on top", 700)
	top := fuzzPayload(f, tar)
	f.Add(uint8(0), uint8(1), []byte("\x01\x00\x05\x05\x02\x02\x03\x00\x00\x05"), uint8(2), uint8(0))
	f.Fuzz(func(t *testing.T, shape, image uint8, script []byte, mending, unreadable uint8) {
		s := fuzzShapes[int(shape)%len(fuzzShapes)]
		before := images[int(shape)%len(fuzzShapes)]
		dev := newFuzzDevice(s.Geometry)
		for _, b := range s.bad {
			dev.bad[b] = true
		}
		copy(dev.mem, before[int(image)%len(before)])
		edit(dev.mem, s.Geometry, script[:min(len(script), 4096)])
		if mending%3 > 0 {
			mend(dev.mem, before[int(image)%len(before)], s.Geometry, mending%3 == 2)
		}
		if unreadable > 0 {
			dev.unreadable = int(unreadable-1) % s.Blocks()
		}
		c := fuzzWalk(t, dev)
		fuzzConfig(t, dev, c, top, tar)
	})
}

// fuzzWalk asks for all there is to know of a chain.
func fuzzWalk(t *testing.T, dev *fuzzDevice) *Chain {
	was := bytes.Clone(dev.mem)
	blocks := dev.g.Blocks()
	// bounded fails when what was done since it was last called is beyond a number
	// of reads for each block, and of bytes.
	bounded := func(what string, perBlock int, size int64) {
		t.Helper()
		if dev.reads > perBlock*(blocks+2) || dev.readBytes > size {
			t.Fatalf("%s: %d reads of %d bytes in all, on %d blocks", what, dev.reads, dev.readBytes, blocks)
		}
		if dev.writes > 0 || !bytes.Equal(was, dev.mem) {
			t.Fatalf("%s has written", what)
		}
		dev.reads, dev.readBytes = 0, 0
	}
	walk := int64(blocks+2) * readsPerBlock * recordSize
	if e, w, ok := Geometry(dev); ok {
		if err := (flash.Geometry{Size: int64(e), EraseSize: e, WriteSize: w}).Check(); err != nil {
			t.Fatalf("Geometry: %v", err)
		}
	}
	bounded("Geometry", readsPerBlock*8, 1<<20)
	content, err := Identify(dev)
	if err != nil && !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	_ = content.String()
	bounded("Identify", readsPerBlock, walk+identifySize)
	c, err := Open(dev)
	if err != nil {
		t.Fatal(err)
	}
	bounded("Open", readsPerBlock, walk)
	again, err := Open(dev)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := entriesText(c), entriesText(again); a != b {
		t.Fatalf("the first walk shows\n%sthe second\n%s", a, b)
	}
	coherent(t, c)
	dev.reads, dev.readBytes = 0, 0
	c.Space()
	bounded("Space", readsPerBlock, 4*dev.g.Size+walk)
	for _, e := range c.Entries() {
		readEntry(t, c, e)
	}
	bounded("Tar", readsPerBlock, 4*dev.g.Size+walk)
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	bounded("Check", readsPerBlock, 4*dev.g.Size+walk)
	coherent(t, c)
	for _, d := range c.Damage() {
		if d.What == "" || !errors.Is(d.Err, ErrDamaged) && !errors.Is(d.Err, ErrVersion) && !errors.Is(d.Err, ErrGeometry) && !errors.Is(d.Err, syscall.EIO) {
			t.Fatalf("damage of %q: %v", d.What, d.Err)
		}
	}
	return c
}

// fuzzConfig commits p, which holds tar, on top of what c shows.
func fuzzConfig(t *testing.T, dev *fuzzDevice, c *Chain, p *Payload, tar []byte) {
	d := dev.clone()
	snapshots := ids(c.Snapshots())
	before := ids(c.Entries())
	top, err := Open(d)
	if err != nil {
		t.Fatal(err)
	}
	failed := top.WriteVolatile(p, "on top", time.Unix(1_800_000_000, 0))
	if n := d.g.Blocks(); d.writes > 16*(n+2) { // repair and settling included
		t.Fatalf("config: %d writes on %d blocks", d.writes, n)
	}
	if d.writes == 0 && !bytes.Equal(d.mem, dev.mem) {
		t.Fatal("changed without a write")
	}
	after, err := Open(d)
	if err != nil {
		t.Fatal(err)
	}
	if err := after.Check(); err != nil {
		t.Fatal(err)
	}
	coherent(t, after)
	shown := ids(after.Entries())
	onTop := len(shown) == len(snapshots)+1 && slices.Equal(shown[:len(snapshots)], snapshots) && after.Volatile() != nil
	if onTop {
		got, err := readAllOf(after, after.Volatile())
		onTop = err == nil && bytes.Equal(got, tar)
	}
	switch {
	case failed == nil && !onTop:
		t.Fatalf("config: done, but it shows %v, before %v", shown, before)
	case failed != nil && !onTop && !slices.Equal(shown, before):
		t.Fatalf("config: %v: it shows %v, before %v", failed, shown, before)
	}
}

func ids(entries []*Entry) []string {
	var list []string
	for _, e := range entries {
		list = append(list, e.Hash.String()[:8])
	}
	return list
}

func entriesText(c *Chain) string {
	text := ""
	for _, e := range c.Entries() {
		text += fmt.Sprintln(e.Name(), e.Hash, e.Block, e.Blocks, e.Home, e.Label)
	}
	return text
}

// coherent fails unless what a chain shows is one.
func coherent(t *testing.T, c *Chain) {
	t.Helper()
	var prev Hash
	home := 0
	for i, e := range c.Entries() {
		switch {
		case e.Prev != prev || e.Number != i+1:
			t.Fatalf("entry %d is number %d, behind another one", i+1, e.Number)
		case e.IsVolatile() && i != len(c.Entries())-1:
			t.Fatalf("entry %d is volatile and not the last", i+1)
		case e.Home != home || e.Block < e.Home || e.Blocks < 1 || e.Block+e.Blocks > c.Space().Blocks:
			t.Fatalf("entry %d stands at %d, home %d, blocks %d", i+1, e.Block, e.Home, e.Blocks)
		case len(e.Label) > MaxLabel:
			t.Fatalf("entry %d has a label of %d bytes", i+1, len(e.Label))
		}
		prev, home = e.Hash, home+e.Blocks
	}
	if c.ID() != prev {
		t.Fatal("ID is not that of the last entry")
	}
}

// readEntry reads the tar of an entry to its end.
func readEntry(t *testing.T, c *Chain, e *Entry) {
	t.Helper()
	r, err := c.Tar(e)
	n := int64(0)
	if err == nil {
		n, _, err = readTar(r, 64<<10, e.Unpacked)
	}
	switch {
	case n > e.Unpacked, err == nil && n != e.Unpacked:
		t.Fatalf("%s: %d bytes, announced are %d", e.Name(), n, e.Unpacked)
	case err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, syscall.EIO):
		t.Fatalf("%s: %v", e.Name(), err)
	}
}

func readAllOf(c *Chain, e *Entry) ([]byte, error) {
	r, err := c.Tar(e)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
