package main

import (
	"fmt"
	"math/rand/v2"

	"chainroot/chain"
)

// rotten is how many bits of a payload are flipped.
const rotten = 24

// payloadAt is where the payload of an entry with one chunk starts (chain/FORMAT.md).
const payloadAt = chain.HeaderSize + 32

// rot flips bits of the flash before the job, one at a time: of every header and
// record every stride-th, and some of every payload. One of a header or a record
// changes nothing; one of a payload takes the entry and all behind it away, which
// is reported, and the next command works.
func (j *job) rot(t *tally, stride int, seed uint64) {
	c, err := chain.Open(j.dev.Fork())
	if err != nil {
		t.violation(broken, j.where(), err.Error())
		return
	}
	r := rand.New(rand.NewPCG(seed, uint64(j.step)))
	for i, e := range c.Entries() {
		start := int64(e.Block) * int64(j.s.erase)
		for bit := r.IntN(stride); bit < 8*chain.HeaderSize; bit += stride {
			j.flip(t, start, bit, j.before, true)
		}
		slot := int64(max(128, j.s.write))
		slots := start + int64(e.Blocks)*int64(j.s.erase) - int64(e.Slots)*slot
		for n := range 6 {
			for bit := r.IntN(stride); bit < 8*128; bit += stride {
				j.flip(t, slots+int64(n)*slot, bit, j.before, false)
			}
		}
		less := model{snapshots: j.before.snapshots[:i]}
		for range rotten {
			j.flip(t, start+payloadAt, r.IntN(8*int(e.Stored)), less, true)
		}
	}
}

// flip inverts a bit behind an offset in the row of good blocks.
func (j *job) flip(t *tally, off int64, bit int, want model, reported bool) {
	t.rot.Add(1)
	off += int64(bit / 8)
	d := j.dev.Fork()
	d.Flip(off+j.s.skip(int(off/int64(j.s.erase))), uint(bit%8))
	where := func() string { return fmt.Sprintf("%s: bit %d at %d flipped", j.where(), bit%8, off) }
	r := &trial{tally: t, dev: d, before: want.String(), after: want.String(), where: where}
	c, err := chain.Open(d.Fork())
	if err == nil {
		err = c.Check()
	}
	if err != nil || reported && len(c.Damage()) == 0 {
		r.wrong(broken, fmt.Sprintf("nothing is reported as damaged (%v)", err))
	}
	if _, _, ok := r.judge(); !ok {
		return
	}
	next := &job{s: j.s, life: j.life, step: j.step, cmd: config("next", smallSize), dev: d, before: want, room: j.room, late: true}
	next.try(t, d, where)
}
