package sim

// Counts are the operations since New, Fork or the last ResetCounts. An
// operation that a cut hit is not among them.
type Counts struct {
	Reads, Programs, Erases, Syncs int
	Marks                          int // blocks marked bad
	ReadBytes, ProgrammedBytes     int64
}

// Ops returns how many operations changed the flash: what CutAt and FailAt
// count. A Sync is not one of them.
func (c Counts) Ops() int { return c.Programs + c.Erases + c.Marks }

// Counts returns the operations so far.
func (d *Device) Counts() Counts { return d.count }

// ResetCounts starts counting anew. The wear of the blocks stays.
func (d *Device) ResetCounts() { d.count = Counts{} }

// Wear returns how often a block was erased, in part or in full, since New.
func (d *Device) Wear(block int) int { return int(d.slots[block].wear) }

func (d *Device) tally(op Op) {
	switch op.Kind {
	case OpProgram:
		d.count.Programs++
		d.count.ProgrammedBytes += int64(len(op.Data))
	case OpErase:
		d.count.Erases++
	case OpSync:
		d.count.Syncs++
	case OpMarkBad:
		d.count.Marks++
	}
}
