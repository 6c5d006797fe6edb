package chain_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// faulty is a device with one more fault.
type faulty struct {
	*sim.Device
	unreadable int64 // offset of a byte; negative: none
	mute       int64 // offset from which on a program does nothing; negative: none
}

func (f *faulty) ReadAt(p []byte, off int64) (int, error) {
	if off <= f.unreadable && f.unreadable < off+int64(len(p)) {
		return 0, syscall.EIO
	}
	return f.Device.ReadAt(p, off)
}

func (f *faulty) Program(p []byte, off int64) error {
	if f.mute >= 0 && off >= f.mute {
		return nil
	}
	return f.Device.Program(p, off)
}

func (f *faulty) Erase(block int) error {
	size := int64(f.Geometry().EraseSize)
	if f.unreadable/size == int64(block) {
		f.unreadable = -1 // a sector that is written anew can be read
	}
	return f.Device.Erase(block)
}

// TestUnreadableSector: an entry that cannot be read is damaged, like one that
// does not hold. It hides no older one, and blocks no later command.
func TestUnreadableSector(t *testing.T) {
	g := flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 900)), push(""))
	for _, c := range []struct {
		where  string
		offset int64
		shows  string
	}{
		{"payload", 4096 + 600, "s:a"},
		{"header", 4096, "s:a"},
		{"free block behind the chain", 8192, "s:a s:b"},
	} {
		for _, s := range []struct {
			step
			want string
		}{
			{rollback(0), ""},
			{config(t, noise("c|", 900)), c.shows + " v:c"},
		} {
			f := &faulty{Device: dev.Fork(), unreadable: c.offset, mute: -1}
			if got := state(t, f); got != c.shows {
				t.Errorf("%s: %q, want %q", c.where, got, c.shows)
			}
			if ch := open(t, f); ch.Check() != nil || len(ch.Damage()) == 0 {
				t.Errorf("%s: no damage reported", c.where)
			}
			if err := s.do(open(t, f)); err != nil {
				t.Errorf("%s: %s: %v", c.where, s.name, err)
			}
			if got := state(t, f); got != s.want {
				t.Errorf("%s, then %s: %q, want %q", c.where, s.name, got, s.want)
			}
		}
	}
}

// TestUnreadableForAWhile replaces an entry that cannot be read, and cuts the
// power. Should it be readable again, it is still there, or the new one is.
func TestUnreadableForAWhile(t *testing.T) {
	g := flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 900)))
	next := config(t, noise("c|", 900))
	for _, offset := range []int64{4096, 4096 + 600} { // header, payload
		for k := 0; ; k++ {
			d := dev.Fork()
			d.CutAfter(k, sim.Half, 1)
			err := next.do(open(t, &faulty{Device: d, unreadable: offset, mute: -1}))
			d.PowerOn()
			if got := state(t, d); got != "s:a v:b" && got != "s:a v:c" {
				t.Fatalf("unreadable at %d, cut at operation %d: %q", offset, k, got)
			}
			if err == nil {
				break
			}
		}
	}
}

// TestMuteCopySlot: a copy whose commit record did not get to flash is no
// reason to erase home.
func TestMuteCopySlot(t *testing.T) {
	g := flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 900)))
	f := &faulty{Device: dev, unreadable: -1, mute: g.Size - 14*128}
	if err := config(t, noise("c|", 900)).do(open(t, f)); !errors.Is(err, chain.ErrReadBack) {
		t.Errorf("got %v", err)
	}
	if got := state(t, dev); got != "s:a v:b" {
		t.Errorf("state %q", got)
	}
}

// TestHomeFails: home fails when the copy counts already. The command says so,
// and the unit can still be rolled back.
func TestHomeFails(t *testing.T) {
	g := flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 900)))
	dev.FailBlock(1, syscall.EIO)
	err := config(t, noise("c|", 900)).do(open(t, dev))
	if err == nil || !strings.Contains(err.Error(), "counts") {
		t.Errorf("got %v", err)
	}
	if got := state(t, dev); got != "s:a v:c" {
		t.Errorf("state %q", got)
	}
	do(t, dev, rollback(1))
	if got := state(t, dev); got != "s:a" {
		t.Errorf("after rollback: %q", got)
	}
	do(t, dev, rollback(0))
	if got := state(t, dev); got != "" {
		t.Errorf("after rollback 0: %q", got)
	}
}

// TestRemainderOfAnotherChain: a header of another geometry behind the chain is
// nobody's business; in front of everything it is.
func TestRemainderOfAnotherChain(t *testing.T) {
	old := sim.New(flash.Geometry{Size: 32 * 4096, EraseSize: 4096, WriteSize: 1})
	do(t, old, config(t, noise("z|", 900)))
	g := flash.Geometry{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := sim.New(g)
	dev.Poke(65536, old.Bytes()[:4096])
	do(t, dev, config(t, noise("a|", 900)), push(""), rollback(0), undo())
	if d := open(t, dev).Damage(); len(d) > 0 {
		t.Errorf("damage: %v", d)
	}
	first := sim.New(g)
	first.Poke(0, old.Bytes()[:4096])
	if err := config(t, "a|").do(open(t, first)); !errors.Is(err, chain.ErrGeometry) {
		t.Errorf("got %v", err)
	}
	newer := sim.New(g)
	do(t, newer, config(t, noise("a|", 900)))
	header := newer.Bytes()[:chain.HeaderSize]
	header[9] = 2 // the version
	fixSum(header)
	newer.Poke(0, header)
	if err := config(t, "a|").do(open(t, newer)); !errors.Is(err, chain.ErrVersion) {
		t.Errorf("got %v", err)
	}
}

// TestPromotionRecordRots: what stands behind a snapshot proves that it is one.
func TestPromotionRecordRots(t *testing.T) {
	g := flash.Geometry{Size: 24 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := three(t, g)
	e := open(t, dev).Entries()[0]
	dev.Flip(int64(slotsOf(e)+2*128+10), 0)
	dev.Flip(int64(slotsOf(e)+3*128+10), 0)
	if len(open(t, dev).Damage()) != 1 {
		t.Error("no damage reported")
	}
	if got := state(t, dev); got != "s:a s:b s:c v:d" {
		t.Errorf("state %q", got)
	}
	do(t, dev, config(t, noise("x|", 900)))
	if got := state(t, dev); got != "s:a s:b s:c v:x" {
		t.Errorf("after config: %q", got)
	}
}

// TestUndoWithDamage: what was damaged before an undo is damaged after it.
func TestUndoWithDamage(t *testing.T) {
	g := flash.Geometry{Size: 24 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 900)), push(""), config(t, noise("c|", 900)))
	dev.Flip(2*4096+600, 0)
	do(t, dev, rollback(1), undo())
	if got := state(t, dev); got != "s:a s:b" {
		t.Errorf("state %q", got)
	}
}

// TestCopyUnderALargeRemainder: what was rolled back reaches into the back
// buffer. When half an erase takes the record that retired its first entry, the
// copy there counts all the same.
func TestCopyUnderALargeRemainder(t *testing.T) {
	for _, c := range []struct {
		g     flash.Geometry
		large int
	}{
		{flash.Geometry{Size: 16 * 65536, EraseSize: 65536, WriteSize: 2048}, 65536*102/8 - 4096},
		{flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}, 4096 * 1278 / 100},
	} {
		tried := 0
		for n := c.g.EraseSize / 32; n < c.g.EraseSize/2; n += max(c.g.WriteSize/2, 64) {
			dev := sim.New(c.g)
			do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", n)), push(""))
			var room *chain.NoRoomError
			if err := config(t, noise("c|", c.large)).do(open(t, dev)); errors.As(err, &room) {
				continue // b took one block more
			}
			tried++
			do(t, dev, rollback(1))
			next := config(t, noise("x|", 900))
			for k := range 7 {
				d := dev.Fork()
				d.CutAfter(k, sim.Half, 1)
				_ = next.do(open(t, d))
				d.PowerOn()
				if got := state(t, d); got != "s:a" && got != "s:a v:x" {
					t.Fatalf("%s, b of %d bytes, cut at operation %d: %q", shape(c.g), n, k, got)
				}
			}
		}
		if tried < 3 {
			t.Errorf("%s: only %d sizes fit", shape(c.g), tried)
		}
	}
}

// TestManyRollbacks uses up the record slots. Where an entry does not fit a
// second time, a roll-back is possible to the end, and undo is refused before
// it would make the next one impossible, and so is a push; else there is no end.
func TestManyRollbacks(t *testing.T) {
	for _, blocks := range []int64{19, 40} {
		manyRollbacks(t, flash.Geometry{Size: blocks * 4096, EraseSize: 4096, WriteSize: 4096}, 900, blocks == 40)
	}
	for size := 4300; size < 6020; size += 128 { // 14 to 27 slots
		manyRollbacks(t, flash.Geometry{Size: 2 * 4096, EraseSize: 4096, WriteSize: 1}, size, false)
	}
}

func manyRollbacks(t *testing.T, g flash.Geometry, size int, room bool) {
	for _, pushed := range []bool{false, true} {
		dev := sim.New(g)
		do(t, dev, config(t, noise("a|", size)))
		if pushed {
			do(t, dev, push(""))
		}
		n := 0
		for n < 50 {
			do(t, dev, rollback(0))
			n++
			promised := open(t, dev).Space().RolledBack
			err := undo().do(open(t, dev))
			if (err == nil) != (promised == 1) {
				t.Fatalf("undo %d: %v, promised were %d entries", n, err, promised)
			}
			if errors.Is(err, chain.ErrNoSlot) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if pushed {
				continue
			}
			// A push is refused before it would make the next roll-back impossible.
			d := dev.Fork()
			if err := push("").do(open(t, d)); err == nil {
				do(t, d, rollback(0))
			} else if !errors.Is(err, chain.ErrNoSlot) {
				t.Fatal(err)
			}
		}
		if got := state(t, dev); got != "" && !room || room != (n == 50) {
			t.Errorf("%s: after %d roll-backs: %q", shape(g), n, got)
		}
	}
}
