package sim

import "fmt"

// Violation is what the device panics with: a rule of flash was broken.
type Violation string

func (v Violation) Error() string { return string(v) }

func violate(format string, args ...any) { panic(Violation(fmt.Sprintf(format, args...))) }

// checkBlock panics when there is no such block.
func (d *Device) checkBlock(what string, block int) {
	if block < 0 || block >= len(d.slots) {
		violate("%s of block %d, the device has %d", what, block, len(d.slots))
	}
}

func (d *Device) checkRead(n int, off int64) {
	if off < 0 || off > d.g.Size-int64(n) {
		violate("read of %d bytes at %d, the device ends at %d", n, off, d.g.Size)
	}
}

// checkRange panics when p is not whole write units of one block.
func (d *Device) checkRange(n int, off int64) {
	ws, es := int64(d.g.WriteSize), int64(d.g.EraseSize)
	switch end := off + int64(n); {
	case off < 0 || end > d.g.Size:
		violate("program of %d bytes at %d, the device ends at %d", n, off, d.g.Size)
	case off%ws != 0 || end%ws != 0:
		violate("program of %d bytes at %d: not whole write units of %d", n, off, ws)
	case off/es != (end-1)/es:
		violate("program of %d bytes at %d: over the end of an erase block", n, off)
	}
}

// check panics when op breaks a rule. In a deaf block only the bounds count:
// what follows from its silence is not the fault of who uses it.
func (d *Device) check(op Op) {
	switch op.Kind {
	case OpProgram:
		d.checkRange(len(op.Data), op.Off)
		d.checkOrder(op)
	case OpErase, OpMarkBad:
		d.checkBlock(op.Kind.String(), op.Block)
		if op.Kind == OpErase && d.slots[op.Block].bad {
			violate("erase of block %d, which is bad", op.Block)
		}
	}
}

// checkOrder panics when the units of a program cannot be blank, as far as its
// caller can know.
func (d *Device) checkOrder(op Op) {
	s := &d.slots[op.Block]
	_, in := d.split(op.Off)
	switch {
	case s.bad:
		violate("program of block %d, which is bad", op.Block)
	case s.deafErase || s.deafProgram:
	case s.torn:
		violate("program of block %d, whose erase did not complete", op.Block)
	case in >= int(s.next):
	case s.data.scarred(in, in+d.g.WriteSize):
		violate("program at %d, of a unit that a power cut hit and that did not read blank, or before such a one", op.Off)
	default:
		violate("program at %d in block %d, which was programmed up to %d", op.Off, op.Block, int64(op.Block)*int64(d.g.EraseSize)+int64(s.next))
	}
}
