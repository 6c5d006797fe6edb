package chain

// buffers are what a Tar needs memory for. The next one of the chain uses them
// again: a boot reads many, and has little memory.
type buffers struct {
	in    []byte
	parts [][]byte
}

// borrow takes the buffers of a chain, unless another Tar has them.
func (t *Tar) borrow(c *Chain) {
	t.chain = c
	t.frame.in, t.spare = c.buffers.in[:0], c.buffers.parts
	c.buffers = buffers{}
}

// giveBack returns them.
func (t *Tar) giveBack() {
	if t.chain != nil {
		t.chain.buffers = buffers{t.frame.in, t.spare}
		t.chain = nil
	}
	t.frame.in, t.spare = nil, nil
}

// buffer returns one for a part of the tar; nil: there is none yet.
func (t *Tar) buffer() []byte {
	n := len(t.spare)
	if n == 0 {
		return nil
	}
	b := t.spare[n-1]
	t.spare = t.spare[:n-1]
	return b
}

// keep takes a buffer back.
func (t *Tar) keep(b []byte) {
	if b != nil {
		t.spare = append(t.spare, b)
	}
}
