package chain

// UseKind is what an erase block is used for.
type UseKind int

const (
	UseFree       UseKind = iota // a command may write there
	UseEntry                     // an entry of the chain, at its home
	UseBack                      // a copy in the back buffer that a boot needs
	UseRolledBack                // an entry that Undo would bring back
	UseForeign                   // what else the flash holds, see Chain.Foreign
	UseBad                       // nothing: the block is bad
)

var useNames = [...]string{"free", "entry", "back buffer", "rolled back", "foreign", "bad"}

func (k UseKind) String() string { return useNames[k] }

// Use is what one erase block holds.
type Use struct {
	Kind     UseKind
	Number   int  // of the entry, if it holds one; else 0
	Volatile bool // that is the volatile one
}

// Map returns what each erase block of the device holds, in the order of the device:
// bad blocks are among them. What was rolled back is read, to see whether it can be
// brought back; what cannot is free, as is what a power cut has left.
func (c *Chain) Map() []Use {
	uses := make([]Use, c.a.dev.Geometry().Blocks())
	for at := range uses {
		uses[at].Kind = UseBad
	}
	good := Use{Kind: UseFree}
	if c.foreign != ContentUnknown {
		good.Kind = UseForeign
	}
	for at := range c.a.blocks() {
		uses[c.a.device(at)] = good
	}
	fill := func(e *Entry, kind UseKind) {
		for at := e.Block; at < min(e.Block+e.Blocks, c.a.blocks()); at++ {
			uses[c.a.device(at)] = Use{Kind: kind, Number: e.Number, Volatile: e.IsVolatile()}
		}
	}
	for _, e := range c.undoable() {
		fill(e, UseRolledBack)
	}
	for _, e := range c.entries {
		fill(e, UseEntry)
	}
	if c.back != nil && c.back.counts() {
		for _, e := range c.back.entries {
			fill(e, UseBack)
		}
	}
	return uses
}

// counts reports whether a boot takes anything from the back buffer. Then it needs
// all of it: the entries there vouch for one another.
func (b *back) counts() bool {
	for _, e := range b.entries {
		if e.counts {
			return true
		}
	}
	return false
}
