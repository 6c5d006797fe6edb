package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// shape is the geometry of the flash of a machine.
var shape = flash.Geometry{Size: 8 << 20, EraseSize: 65536, WriteSize: 4096}

// loaded returns a simulated flash with the content b.
func loaded(b []byte) *sim.Device {
	d := sim.New(shape)
	d.Load(b)
	return d
}

func opened(t testing.TB, dev flash.Device) *chain.Chain {
	t.Helper()
	c, err := chain.Open(dev)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	return c
}

// looseEnd is a flash on which a power cut in a command has left something
// between two states.
type looseEnd struct {
	name     string
	image    []byte
	shows    chain.Hash
	snapshot int
	volatile bool
}

// looseEnds cuts the power in commands on the chain in image, at every
// operation, and returns one image for each operation and state after it.
func looseEnds(t testing.TB, image []byte) []looseEnd {
	t.Helper()
	now := time.Unix(1.8e9, 0)
	w := chain.NewPayloadWriter()
	if _, err := w.Write(make([]byte, 1024)); err != nil {
		t.Fatal(err)
	}
	p, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	whole := loaded(image)
	var found []looseEnd
	for _, command := range []struct {
		name string
		do   func(*chain.Chain) error
	}{
		{"config", func(c *chain.Chain) error { return c.WriteVolatile(p, "", now) }},
		{"push", func(c *chain.Chain) error { return c.Promote("", now) }},
		{"rollback", func(c *chain.Chain) error { return c.Rollback(2, now) }},
	} {
		for k, done := 0, false; !done; k++ {
			states := map[chain.Hash]bool{}
			for _, form := range []sim.Form{sim.Before, sim.Half, sim.Bits, sim.After, sim.Faint} {
				d := whole.Fork()
				d.CutAfter(k, form, 3)
				if done = command.do(opened(t, d)) == nil; done {
					break
				}
				d.PowerOn()
				if opened(t, d).Settled() {
					continue
				}
				d = loaded(d.Bytes()) // as it stays, if it is read from a file
				if c := opened(t, d); !c.Settled() && !states[c.ID()] {
					states[c.ID()] = true
					found = append(found, looseEnd{fmt.Sprintf("%s, %s operation %d", command.name, form, k),
						d.Bytes(), c.ID(), len(c.Snapshots()), c.Volatile() != nil})
				}
			}
		}
	}
	if len(found) < 8 {
		t.Fatalf("only %d loose ends: the commands lost their steps", len(found))
	}
	return found
}

// put makes b the content of the flash.
func (m *machine) put(b []byte) {
	m.t.Helper()
	old := m.content()
	f, err := os.OpenFile(m.flash, os.O_RDWR, 0)
	m.must(err)
	for off := 0; off < len(b); off += shape.EraseSize {
		if part := b[off : off+shape.EraseSize]; !bytes.Equal(part, old[off:off+len(part)]) {
			_, err := f.WriteAt(part, int64(off))
			m.must(err)
		}
	}
	m.must(errors.Join(f.Sync(), f.Close()))
}

// content returns what is on the flash.
func (m *machine) content() []byte {
	m.t.Helper()
	b, err := os.ReadFile(m.image)
	m.must(err)
	return b
}

// TestRepair boots what power cuts have left: the first boot repairs it, unless
// the command line asks for a state; all boots show the same state.
func TestRepair(t *testing.T) {
	m := three(t, nil)
	ends := looseEnds(t, m.content())
	for n, end := range ends {
		t.Run(end.name, func(t *testing.T) {
			m.t = t
			m.put(end.image)
			// The machine checks that the flash is as it was.
			r := m.boot([]string{"snapshot.rollback", "snapshot.rollback=1", "snapshot.rollback=9", "snapshot.skip"}[n%4])
			if r.report.Repaired {
				t.Error("repaired, though a state was asked for")
			}
			p := m.start()
			p.before = nil // a boot that writes
			r = p.wait()
			r.state(end.snapshot, end.volatile, boot.Stacked)
			if !r.report.Repaired || r.report.State.ID != end.shows.String() || len(r.report.Skipped) != 0 {
				t.Errorf("report is %+v, want the state %s", r.report, end.shows)
			}
			r.logged("<4>preinit: repaired what a power cut has left")
			if c := opened(t, loaded(m.content())); !c.Settled() || c.ID() != end.shows {
				t.Errorf("the chain shows %s, settled: %v", c.ID(), c.Settled())
			}
			r = m.boot()
			r.state(end.snapshot, end.volatile, boot.Stacked)
			if r.report.Repaired || r.report.State.ID != end.shows.String() || len(r.report.Skipped) != 0 {
				t.Errorf("report of the second boot is %+v, want the state %s", r.report, end.shows)
			}
		})
	}
	t.Logf("loose ends: %d", len(ends))
}

// readOnly makes the kernel refuse all writes to the flash, or not.
func (m *machine) readOnly(on int) {
	m.t.Helper()
	f, err := os.Open(m.flash)
	m.must(err)
	m.must(errors.Join(unix.IoctlSetPointerInt(int(f.Fd()), unix.BLKROSET, on), f.Close()))
}

// TestRepairRefused: where what a power cut has left cannot be repaired, the
// state that shows is booted.
func TestRepairRefused(t *testing.T) {
	m := three(t, nil)
	ends := looseEnds(t, m.content())
	end := ends[len(ends)-1]
	m.put(end.image)
	m.readOnly(1)
	defer m.readOnly(0)
	p := m.start()
	before := p.before
	p.before = nil // it is opened for writing
	r := p.wait()
	r.state(end.snapshot, end.volatile, boot.Stacked)
	r.skipped("repair", "the block device is read-only")
	r.logged("<3>preinit: repair: ")
	if r.report.Repaired || r.report.State.ID != end.shows.String() || !bytes.Equal(before, m.content()) {
		t.Errorf("report is %+v, want the state %s", r.report, end.shows)
	}
}

// TestNotRepaired: what is no chain is left alone, whatever stands at its end.
func TestNotRepaired(t *testing.T) {
	m := newMachine(t, nil)
	for name, content := range map[string]string{"new disk": "\x00", "unknown": "unknown "} {
		t.Run(name, func(t *testing.T) {
			m.t = t
			b := bytes.Repeat([]byte(content), int(shape.Size)/len(content))
			copy(b[len(b)-11*shape.WriteSize:], "REC1") // what a record starts with
			if opened(t, loaded(b)).Settled() {
				t.Fatal("nothing stands where a copy would")
			}
			m.put(b)
			r := m.boot()
			r.state(0, false, boot.Stacked)
			if r.report.Repaired || len(r.report.Skipped) != 0 {
				t.Errorf("report is %+v", r.report)
			}
		})
	}
}

// TestRepairOfANewerChain: it is not written to.
func TestRepairOfANewerChain(t *testing.T) {
	m := three(t, nil)
	m.commit("pushed", true, map[string]string{"etc/config": "pushed"})
	m.commit("newer", false, map[string]string{"etc/config": "newer"})
	b := m.content()
	entries := opened(t, loaded(b)).Entries()
	pushed, newer := entries[3], entries[4]
	header := b[newer.Block*shape.EraseSize:][:chain.HeaderSize]
	header[9]++ // the version
	binary.BigEndian.PutUint32(header[252:], crc32.ChecksumIEEE(header[:252]))
	// The second copy of the record that made the one before it a snapshot.
	slot := (pushed.Block+pushed.Blocks)*shape.EraseSize - pushed.Slots*shape.WriteSize + 3*shape.WriteSize
	if string(b[slot:slot+4]) != "REC1" {
		t.Fatal("there is no record")
	}
	copy(b[slot:], bytes.Repeat([]byte{0xFF}, shape.WriteSize))
	m.put(b)
	if c := opened(t, loaded(b)); c.Settled() || c.Writable() == nil {
		t.Fatalf("settled: %v, writable: %v", c.Settled(), c.Writable())
	}
	r := m.boot()
	r.state(4, false, boot.Stacked)
	r.skipped("repair", "newer format")
	r.skipped("erase block 4", "newer format")
}

// TestRepairTells: a record whose first copy rots is written again, and the boot
// that does so says what was wrong. The next one has nothing to say.
func TestRepairTells(t *testing.T) {
	m := three(t, nil)
	b := m.content()
	e := opened(t, loaded(b)).Entries()[3]
	slots := (e.Block+e.Blocks)*shape.EraseSize - e.Slots*shape.WriteSize
	b[slots+50] ^= 1
	m.put(b)
	p := m.start()
	p.before = nil // it is written to
	r := p.wait()
	r.state(3, true, boot.Stacked)
	r.skipped("volatile", "a record of it does not hold, its second copy does")
	if !r.report.Repaired {
		t.Error("nothing was repaired")
	}
	r = m.boot()
	r.state(3, true, boot.Stacked)
	if r.report.Repaired || len(r.report.Skipped) != 0 {
		t.Errorf("report of the second boot is %+v", r.report)
	}
}

// failing is a flash that is opened for writing.
type failing struct {
	*sim.Device
	panics bool
	close  error
}

func (f failing) Erase(block int) error {
	if f.panics {
		panic("of the device")
	}
	return f.Device.Erase(block)
}

func (f failing) Program(p []byte, off int64) error {
	if f.panics {
		panic("of the device")
	}
	return f.Device.Program(p, off)
}

func (f failing) Close() error { return f.close }

// TestRepairFails: the boot goes on with the state that shows, and says so.
func TestRepairFails(t *testing.T) {
	m := three(t, nil)
	failures := 0
	for _, end := range looseEnds(t, m.content()) {
		flashed := loaded(end.image)
		try := func(how string, fail func(*failing), open error) sim.Counts {
			d := flashed.Fork()
			f := failing{Device: d}
			fail(&f)
			u := newUnit()
			u.flash = d
			u.open = func(string, *flash.Options) (flash.Device, error) { return f, open }
			c := u.repair(opened(t, d))
			if got := opened(t, d).ID(); c.ID() != end.shows || got != end.shows {
				t.Errorf("%s, %s: the boot shows %s, the flash %s, want %s", end.name, how, c.ID(), got, end.shows)
			}
			skipped := strings.Contains(fmt.Sprint(u.report.Skipped), "repair")
			if u.report.Repaired && !c.Settled() || u.report.Repaired == skipped && f.close == nil {
				t.Errorf("%s, %s: repaired: %v, settled: %v, skipped %+v", end.name, how, u.report.Repaired, c.Settled(), u.report.Skipped)
			}
			failures++
			return d.Counts()
		}
		try("open", func(*failing) {}, syscall.EACCES)
		try("panic", func(f *failing) { f.panics = true }, nil)
		try("all blocks", func(f *failing) {
			for block := range shape.Blocks() {
				f.FailBlock(block, syscall.EIO)
			}
		}, nil)
		count := try("close", func(f *failing) { f.close = syscall.EIO }, nil)
		for n := range count.Ops() {
			try(fmt.Sprintf("operation %d", n), func(f *failing) { f.FailAt(n, syscall.EIO) }, nil)
		}
		for n := range count.Syncs {
			try(fmt.Sprintf("sync %d", n), func(f *failing) { f.FailSync(n, syscall.EIO) }, nil)
		}
	}
	t.Logf("failures: %d", failures)
	if failures < 60 {
		t.Error("too few: the repairs lost their steps")
	}
}
