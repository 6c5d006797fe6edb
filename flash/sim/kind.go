package sim

import "fmt"

// Kind is what a device is made of.
type Kind int

const (
	NOR    Kind = iota // bits are cleared one by one; no bad blocks
	NORECC             // NOR whose write units have an ECC
	NAND               // pages with an ECC; blocks go bad
	UBI                // a UBI volume: an erase happens in full or not at all
	Block              // a block device: a write lasts from the next Sync on
)

// Kinds are all kinds.
var Kinds = []Kind{NOR, NORECC, NAND, UBI, Block}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(Kinds) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return [...]string{"NOR", "NOR with ECC", "NAND", "UBI", "block"}[k]
}

// ecc reports whether read() of a torn unit can be wrong in all of its bytes.
func (k Kind) ecc() bool { return k == NORECC || k == NAND }

// marksBad reports whether a block can be marked bad.
func (k Kind) marksBad() bool { return k == NAND }
