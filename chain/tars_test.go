package chain_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// watched is a device that counts its reads and fails when it is closed to them.
type watched struct {
	flash.Device
	reads  atomic.Int64
	closed atomic.Bool
	late   atomic.Int64 // reads after that
}

func (w *watched) ReadAt(p []byte, off int64) (int, error) {
	w.reads.Add(1)
	if w.closed.Load() {
		w.late.Add(1)
	}
	return w.Device.ReadAt(p, off)
}

// tarSizes are those of tars that take several blocks, a part of one, and nothing.
var tarSizes = []int{3 << 20, 100, 0, 1 << 20, 5000, 1<<20 + 1, 2 << 20, 70_000}

// manyTars pushes tars of these sizes, which compress by half.
func manyTars(t testing.TB) (*sim.Device, [][]byte) {
	t.Helper()
	g := flash.Geometry{Size: 12 << 20, EraseSize: 64 << 10, WriteSize: 16}
	dev := sim.New(g)
	r := rand.NewChaCha8([32]byte{1})
	var tars [][]byte
	for _, n := range tarSizes {
		b := make([]byte, n)
		r.Read(b)
		for i := range b {
			if i/100%2 == 0 {
				b[i] = 'a'
			}
		}
		w := chain.NewPayloadWriter()
		w.Write(b)
		p, err := w.Finish()
		must(t, err)
		c := open(t, dev)
		must(t, c.WriteVolatile(p, "", time.Unix(1, 0)))
		must(t, c.Promote("", time.Unix(1, 0)))
		tars = append(tars, b)
	}
	return dev, tars
}

// onProcessors runs f with one and with several processors: then one of them reads
// ahead.
func onProcessors(t *testing.T, f func(t *testing.T)) {
	for _, n := range []int{1, 2, 4} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(n))
			f(t)
		})
	}
}

func TestTars(t *testing.T) {
	dev, tars := manyTars(t)
	onProcessors(t, func(t *testing.T) {
		c := open(t, dev)
		all := c.Tars(c.Entries())
		defer all.Close()
		for i, want := range tars {
			if i%3 == 1 { // not read
				all.Next()
				continue
			}
			got, err := io.ReadAll(all.Next())
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("tar %d: %d bytes of %d, %v", i, len(got), len(want), err)
			}
		}
	})
}

// A tar alone ends with its reader.
func TestTarCloses(t *testing.T) {
	dev, tars := manyTars(t)
	onProcessors(t, func(t *testing.T) {
		c := open(t, dev)
		for i, want := range tars {
			tar, err := c.Tar(c.Entries()[i])
			must(t, err)
			if i%2 == 0 {
				if got, err := io.ReadAll(tar); err != nil || !bytes.Equal(got, want) {
					t.Errorf("tar %d: %d bytes of %d, %v", i, len(got), len(want), err)
				}
			}
			for range 2 {
				must(t, tar.Close())
			}
			if _, err := tar.Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
				t.Errorf("closed, it returns %v", err)
			}
		}
	})
}

// Each byte of the payloads is read once, and nothing after Close, wherever the
// reading stops.
func TestTarsStop(t *testing.T) {
	dev, tars := manyTars(t)
	onProcessors(t, func(t *testing.T) {
		for stop := range len(tars) + 1 {
			w := &watched{Device: dev.Fork()}
			c := open(t, w)
			all := c.Tars(c.Entries())
			var tar *chain.Tar
			for range stop {
				tar = all.Next()
			}
			if tar != nil {
				if _, err := tar.Next(); err != nil && err != io.EOF {
					t.Error(err)
				}
			}
			all.Close()
			w.closed.Store(true)
			time.Sleep(5 * time.Millisecond)
			if n := w.late.Load(); n > 0 {
				t.Errorf("stopped after %d tars, %d reads came after that", stop, n)
			}
			if tar != nil {
				if _, err := tar.Next(); err == nil {
					t.Error("a closed tar goes on")
				}
			}
			all.Close() // again
		}
	})
}

// What is damaged ends the reading: what comes before it is given out, and it says
// what it is.
func TestTarsDamaged(t *testing.T) {
	dev, tars := manyTars(t)
	onProcessors(t, func(t *testing.T) {
		for bad := range tars {
			d := dev.Fork()
			e := open(t, d).Entries()[bad]
			const payload = 5 // some bit in the first chunk
			d.Flip(int64(e.Block)*64<<10+256+(e.Stored+65535)/65536*32+payload, 0)
			c := open(t, d)
			all := c.Tars(c.Entries())
			for i, want := range tars[:bad] {
				if got, err := io.ReadAll(all.Next()); err != nil || !bytes.Equal(got, want) {
					t.Errorf("damage in %d: tar %d: %d bytes of %d, %v", bad, i, len(got), len(want), err)
				}
			}
			if _, err := io.ReadAll(all.Next()); !errors.Is(err, chain.ErrDamaged) {
				t.Errorf("damage in %d: %v", bad, err)
			}
			all.Close()
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
