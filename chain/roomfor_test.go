package chain_test

import (
	"errors"
	"math"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// TestRoomFor: what it says is what writing finds out, whatever there is on the
// flash, and to the block.
func TestRoomFor(t *testing.T) {
	g := flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}
	for _, test := range []struct {
		name   string
		before []step
	}{
		{"nothing", nil},
		{"a volatile entry", []step{config(t, noise("v|", 9000))}},
		{"a snapshot", []step{config(t, noise("s|", 9000)), push("")}},
		{"both", []step{config(t, noise("s|", 9000)), push(""), config(t, noise("v|", 5000))}},
		{"what was rolled back", []step{config(t, noise("s|", 9000)), push(""), rollback(0)}},
		{"a volatile entry that was rolled back", []step{config(t, noise("v|", 9000)), rollback(0)}},
		{"a trial that was given up", []step{config(t, noise("s|", 9000)), push(""), try(t, noise("t|", 9000), "", true, boots(1)), giveUp("x")}},
		{"a full flash", []step{config(t, noise("s|", 60000)), push("")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dev := sim.New(g)
			do(t, dev, test.before...)
			sameRoom(t, dev)
		})
	}
}

// TestRoomForAfterCut: so it is when a cut has left something that needs no copy.
func TestRoomForAfterCut(t *testing.T) {
	g := flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}
	write := config(t, noise("v|", 9000))
	whole := sim.New(g)
	do(t, whole, write)
	for k := range whole.Counts().Ops() {
		for seed := range uint64(12) {
			dev := sim.New(g)
			dev.CutAfter(k, []sim.Form{sim.Half, sim.Bits, sim.Weak}[seed%3], seed)
			if err := write.do(open(t, dev)); !errors.Is(err, sim.ErrPowerCut) {
				t.Fatal(err)
			}
			dev.PowerOn()
			state(t, dev)
			sameRoom(t, dev)
		}
	}
}

// sameRoom compares RoomFor with what writing says, of payloads of all sizes.
func sameRoom(t *testing.T, dev *sim.Device) {
	t.Helper()
	for size := 100; size < 66000; size += 1500 {
		p := payload(t, noise("new|", size))
		for _, beside := range []bool{false, true} {
			c := open(t, dev.Fork())
			if err := c.Check(); err != nil {
				t.Fatal(err)
			}
			need, free := c.RoomFor(p.Stored(), beside)
			var err error
			if beside {
				err = c.CanTry(p, boots(1))
			} else {
				err = c.WriteVolatile(p, "", now)
			}
			var room *chain.NoRoomError
			full := errors.As(err, &room)
			if err != nil && !full {
				t.Fatal(err)
			}
			if full != (need > free) || full && (room.Need != need || room.Free != free) {
				t.Fatalf("%d bytes, beside %v: needs %d of %d blocks, writing says %v", size, beside, need, free, err)
			}
		}
	}
}

// TestRoomForTooMuch: sizes that nothing is checked of yet give counts that make
// sense, where an int has 32 bits too.
func TestRoomForTooMuch(t *testing.T) {
	c := open(t, sim.New(flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 1}))
	for _, stored := range []int64{1 << 32, 1 << 45, math.MaxInt64} {
		if need, free := c.RoomFor(stored, false); need <= free || need > math.MaxInt32 || free != 16 {
			t.Errorf("%d bytes: %d of %d blocks", stored, need, free)
		}
	}
}
