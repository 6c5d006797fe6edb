package sim

// Cuts lists the ways in which op, which is about to happen, can be cut. A
// program is cut at up to limit boundaries of its write units, the first, the
// last and such as are spread between; limit 0 is no limit. Not exhaustive,
// there are at most three of them. A sync can be cut on a block device only.
// Cuts returns the same for equal devices and seeds.
func (d *Device) Cuts(op Op, exhaustive bool, limit int) []Cut {
	if !exhaustive && (limit <= 0 || limit > 3) {
		limit = 3
	}
	var cuts []Cut
	add := func(units int, forms ...Form) {
		for _, f := range forms {
			seed := d.seed ^ uint64(op.Off)<<20 ^ uint64(op.Block)<<8 ^ uint64(op.Kind)
			cuts = append(cuts, Cut{units, f, (seed + uint64(len(cuts)) + 1) * 0x9E3779B97F4A7C15})
		}
	}
	switch {
	case d.kind == Block:
		writes := len(d.pending)
		if op.Kind != OpSync {
			writes++
		}
		add(0, Before, Half, Bits, Bits, Bits)
		if exhaustive {
			add(0, Bits, Bits, Bits, Bits, Bits)
		}
		for _, i := range spread(writes, limit) {
			add(i, Only, Lost)
		}
	case op.Kind == OpSync:
		return nil
	case op.Kind == OpProgram:
		for _, u := range spread(d.units(op), limit) {
			add(u, Before, Half, Bits, Weak, Faint)
			if d.kind != NOR {
				add(u, ECC)
			}
		}
	case op.Kind == OpMarkBad || d.kind == UBI:
		add(0, Before)
	default:
		add(0, Before, Half, FirstHalf, ZeroTail, Bits, Unstable)
	}
	add(d.units(op), After)
	return cuts
}

// spread returns up to limit numbers of 0 to n-1, both of these among them.
func spread(n, limit int) []int {
	if limit <= 0 || limit > n {
		limit = n
	}
	limit = max(limit, min(n, 2))
	all := make([]int, limit)
	for i := 1; i < limit; i++ {
		all[i] = i * (n - 1) / (limit - 1)
	}
	return all
}
