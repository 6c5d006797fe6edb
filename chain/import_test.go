package chain_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// exported returns some entries of a chain, as a file.
func exported(t testing.TB, c *chain.Chain, entries []*chain.Entry) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := c.Export(&b, entries); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// take imports a file.
func take(c *chain.Chain, file []byte, rebase bool) (int, error) {
	x, err := c.ReadExport(bytes.NewReader(file))
	if err != nil {
		return 0, err
	}
	return c.Import(x, rebase, now)
}

func mustTake(t testing.TB, c *chain.Chain, file []byte, rebase bool, want int) {
	t.Helper()
	if n, err := take(c, file, rebase); n != want || err != nil {
		t.Fatalf("%d entries were added, %v; want %d", n, err, want)
	}
}

// lived does commands on a new device.
func lived(t testing.TB, g flash.Geometry, steps ...step) (*sim.Device, *chain.Chain) {
	t.Helper()
	dev := sim.New(g)
	c := open(t, dev)
	for _, s := range steps {
		if err := s.do(c); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
	return dev, c
}

// pinned is a step that pins a snapshot, or lets it go.
func pinned(n int, yes bool) step {
	return step{fmt.Sprint("pin ", n), func(c *chain.Chain) error { return c.Pin(n, yes, now) }}
}

// A whole chain that is imported on an empty flash of the same geometry is the same
// chain, with its labels, and imported on one of another geometry shows the same.
func TestImportOfAChain(t *testing.T) {
	for _, g := range geometries {
		_, from := lived(t, g, config(t, "a|"), push("first"), config(t, noise("b|", 5000)), push(""), config(t, "c|"))
		file := exported(t, from, from.Entries())
		dev, to := lived(t, g)
		mustTake(t, to, file, false, 3)
		if to.ID() != from.ID() || to.Entries()[0].Label != "first" || to.Volatile() == nil {
			t.Errorf("%+v: the chain is another one", g)
		}
		if got := state(t, dev); got != "s:a s:b v:c" {
			t.Errorf("%+v: it shows %q", g, got)
		}
		sum := dev.Counts()
		if _, err := take(to, file, false); !errors.Is(err, chain.ErrNothing) || dev.Counts() != sum {
			t.Errorf("%+v: again: %v", g, err)
		}
		other := geometries[0]
		if other == g {
			other = geometries[1]
		}
		dev, to = lived(t, other)
		mustTake(t, to, file, false, 3)
		if got := state(t, dev); got != "s:a s:b v:c" {
			t.Errorf("%+v to %+v: it shows %q", g, other, got)
		}
		if to.Lineage(3) != from.Lineage(3) || to.ID() == from.ID() {
			t.Errorf("%+v to %+v: the lineage differs, or the hash does not", g, other)
		}
		// What was imported there goes on to the next like any other.
		_, third := lived(t, g)
		mustTake(t, third, exported(t, to, to.Entries()), false, 3)
		if third.ID() != from.ID() {
			t.Errorf("%+v by way of %+v: the chain is another one", g, other)
		}
	}
}

// Units that have the same chain have the same one after the same import.
func TestImportFollows(t *testing.T) {
	g := geometries[0]
	base := []step{config(t, "a|"), push("first")}
	_, from := lived(t, g, append(slices.Clone(base), config(t, "b|"), push("second"), config(t, "c|"), push("third"))...)
	second, third := exported(t, from, from.Entries()[1:2]), exported(t, from, from.Entries()[2:])
	both := exported(t, from, from.Entries()[1:])

	var ids []chain.Hash
	for _, steps := range [][]step{nil, {config(t, "x|"), rollback(1)}, {config(t, noise("y|", 9000)), push(""), config(t, "z|"), rollback(1)}} {
		for _, files := range [][][]byte{{second, third}, {both}} {
			dev, to := lived(t, g, append(slices.Clone(base), steps...)...)
			for _, f := range files {
				mustTake(t, to, f, false, 2/len(files))
			}
			if got := state(t, dev); got != "s:a s:b s:c" {
				t.Errorf("it shows %q", got)
			}
			if l := to.Entries()[2].Label; l != "third" {
				t.Errorf("its label is %q", l)
			}
			ids = append(ids, to.ID())
		}
	}
	for _, id := range ids {
		if id != from.ID() {
			t.Errorf("%s, want %s", id, from.ID())
		}
	}

	dev, to := lived(t, g, config(t, "other|"), push(""))
	before := dev.Counts()
	for name, file := range map[string][]byte{"after another snapshot": second, "one too far": third} {
		if _, err := take(to, file, false); !errors.Is(err, chain.ErrFollows) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if dev.Counts() != before {
		t.Error("the flash was touched")
	}
	mustTake(t, to, third, true, 1)
	if got := state(t, dev); got != "s:other s:c" {
		t.Errorf("after a rebase it shows %q", got)
	}
	if _, err := take(to, third, true); !errors.Is(err, chain.ErrNothing) {
		t.Errorf("the same rebase again: %v", err)
	}
}

// A volatile entry stays on top, and one that is a snapshot elsewhere becomes one.
func TestImportWithVolatile(t *testing.T) {
	for _, g := range geometries {
		_, from := lived(t, g, config(t, "a|"), push(""), config(t, "b|"), push("pushed"), config(t, "c|"), push(""))
		dev, to := lived(t, g, config(t, "a|"), push(""), config(t, "mine|"))
		file := exported(t, from, from.Entries()[1:])
		if _, err := take(to, file, false); !errors.Is(err, chain.ErrFollows) {
			t.Errorf("%+v: below a volatile entry: %v", g, err)
		}
		mustTake(t, to, file, true, 2)
		if got := state(t, dev); got != "s:a s:b s:c v:mine" || to.Entries()[1].Label != "pushed" {
			t.Errorf("%+v: it shows %q", g, got)
		}
		if _, err := take(to, file, true); !errors.Is(err, chain.ErrNothing) {
			t.Errorf("%+v: again: %v", g, err)
		}

		dev, to = lived(t, g, config(t, "a|"), push(""), config(t, "b|"))
		mustTake(t, to, exported(t, from, from.Entries()[:2]), false, 0)
		if got := state(t, dev); got != "s:a s:b" || to.Entries()[1].Label != "pushed" {
			t.Errorf("%+v: it shows %q", g, got)
		}
		dev, to = lived(t, g, config(t, "a|"), push(""), config(t, "b|"))
		if _, err := take(to, exported(t, from, from.Entries()[2:]), false); !errors.Is(err, chain.ErrFollows) {
			t.Errorf("%+v: behind what is volatile here: %v", g, err)
		}
		mustTake(t, to, file, false, 1)
		if got := state(t, dev); got != "s:a s:b s:c" || to.ID() != from.ID() {
			t.Errorf("%+v: it shows %q", g, got)
		}
		_, twin := lived(t, g, config(t, "v|"))
		_, to = lived(t, g, config(t, "w|"))
		if _, err := take(to, exported(t, twin, twin.Entries()), true); !errors.Is(err, chain.ErrFollows) {
			t.Errorf("%+v: two volatile entries: %v", g, err)
		}
	}
}

// The same header can stand in the same place again. What stood behind it the first
// time must not come back with it.
func TestNothingComesBackBehindAnImport(t *testing.T) {
	for _, g := range geometries {
		_, from := lived(t, g, config(t, "a|"), push(""), config(t, "b|"), push(""))
		file := exported(t, from, from.Entries())
		dev, to := lived(t, g)
		mustTake(t, to, file, false, 2)
		for _, s := range []step{config(t, "behind|"), push(""), rollback(0), config(t, "else|"), rollback(0)} {
			if err := s.do(to); err != nil {
				t.Fatal(err)
			}
		}
		mustTake(t, to, file, false, 2)
		if got := state(t, dev); got != "s:a s:b" {
			t.Errorf("%+v: it shows %q", g, got)
		}
	}
}

// The same for a compaction of the same entries, which an import brings back.
func TestNothingComesBackBehindACompaction(t *testing.T) {
	for _, g := range geometries {
		_, from := lived(t, g, config(t, "a|"), push(""), config(t, "b|"), push(""))
		file := exported(t, from, from.Entries())
		dev, to := lived(t, g)
		for range 2 {
			mustTake(t, to, file, false, 2)
			// It is larger than both, so nothing else has erased what is behind.
			plan, err := to.PlanCompact(0, []*chain.Payload{payload(t, noise("a+b|", 2*g.EraseSize))})
			if err == nil {
				err = to.Compact(plan, now)
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := state(t, dev); got != "s:a+b" {
				t.Fatalf("%+v: it shows %q", g, got)
			}
			for _, s := range []step{config(t, "behind|"), push(""), rollback(0)} {
				if err := s.do(to); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// An erase that is cut short can leave the commit record of what was rolled back, and
// take the record that retired it. So a copy that is younger comes first.
func TestImportOverWhatWasRolledBack(t *testing.T) {
	for _, g := range geometries {
		_, from := lived(t, g, config(t, "a|"), push(""), config(t, "b|"), push(""))
		file := exported(t, from, from.Entries())
		dev, to := lived(t, g, config(t, "x|"), push(""), rollback(0))
		dev.Record()
		mustTake(t, to, file, false, 2)
		for _, op := range dev.Trace() {
			if op.Kind == sim.OpProgram && op.Off >= g.Size/2 {
				break // the copy
			}
			if op.Kind == sim.OpErase && op.Block == 0 {
				t.Fatalf("%+v: what was rolled back is erased first", g)
			}
		}
		if got := state(t, dev); got != "s:a s:b" {
			t.Errorf("%+v: it shows %q", g, got)
		}
	}
}

// What is made here later has none of the headers from elsewhere.
func TestSerialsGoOn(t *testing.T) {
	g := geometries[0]
	steps := []step{config(t, "a|")}
	for i := range 6 {
		steps = append(steps, config(t, fmt.Sprint(i, "|")))
	}
	_, from := lived(t, g, append(steps, push(""))...)
	serial := from.Entries()[0].Serial
	_, to := lived(t, g)
	mustTake(t, to, exported(t, from, from.Entries()), false, 1)
	for _, s := range []step{rollback(0), config(t, "5|")} {
		if err := s.do(to); err != nil {
			t.Fatal(err)
		}
	}
	if got := to.Entries()[0].Serial; got <= serial {
		t.Errorf("serial %d follows %d", got, serial)
	}
}

// An export that does not hold is refused, wherever it was cut or changed.
func TestReadExportRefuses(t *testing.T) {
	g := geometries[0]
	_, from := lived(t, g, config(t, "a|"), push("first"), config(t, noise("b|", 3000)), push(""))
	file := exported(t, from, from.Entries())
	dev, to := lived(t, g)
	before := dev.Counts()
	refuse := func(name string, file []byte, want error) {
		t.Helper()
		if x, err := to.ReadExport(bytes.NewReader(file)); !errors.Is(err, want) {
			t.Fatalf("%s: %v, %v", name, x, err)
		}
	}
	for n := range file {
		want := chain.ErrDamaged
		if n < 8 {
			want = chain.ErrExport
		}
		refuse(fmt.Sprintf("the first %d bytes", n), file[:n], want)
	}
	for i := range file {
		bad := bytes.Clone(file)
		bad[i] ^= 0x10
		if _, err := to.ReadExport(bytes.NewReader(bad)); err == nil {
			t.Fatalf("a changed byte at %d was taken", i)
		}
	}
	refuse("more", append(bytes.Clone(file), 0), chain.ErrDamaged)
	refuse("something else", []byte(strings.Repeat("what is this? ", 50)), chain.ErrExport)
	newer := bytes.Clone(file)
	newer[9] = 2
	refuse("a newer version", newer, chain.ErrVersion)

	_, large := lived(t, geometries[3], config(t, noise("large|", 200_000)))
	var room *chain.NoRoomError
	if _, err := to.ReadExport(bytes.NewReader(exported(t, large, large.Entries()))); !errors.As(err, &room) {
		t.Errorf("more than the flash holds: %v", err)
	}
	// However small entries are, each takes a block: no more of them are read than fit.
	var steps []step
	for i := range 12 {
		steps = append(steps, config(t, fmt.Sprint(i, "|")), push(""))
	}
	_, many := lived(t, g, steps...)
	_, few := lived(t, flash.Geometry{Size: 8 * 4096, EraseSize: 4096, WriteSize: 1})
	if _, err := few.ReadExport(bytes.NewReader(exported(t, many, many.Entries()))); !errors.As(err, &room) || room.Need != 9 {
		t.Errorf("more entries than the flash has blocks: %v", err)
	}
	if dev.Counts() != before {
		t.Error("the flash was touched")
	}
}

// What has no room is refused before anything is touched.
func TestImportWithoutRoom(t *testing.T) {
	g := flash.Geometry{Size: 4 * 4096, EraseSize: 4096, WriteSize: 1}
	_, from := lived(t, geometries[0], config(t, "a|"), push(""), config(t, "b|"), push(""), config(t, "c|"), push(""))
	dev, to := lived(t, g, config(t, "x|"), rollback(0))
	before := dev.Counts()
	var room *chain.NoRoomError
	if _, err := take(to, exported(t, from, from.Entries()), false); !errors.As(err, &room) || room.Need != 6 || room.Free != 4 {
		t.Errorf("over what was rolled back: %v", err)
	}
	if dev.Counts() != before {
		t.Error("the flash was touched")
	}
	mustTake(t, to, exported(t, from, from.Entries()[:2]), false, 2)
	dev, to = lived(t, g)
	mustTake(t, to, exported(t, from, from.Entries()), false, 3) // free flash takes them once
	if got := state(t, dev); got != "s:a s:b s:c" {
		t.Errorf("it shows %q", got)
	}
	_, to = lived(t, g, config(t, "x|"), push(""), config(t, "v|"))
	if _, err := take(to, exported(t, from, from.Entries()[:1]), true); !errors.As(err, &room) {
		t.Errorf("below a volatile entry: %v", err)
	}
}

// A snapshot that was in no chain yet goes to any, or follows on from one.
func TestNewExport(t *testing.T) {
	g := geometries[0]
	made := func(c *chain.Chain) []byte {
		x, err := chain.NewExport(c, payload(t, "built|"), "label", now.Unix())
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := x.Encode(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	dev, to := lived(t, g, config(t, "a|"), push(""))
	mustTake(t, to, made(nil), false, 1)
	if got := state(t, dev); got != "s:a s:built" || to.Entries()[1].Label != "label" {
		t.Errorf("it shows %q", got)
	}
	_, base := lived(t, geometries[2], config(t, "a|"), push(""))
	dev, to = lived(t, geometries[2], config(t, "a|"), push(""))
	mustTake(t, to, made(base), false, 1)
	if got := state(t, dev); got != "s:a s:built" {
		t.Errorf("it shows %q", got)
	}
	if _, err := take(base, made(to), false); !errors.Is(err, chain.ErrFollows) {
		t.Errorf("on a chain that is behind: %v", err)
	}
	if err := config(t, "v|").do(to); err != nil {
		t.Fatal(err)
	}
	if _, err := chain.NewExport(to, payload(t, "x"), "", 0); !errors.Is(err, chain.ErrFollows) {
		t.Errorf("on a volatile entry: %v", err)
	}
	if _, err := chain.NewExport(nil, payload(t, "x"), strings.Repeat("x", 81), 0); err == nil {
		t.Error("a label that is too long was taken")
	}
}

// A copy of what was rolled back, ended by a record that an erase took and whose commit
// record it left, must not come back: not even where the entry at its home is erased
// before, because its last block is that behind what is imported.
func TestRetiredStaysRetiredInAnImport(t *testing.T) {
	g := flash.Geometry{Size: 16 * 6144, EraseSize: 6144, WriteSize: 256} // half a block parts the commit record of a copy from the next one
	x, err := chain.NewExport(nil, payload(t, "new|"), "", now.Unix())
	if err != nil {
		t.Fatal(err)
	}
	dev, c := lived(t, g, config(t, noise("a|", 6000)), config(t, noise("b|", 6000)))
	if n := c.Volatile().Blocks; n != 2 {
		t.Fatalf("it takes %d blocks, this test needs 2", n)
	}
	do(t, dev, rollback(0))
	for k := 0; ; k++ {
		done := false
		for _, tear := range sim.Tears {
			d := dev.Fork()
			d.CutAfter(k, tear, uint64(k))
			_, err := open(t, d).Import(x, false, now)
			if done = err == nil; done {
				break
			}
			d.PowerOn()
			if got := state(t, d); got != "" && got != "s:new" {
				t.Fatalf("a cut of operation %d (%v) leaves %q", k, tear, got)
			}
		}
		if done {
			break
		}
	}
}
