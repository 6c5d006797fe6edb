package chain_test

import (
	"math/rand/v2"
	"syscall"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// reads counts the places of a device that are read, and their bytes, and fails reads of
// more than most bytes. Behind what the device has, more bytes follow.
type reads struct {
	flash.Device
	n     int   // of a read, or of several that go on where one ended
	bytes int64 // of all
	end   int64 // of the read before
	most  int
	more  int64
}

func (r *reads) Geometry() flash.Geometry {
	g := r.Device.Geometry()
	g.Size += r.more
	return g
}

func (r *reads) ReadAt(p []byte, off int64) (int, error) {
	if off != r.end {
		r.n++
	}
	r.end = off + int64(len(p))
	r.bytes += int64(len(p))
	if len(p) > r.most {
		return 0, syscall.EIO
	}
	n := min(max(0, r.Device.Geometry().Size-off), int64(len(p)))
	for i := range p[n:] {
		p[n:][i] = 0xff
	}
	if n == 0 {
		return len(p), nil
	}
	_, err := r.Device.ReadAt(p[:n], off)
	return len(p), err
}

// An erased disk of 8 MiB is searched in a few places: to read them is most of what it
// costs.
func TestGeometryReads(t *testing.T) {
	for _, size := range []int64{8 << 20, 8<<20 + 192<<10, 100 << 20} {
		dev := &reads{Device: sim.New(flash.Geometry{Size: size, EraseSize: 64 << 10, WriteSize: 1}), most: 1 << 20}
		if _, _, ok := chain.Geometry(dev); ok {
			t.Fatal("a geometry of erased flash")
		}
		t.Logf("%d bytes: %d places, %d bytes", size, dev.n, dev.bytes)
		if size == 8<<20 && (dev.n > 12 || dev.bytes > 2<<20) || dev.n > 60 || dev.bytes > 4<<20 {
			t.Errorf("%d places, %d bytes are read of an erased disk of %d bytes", dev.n, dev.bytes, size)
		}
	}
}

// TestGeometryAtRandom: whatever geometry a chain has, the header of its first entry or,
// with that one gone, a copy in the back buffer tells it, on a device of which only
// little can be read at once, too, and on one that is longer than the chain.
func TestGeometryAtRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	copies, far := 0, 0
	for range 60 {
		e := int64(4096) << r.IntN(11)
		if page := []int64{0, 512, 2048, 4096}[r.IntN(4)]; e-2*page >= flash.MinEraseSize {
			e -= 2 * page
		}
		w := int64(1) << r.IntN(17)
		for e%w != 0 || e < 16*w {
			w /= 2
		}
		g := flash.Geometry{EraseSize: int(e), WriteSize: int(w), Size: e * int64(6+r.IntN(6))}
		dev := sim.New(g)
		do(t, dev, config(t, noise("a|", 2000)))
		before, more := dev.Fork(), r.Int64N(e)
		// Cut the power when the copy of what replaces the entry has been committed.
		next := config(t, noise("b|", 2000))
		for k := 0; ; k++ {
			d := before.Fork()
			d.CutAfter(k, sim.Tears[0], 1)
			done := next.do(open(t, d)) == nil
			d.PowerOn()
			if done {
				break
			}
			c, err := chain.Open(d)
			if err != nil {
				t.Fatal(err)
			}
			whole := c.Space().Back != nil
			for range 2 {
				for _, most := range []int{1 << 30, 64 << 10, 4096} {
					ge, gw, ok := chain.Geometry(&reads{Device: d, most: most, more: more})
					if !ok || int64(ge) != e || int64(gw) != w {
						t.Fatalf("%s, %d operations, reads of %d: found %d, %d, %v", shape(g), k, most, ge, gw, ok)
					}
				}
				if !whole {
					break // there is no other trace
				}
				copies++
				if more > 1<<20 {
					far++
				}
				d.Poke(0, make([]byte, 4096)) // the first header is gone
			}
		}
	}
	t.Logf("%d copies, %d of them further than 1 MiB from the end", copies, far)
	if copies < 30 || far < 10 {
		t.Error("too few")
	}
}
