package sim

import "slices"

// Record starts to take operations down, anew.
func (d *Device) Record() { d.recording, d.trace = true, nil }

// Trace returns the operations since Record, in order, those that failed too.
// One that a power cut hit is not among them, nor one that did nothing.
func (d *Device) Trace() []Op { return slices.Clone(d.trace) }

// Play does op on d as it was done where it was taken down, a failure included,
// and returns how it failed.
func (d *Device) Play(op Op) error { return d.do(op) }
