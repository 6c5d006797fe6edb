package chain_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

var now = time.Unix(1_700_000_000, 0)

// payload stores a content; what is stored is about as large as it is long.
func payload(t testing.TB, content string) *chain.Payload {
	t.Helper()
	w := chain.NewPayloadWriter()
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	p, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// noise returns n bytes that do not compress, starting with a name.
func noise(name string, n int) string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(len(name))))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return name + string(b)
}

func open(t testing.TB, dev flash.Device) *chain.Chain {
	t.Helper()
	c, err := chain.Open(dev)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// state is what a boot of dev shows, as text: every entry with its content,
// shortened to the name in front.
func state(t testing.TB, dev flash.Device) string {
	t.Helper()
	c := open(t, dev)
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, e := range c.Entries() {
		kind := "s"
		if e.IsVolatile() {
			kind = "v"
		}
		parts = append(parts, kind+":"+name(content(t, c, e)))
	}
	return strings.Join(parts, " ")
}

func name(content string) string {
	if i := strings.IndexByte(content, '|'); i >= 0 {
		return content[:i]
	}
	return content
}

func content(t testing.TB, c *chain.Chain, e *chain.Entry) string {
	t.Helper()
	r, err := c.Tar(e)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", e.Name(), err)
	}
	return string(b)
}

// step is one command on a chain.
type step struct {
	name string
	do   func(*chain.Chain) error
}

func config(t testing.TB, content string) step {
	p := payload(t, content)
	return step{"config " + name(content), func(c *chain.Chain) error { return c.WriteVolatile(p, "", now) }}
}

func push(label string) step {
	return step{"push", func(c *chain.Chain) error { return c.Promote(label, now) }}
}

func rollback(n int) step {
	return step{fmt.Sprintf("rollback %d", n), func(c *chain.Chain) error { return c.Rollback(n, now) }}
}

func undo() step { return step{"undo", func(c *chain.Chain) error { return c.Undo(now) }} }

// geometries are the shapes that every test of the life cycle runs on.
var geometries = []flash.Geometry{
	{Size: 32 * 4096, EraseSize: 4096, WriteSize: 1},
	{Size: 33 * 4096, EraseSize: 4096, WriteSize: 16},
	{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1},
	{Size: 16 * 65536, EraseSize: 65536, WriteSize: 256},
	{Size: 17 * 65536, EraseSize: 65536, WriteSize: 4096},
	{Size: 40 * 126976, EraseSize: 126976, WriteSize: 2048},
	{Size: 12 * 131072, EraseSize: 131072, WriteSize: 2048},
	{Size: 12 * 262144, EraseSize: 262144, WriteSize: 4096},
	{Size: 200 * 4096, EraseSize: 4096, WriteSize: 4096},
}

func shape(g flash.Geometry) string {
	return fmt.Sprintf("%dx%d-%d", g.Blocks(), g.EraseSize, g.WriteSize)
}

// story is a life cycle with the state after each step. Contents are of
// different sizes, so that entries grow, shrink and leave remains.
func story(t testing.TB, g flash.Geometry) []struct {
	step
	want string
} {
	small, large := 900, g.EraseSize+700
	return []struct {
		step
		want string
	}{
		{config(t, noise("a|", small)), "v:a"},
		{config(t, noise("b|", large)), "v:b"},
		{push("first"), "s:b"},
		{config(t, noise("c|", large)), "s:b v:c"},
		{config(t, noise("d|", small)), "s:b v:d"},
		{push(""), "s:b s:d"},
		{config(t, noise("e|", small)), "s:b s:d v:e"},
		{rollback(1), "s:b"},
		{undo(), "s:b s:d v:e"},
		{rollback(2), "s:b s:d"},
		{rollback(1), "s:b"},
		{undo(), "s:b s:d"},
		{undo(), "s:b s:d v:e"},
		{rollback(0), ""},
		{config(t, noise("f|", large)), "v:f"},
		{push("again"), "s:f"},
		{config(t, noise("g|", small)), "s:f v:g"},
		{rollback(1), "s:f"},
		{config(t, noise("h|", large)), "s:f v:h"},
		{rollback(0), ""},
		{undo(), "s:f v:h"},
	}
}

func TestLifeCycle(t *testing.T) {
	for _, g := range geometries {
		t.Run(shape(g), func(t *testing.T) {
			dev := sim.New(g)
			for _, s := range story(t, g) {
				if err := s.do(open(t, dev)); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				if got := state(t, dev); got != s.want {
					t.Fatalf("after %s: %q, want %q", s.name, got, s.want)
				}
				if d := open(t, dev).Damage(); len(d) > 0 {
					t.Fatalf("after %s: damage %v", s.name, d)
				}
			}
		})
	}
}

// TestPowerCut cuts the power at every flash operation of the life cycle, in
// every way: what shows afterwards is the state before or the one after, the
// next command goes on from there, and nothing comes back later.
func TestPowerCut(t *testing.T) {
	cuts := 0
	for _, g := range geometries {
		t.Run(shape(g), func(t *testing.T) {
			dev, before := sim.New(g), ""
			for _, s := range story(t, g) {
				for k := 0; ; k++ {
					done := false
					for _, tear := range sim.Tears {
						d := dev.Clone()
						d.CutAfter(k, tear, uint64(cuts))
						err := s.do(open(t, d))
						if err == nil {
							done = true
							break
						}
						if !errors.Is(err, sim.ErrPowerCut) {
							t.Fatalf("%s, cut at %d: %v", s.name, k, err)
						}
						cuts++
						d.PowerOn()
						afterCut(t, d, s, before, fmt.Sprintf("%s, cut %d at operation %d", s.name, tear, k))
					}
					if done {
						break
					}
				}
				if err := s.do(open(t, dev)); err != nil {
					t.Fatal(err)
				}
				before = s.want
			}
		})
	}
	t.Logf("cuts: %d", cuts)
	if cuts < 2800 {
		t.Errorf("only %d cuts: the story lost its steps", cuts)
	}
}

func afterCut(t *testing.T, d *sim.Device, s struct {
	step
	want string
}, before, where string) {
	t.Helper()
	got := state(t, d)
	if got != before && got != s.want {
		t.Fatalf("%s: %q, want %q or %q", where, got, before, s.want)
	}
	if again := state(t, d); again != got {
		t.Fatalf("%s: %q, at the next boot %q", where, got, again)
	}
	// A command that follows, on what the cut has left.
	c := open(t, d)
	if err := c.WriteVolatile(payload(t, "next|"), "", now); err != nil {
		t.Fatalf("%s, then config: %v", where, err)
	}
	parts := strings.Fields(got)
	if n := len(parts); n > 0 && strings.HasPrefix(parts[n-1], "v:") {
		parts = parts[:n-1]
	}
	want := strings.Join(append(parts, "v:next"), " ")
	if got := state(t, d); got != want {
		t.Fatalf("%s, then config: %q, want %q", where, got, want)
	}
	if err := open(t, d).Rollback(len(parts), now); err != nil {
		t.Fatalf("%s, then config and rollback: %v", where, err)
	}
	if got := state(t, d); got != strings.Join(parts, " ") {
		t.Fatalf("%s, then config and rollback: %q, want %q", where, got, parts)
	}
}

// TestPushIsOneRecord counts what push and an unchanged config cost.
func TestPushIsOneRecord(t *testing.T) {
	for _, g := range geometries {
		dev := sim.New(g)
		cfg := config(t, noise("a|", 3000))
		if err := cfg.do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
		dev.ResetCounts()
		if err := cfg.do(open(t, dev)); !errors.Is(err, chain.ErrNothing) {
			t.Fatalf("%s: the same content again: %v", shape(g), err)
		}
		if n := dev.Counts().Ops(); n != 0 {
			t.Errorf("%s: the same content again costs %d operations", shape(g), n)
		}
		if err := push("label").do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
		n := dev.Counts()
		if n.Erases != 0 || n.Programs != 1 || n.ProgrammedBytes > int64(max(g.WriteSize, 128)) {
			t.Errorf("%s: push costs %+v", shape(g), n)
		}
	}
}

// TestCost bounds what a config costs: the payload twice, the blocks twice.
func TestCost(t *testing.T) {
	g := flash.Geometry{Size: 64 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := sim.New(g)
	for i, size := range []int{300_000, 310_000, 290_000, 305_000} {
		p := payload(t, noise(fmt.Sprint(i, "|"), size))
		dev.ResetCounts()
		if err := open(t, dev).WriteVolatile(p, "", now); err != nil {
			t.Fatal(err)
		}
		n, blocks := dev.Counts(), int(p.Stored()/65536)+1
		if i == 0 && (n.Erases > blocks || n.ProgrammedBytes > p.Stored()*105/100) {
			t.Errorf("the first config costs %+v", n)
		}
		if n.Erases > 2*blocks || n.ProgrammedBytes > p.Stored()*21/10 {
			t.Errorf("config %d costs %+v for %d bytes in %d blocks", i, n, p.Stored(), blocks)
		}
	}
}

// TestNoRoom fills the flash: what does not fit is refused before anything is
// touched, with the figures.
func TestNoRoom(t *testing.T) {
	g := flash.Geometry{Size: 4 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	if err := config(t, noise("a|", 4096)).do(open(t, dev)); err != nil {
		t.Fatal(err)
	}
	image := bytes.Clone(dev.Bytes())
	dev.ResetCounts()
	err := config(t, noise("b|", 3*4096)).do(open(t, dev))
	var room *chain.NoRoomError
	if !errors.As(err, &room) || room.Need != 6 || room.Free != 2 || room.EraseSize != 4096 {
		t.Fatalf("got %v", err)
	}
	for _, figure := range []string{"needs 24576 bytes in 6 erase blocks", "free are 8192 bytes in 2"} {
		if !strings.Contains(err.Error(), figure) {
			t.Errorf("%q does not say %q", err, figure)
		}
	}
	if dev.Counts().Ops() != 0 || !bytes.Equal(image, dev.Bytes()) {
		t.Error("the flash was touched")
	}
	// The same size again just fits, however often.
	for i := range 5 {
		if err := config(t, noise(fmt.Sprint(i, "|"), 4096)).do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
	}
	// Rolled back and full of what was rolled back: there is room for it all.
	if err := rollback(0).do(open(t, dev)); err != nil {
		t.Fatal(err)
	}
	if err := config(t, noise("c|", 4096)).do(open(t, dev)); err != nil {
		t.Fatal(err)
	}
	if got := state(t, dev); got != "v:c" {
		t.Fatalf("state %q", got)
	}
}

// three returns a device with three snapshots and a volatile entry.
func three(t testing.TB, g flash.Geometry) *sim.Device {
	dev := sim.New(g)
	for _, s := range []step{
		config(t, noise("a|", 2000)), push("a"),
		config(t, noise("b|", 150_000)), push("b"),
		config(t, noise("c|", 2000)), push("c"),
		config(t, noise("d|", 2000)),
	} {
		if err := s.do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
	}
	return dev
}

// slotsOf returns the offset of an entry's first record, for write units of a
// byte, by FORMAT.md.
func slotsOf(e *chain.Entry) int {
	return e.Block*e.EraseSize + (256+32*int((e.Stored+65535)/65536)+int(e.Stored)+127)/128*128
}

// fixSum makes the checksum of a header right again.
func fixSum(header []byte) {
	binary.BigEndian.PutUint32(header[252:], crc32.ChecksumIEEE(header[:252]))
}

// TestRot flips every bit of every header and record, and a bit in every
// kilobyte of the payloads: the entry and what follows is not shown, what is
// before stays, the damage is reported, and commands work.
func TestRot(t *testing.T) {
	g := flash.Geometry{Size: 24 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := three(t, g)
	want := []string{"s:a", "s:b", "s:c", "v:d"}
	c := open(t, dev)
	for i, e := range c.Entries() {
		start := e.Block * g.EraseSize
		var bits []int
		for bit := range 256 * 8 {
			bits = append(bits, start*8+bit)
		}
		slots := slotsOf(e)
		for bit := range 128 * 8 {
			if i == 3 { // the others have a second record, for the promotion
				bits = append(bits, slots*8+bit)
			}
		}
		for off := 256; off < int(e.Stored)+256; off += 1024 {
			bits = append(bits, (start+off)*8+off%8)
		}
		for _, bit := range bits {
			flip := func() { dev.Bytes()[bit/8] ^= 1 << (bit % 8) }
			flip()
			if got := state(t, dev); got != strings.Join(want[:i], " ") {
				t.Fatalf("entry %d, bit %d: %q", i, bit-start*8, got)
			}
			c := open(t, dev)
			if err := c.Check(); err != nil {
				t.Fatal(err)
			}
			if len(c.Damage()) == 0 {
				t.Fatalf("entry %d, bit %d: no damage reported", i, bit-start*8)
			}
			if bit%64 == 0 {
				d := dev.Clone()
				c := open(t, d)
				if err := c.WriteVolatile(payload(t, "next|"), "", now); err != nil {
					t.Fatalf("entry %d, bit %d: %v", i, bit-start*8, err)
				}
				if got, want := state(t, d), strings.Join(append(slices.Clone(want[:i]), "v:next"), " "); got != want {
					t.Fatalf("entry %d, bit %d, then config: %q, want %q", i, bit-start*8, got, want)
				}
			}
			flip()
		}
	}
}

// do runs steps one after the other.
func do(t testing.TB, dev *sim.Device, steps ...step) {
	t.Helper()
	for _, s := range steps {
		if err := s.do(open(t, dev)); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
}

// TestCopyEnds damages an entry at its home: its copy in the back buffer, which
// was ended when the entry was complete at home, must not stand in for it.
// Where a cut came before that, the next command ends it.
func TestCopyEnds(t *testing.T) {
	const header, content = 100, 1000 // offsets in the first entry
	g := flash.Geometry{Size: 24 * 4096, EraseSize: 4096, WriteSize: 1}
	for _, c := range []struct {
		name   string
		steps  []step
		damage int
	}{
		{"volatile", nil, content},
		{"volatile, header", nil, header},
		{"pushed", []step{push("")}, content},
		{"pushed, header", []step{push(""), config(t, noise("c|", 900))}, header},
		{"rolled back", []step{rollback(0)}, content},
		{"rolled back, header", []step{rollback(0)}, header},
	} {
		for _, early := range []bool{false, true} {
			if early && c.steps == nil {
				continue // no command follows
			}
			t.Run(fmt.Sprint(c.name, ", cut early: ", early), func(t *testing.T) {
				dev := sim.New(g)
				do(t, dev, config(t, noise("a|", 5000)))
				b := config(t, noise("b|", 5000))
				if early {
					ops := dev.Clone()
					do(t, ops, b)
					dev.CutAfter(ops.Counts().Ops()-1, sim.Bits, 3)
					if err := b.do(open(t, dev)); !errors.Is(err, sim.ErrPowerCut) {
						t.Fatal(err)
					}
					dev.PowerOn()
				} else {
					do(t, dev, b)
				}
				do(t, dev, c.steps...)
				dev.Bytes()[c.damage] ^= 4
				if got := state(t, dev); got != "" {
					t.Fatalf("state %q", got)
				}
			})
		}
	}
}

// TestCopyCountsAtOnce cuts the power when the copy is complete and home is
// still untouched: the copy is the state, for home is about to be erased.
func TestCopyCountsAtOnce(t *testing.T) {
	g := flash.Geometry{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 900)))
	dev.CutAfter(3, sim.Before, 0) // behind erase, program and commit of the copy
	if err := config(t, noise("b|", 900)).do(open(t, dev)); !errors.Is(err, sim.ErrPowerCut) {
		t.Fatal(err)
	}
	dev.PowerOn()
	if got := state(t, dev); got != "v:b" {
		t.Fatalf("state %q", got)
	}
}

// TestForgedPayload puts another payload in, with the chunk table that fits
// it: the header does not vouch for that table.
func TestForgedPayload(t *testing.T) {
	g := flash.Geometry{Size: 8 * 65536, EraseSize: 65536, WriteSize: 1}
	dev, other := sim.New(g), sim.New(g)
	do(t, dev, config(t, noise("a|", 900)))
	do(t, other, config(t, noise("b|", 900)))
	copy(dev.Bytes()[256:1400], other.Bytes()[256:1400])
	if got := state(t, dev); got != "" {
		t.Fatalf("state %q", got)
	}
}

// TestFailingFlash lets blocks fail in the middle of a config, loudly or in
// silence: the command fails, and the state before is still there.
func TestFailingFlash(t *testing.T) {
	g := flash.Geometry{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1}
	broken := errors.New("broken")
	for block := range g.Blocks() {
		for _, silent := range []bool{false, true} {
			dev := sim.New(g)
			do(t, dev, config(t, noise("a|", 900)), push(""), config(t, noise("b|", 70_000)))
			dev.ResetCounts()
			if silent {
				dev.Deafen(block)
			} else {
				dev.FailBlock(block, broken)
			}
			err := config(t, noise("c|", 70_000)).do(open(t, dev))
			switch used := block == 1 || block == 2 || block >= 14; {
			case !used && err != nil:
				t.Errorf("block %d is not used, but: %v", block, err)
			case used && !errors.Is(err, broken) && !errors.Is(err, chain.ErrReadBack):
				t.Errorf("block %d, silent %v: %v", block, silent, err)
			}
			if got := state(t, dev); got != "s:a v:b" && got != "s:a v:c" {
				t.Errorf("block %d, silent %v: state %q", block, silent, got)
			}
		}
	}
}

// TestRetiredStaysRetired writes to flash that is full of a retired entry whose
// commit record is in the first half of an erase block, and the one that
// retired it in the second: half an erase must not bring the entry back.
func TestRetiredStaysRetired(t *testing.T) {
	g := flash.Geometry{Size: 2 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 5680)))
	if slots := 4096 + 1920; string(dev.Bytes()[slots:slots+4]) != "REC1" {
		t.Fatal("the commit record is not where this test needs it")
	}
	do(t, dev, rollback(0))
	next := config(t, noise("b|", 900))
	for k := 0; ; k++ {
		for _, tear := range sim.Tears {
			d := dev.Clone()
			d.CutAfter(k, tear, uint64(k))
			err := next.do(open(t, d))
			d.PowerOn()
			if got := state(t, d); got != "" && got != "v:b" {
				t.Fatalf("cut %d at operation %d: %q", tear, k, got)
			}
			if err == nil {
				return
			}
		}
	}
}

// TestTornDisarm erases half of the block with header and commit record of a
// retired entry, while the record that retired it stands in the next block,
// behind blank slots.
func TestTornDisarm(t *testing.T) {
	for _, g := range []flash.Geometry{{Size: 2 * 16384, EraseSize: 16384, WriteSize: 1024}, {Size: 2 * 65536, EraseSize: 65536, WriteSize: 4096}} {
		for n := g.EraseSize / 4; n < g.EraseSize/2; n += g.WriteSize / 2 {
			dev := sim.New(g)
			do(t, dev, config(t, noise("a|", n)))
			for rollback(0).do(open(t, dev)) == nil {
				d := dev.Clone()
				d.CutAfter(0, sim.Half, 1)
				_ = config(t, noise("b|", 100)).do(open(t, d))
				d.PowerOn()
				if got := state(t, d); got != "" {
					t.Fatalf("%s, %d bytes: %q", shape(g), n, got)
				}
				if undo().do(open(t, dev)) != nil {
					break
				}
			}
		}
	}
}

// TestBadBlocks runs the life cycle on flash with bad blocks everywhere.
func TestBadBlocks(t *testing.T) {
	g := flash.Geometry{Size: 24 * 131072, EraseSize: 131072, WriteSize: 2048}
	dev := sim.New(g)
	for _, b := range []int{0, 3, 4, 11, 23} {
		dev.SetBad(b)
	}
	for _, s := range story(t, g) {
		if err := s.do(open(t, dev)); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if got := state(t, dev); got != s.want {
			t.Fatalf("after %s: %q, want %q", s.name, got, s.want)
		}
	}
}

// TestSameContentAgain commits the same content in the same second after a
// roll-back: it is another entry, and what followed the first does not follow
// the second.
func TestSameContentAgain(t *testing.T) {
	g := flash.Geometry{Size: 32 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	do(t, dev, config(t, noise("a|", 2000)))
	first := open(t, dev).ID()
	do(t, dev,
		push(""),
		config(t, noise("b|", 2000)), push(""),
		rollback(0),
		config(t, noise("x|", 900)),
		rollback(0),
		config(t, noise("a|", 2000)))
	if open(t, dev).ID() == first {
		t.Error("the same entry")
	}
	do(t, dev, push(""))
	if got := state(t, dev); got != "s:a" {
		t.Fatalf("state %q", got)
	}
}

// TestRefusals are the changes that there is nothing to make of.
func TestRefusals(t *testing.T) {
	g := flash.Geometry{Size: 32 * 65536, EraseSize: 65536, WriteSize: 1}
	for _, c := range []struct {
		name  string
		steps []step
		last  step
		want  error
	}{
		{"push of nothing", nil, push(""), chain.ErrNothing},
		{"undo of nothing", nil, undo(), chain.ErrNoState},
		{"rollback on an empty chain", nil, rollback(0), chain.ErrNothing},
		{"rollback beyond the end", []step{config(t, "a|"), push("")}, rollback(2), chain.ErrNoState},
		{"rollback to a negative state", []step{config(t, "a|"), push("")}, rollback(-1), chain.ErrNoState},
		{"rollback to where it is", []step{config(t, "a|"), push("")}, rollback(1), chain.ErrNothing},
		{"undo after a new config", []step{config(t, "a|"), rollback(0), config(t, "b|")}, undo(), chain.ErrNoState},
		{"undo twice", []step{config(t, "a|"), rollback(0), undo()}, undo(), chain.ErrNoState},
	} {
		t.Run(c.name, func(t *testing.T) {
			dev := sim.New(g)
			for _, s := range c.steps {
				if err := s.do(open(t, dev)); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
			}
			image := bytes.Clone(dev.Bytes())
			if err := c.last.do(open(t, dev)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if !bytes.Equal(image, dev.Bytes()) {
				t.Error("the flash was touched")
			}
		})
	}
}
