package sim

import (
	"errors"
	"math/rand/v2"
	"slices"

	"chainroot/flash"
)

// ErrPowerCut is returned by every operation from the cut on, until PowerOn.
var ErrPowerCut = errors.New("power cut")

// Device is a simulated flash.
type Device struct {
	kind  Kind
	g     flash.Geometry
	stock *stock
	slots []slot // by erase block
	own   *token // what may be changed in place; nil: nothing
	seed  uint64
	rnd   rand.PCG // what reads draw from

	count     Counts
	off       bool // the power is cut
	recording bool
	trace     []Op
	faults    *faults // nil: none
	plan      plan

	durable []slot // Block: what was there at the last Sync, if pending
	pending []Op   // Block: the writes since then
}

// slot is an erase block: its content, and what the rules need to know of it.
type slot struct {
	data        *block // nil: blank
	next        int32  // bytes from its start: below, nothing may be programmed
	wear        int32  // erases
	bad         bool
	torn        bool   // the last erase did not complete
	fading      fading // how often a bit of content that is 0 reads 1
	deafErase   bool
	deafProgram bool
}

// plan is what is to happen at an operation to come. It stays behind in a Fork.
type plan struct {
	cut      func(Op) Cut // nil: no cut
	cutIn    int          // changing operations before it
	fail     error        // nil: no failure
	failIn   int          // changing operations before it
	syncFail error        // nil: no failure
	syncIn   int          // syncs before it
}

// New returns an erased NOR of geometry g.
func New(g flash.Geometry) *Device { return NewKind(NOR, g) }

// NewKind returns an erased device of kind k and geometry g. It panics when
// there can be no such geometry.
func NewKind(k Kind, g flash.Geometry) *Device {
	if err := g.Check(); err != nil {
		panic(err)
	}
	d := &Device{kind: k, g: g, stock: newStock(), slots: make([]slot, g.Blocks())}
	d.Seed(0)
	return d
}

// Fork returns a device with the same content, rules, faults of the medium and
// seed, with the power on, nothing planned, no trace and all counts zero. What
// is done to one of the two does not show in the other.
func (d *Device) Fork() *Device {
	if d.own != nil {
		d.own = nil
	}
	f := &Device{
		kind:    d.kind,
		g:       d.g,
		stock:   d.stock,
		slots:   slices.Clone(d.slots),
		faults:  d.faults.clone(),
		durable: d.durable,
		pending: slices.Clip(d.pending),
	}
	f.Seed(d.seed)
	return f
}

// Seed starts what looks like chance anew: what unstable bits read as, lies,
// and what failures leave behind.
func (d *Device) Seed(seed uint64) {
	d.seed = seed
	d.rnd.Seed(seed, 0x9E3779B97F4A7C15)
}

// Kind returns what the device is made of.
func (d *Device) Kind() Kind { return d.kind }

// Geometry returns sizes in bytes.
func (d *Device) Geometry() flash.Geometry { return d.g }

// Close does nothing.
func (d *Device) Close() error { return nil }

// split returns the block of a byte and the offset in it.
func (d *Device) split(off int64) (block, in int) {
	e := int64(d.g.EraseSize)
	return int(off / e), int(off % e)
}
