package chain_test

import (
	"fmt"
	"syscall"
	"testing"

	"chainroot/flash"
	"chainroot/flash/sim"
)

// flaky is a device of which one read goes wrong, once.
type flaky struct {
	*sim.Device
	in   int // reads before that
	err  error
	done bool
}

func (f *flaky) ReadAt(p []byte, off int64) (int, error) {
	f.in--
	if f.in != -1 {
		return f.Device.ReadAt(p, off)
	}
	f.done = true
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.Device.ReadAt(p, off)
	if len(p) > 0 {
		p[len(p)/2] ^= 4
	}
	return n, err
}

// TestReadFailsOnce lets each read of the life cycle go wrong once: what can be
// read after all is no damage, and nothing of it is lost.
func TestReadFailsOnce(t *testing.T) {
	g := flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 16}
	for _, fault := range []struct {
		name string
		err  error
	}{{"EIO", syscall.EIO}, {"EBADMSG", syscall.EBADMSG}, {"ENOMEM", syscall.ENOMEM}, {"a wrong bit", nil}} {
		t.Run(fault.name, func(t *testing.T) {
			dev, faults := sim.New(g), 0
			for _, s := range story(t, g) {
				for n := 0; ; n++ {
					f := &flaky{Device: dev.Fork(), in: n, err: fault.err}
					err := s.do(open(t, f))
					where := fmt.Sprintf("%s, read %d", s.name, n)
					if err != nil {
						t.Errorf("%s: %v", where, err)
					}
					if got := state(t, f.Device); got != s.want {
						t.Fatalf("%s: %q, want %q", where, got, s.want)
					}
					if !f.done {
						break
					}
					faults++
				}
				do(t, dev, s.step)
			}
			t.Logf("faults: %d", faults)
			if faults < 400 {
				t.Error("too few: the story lost its steps")
			}
		})
	}
}
