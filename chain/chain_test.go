package chain_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

var now = time.Unix(1_700_000_000, 0)

// payload stores a content; what is stored is about as large as it is long.
func payload(t testing.TB, content string) *chain.Payload {
	t.Helper()
	w := chain.NewPayloadWriter()
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	p, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// noise returns n bytes that do not compress, starting with a name.
func noise(name string, n int) string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(len(name))))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return name + string(b)
}

func open(t testing.TB, dev flash.Device) *chain.Chain {
	t.Helper()
	c, err := chain.Open(dev)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// state is what a boot of dev shows, as text: every entry with its content,
// shortened to the name in front.
func state(t testing.TB, dev flash.Device) string {
	t.Helper()
	c := open(t, dev)
	if err := errors.Join(c.Check(), c.Repair()); err != nil {
		t.Fatal(err)
	}
	var parts []string
	for _, e := range c.Entries() {
		kind := "s"
		if e.IsVolatile() {
			kind = "v"
		}
		parts = append(parts, kind+":"+name(content(t, c, e)))
	}
	return strings.Join(parts, " ")
}

func name(content string) string {
	if i := strings.IndexByte(content, '|'); i >= 0 {
		return content[:i]
	}
	return content
}

func content(t testing.TB, c *chain.Chain, e *chain.Entry) string {
	t.Helper()
	r, err := c.Tar(e)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", e.Name(), err)
	}
	return string(b)
}

// step is one command on a chain.
type step struct {
	name string
	do   func(*chain.Chain) error
}

func config(t testing.TB, content string) step {
	p := payload(t, content)
	return step{"config " + name(content), func(c *chain.Chain) error { return c.WriteVolatile(p, "", now) }}
}

func push(label string) step {
	return step{"push", func(c *chain.Chain) error { return c.Promote(label, now) }}
}

func rollback(n int) step {
	return step{fmt.Sprintf("rollback %d", n), func(c *chain.Chain) error { return c.Rollback(n, now) }}
}

func undo() step { return step{"undo", func(c *chain.Chain) error { return c.Undo(now) }} }

// geometries are the shapes that every test of the life cycle runs on.
var geometries = []flash.Geometry{
	{Size: 32 * 4096, EraseSize: 4096, WriteSize: 1},
	{Size: 33 * 4096, EraseSize: 4096, WriteSize: 16},
	{Size: 16 * 65536, EraseSize: 65536, WriteSize: 1},
	{Size: 16 * 65536, EraseSize: 65536, WriteSize: 256},
	{Size: 17 * 65536, EraseSize: 65536, WriteSize: 4096},
	{Size: 40 * 126976, EraseSize: 126976, WriteSize: 2048},
	{Size: 12 * 131072, EraseSize: 131072, WriteSize: 2048},
	{Size: 12 * 262144, EraseSize: 262144, WriteSize: 4096},
	{Size: 200 * 4096, EraseSize: 4096, WriteSize: 4096},
}

func shape(g flash.Geometry) string {
	return fmt.Sprintf("%dx%d-%d", g.Blocks(), g.EraseSize, g.WriteSize)
}

// story is a life cycle with the state after each step. Contents are of
// different sizes, so that entries grow, shrink and leave remains.
func story(t testing.TB, g flash.Geometry) []struct {
	step
	want string
} {
	small, large := 900, g.EraseSize+700
	return []struct {
		step
		want string
	}{
		{config(t, noise("a|", small)), "v:a"},
		{config(t, noise("b|", large)), "v:b"},
		{push("first"), "s:b"},
		{config(t, noise("c|", large)), "s:b v:c"},
		{config(t, noise("d|", small)), "s:b v:d"},
		{push(""), "s:b s:d"},
		{config(t, noise("e|", small)), "s:b s:d v:e"},
		{rollback(1), "s:b"},
		{undo(), "s:b s:d v:e"},
		{rollback(2), "s:b s:d"},
		{rollback(1), "s:b"},
		{undo(), "s:b s:d"},
		{undo(), "s:b s:d v:e"},
		{rollback(0), ""},
		{config(t, noise("f|", large)), "v:f"},
		{push("again"), "s:f"},
		{config(t, noise("g|", small)), "s:f v:g"},
		{rollback(1), "s:f"},
		{config(t, noise("h|", large)), "s:f v:h"},
		{rollback(0), ""},
		{undo(), "s:f v:h"},
	}
}

func TestLifeCycle(t *testing.T) {
	for _, g := range geometries {
		t.Run(shape(g), func(t *testing.T) {
			dev := sim.New(g)
			for _, s := range story(t, g) {
				if err := s.do(open(t, dev)); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
				if got := state(t, dev); got != s.want {
					t.Fatalf("after %s: %q, want %q", s.name, got, s.want)
				}
				if d := open(t, dev).Damage(); len(d) > 0 {
					t.Fatalf("after %s: damage %v", s.name, d)
				}
			}
		})
	}
}

// TestLargeFlash runs the life cycle on flash that ends behind 4 GiB, where its
// back buffer is.
func TestLargeFlash(t *testing.T) {
	g := flash.Geometry{Size: 5 << 30, EraseSize: 512 << 10, WriteSize: 2048}
	dev := sim.New(g)
	for _, s := range story(t, g) {
		do(t, dev, s.step)
		if got := state(t, dev); got != s.want {
			t.Fatalf("after %s: %q, want %q", s.name, got, s.want)
		}
	}
}

// TestPushIsARecord counts what push and an unchanged config cost.
func TestPushIsARecord(t *testing.T) {
	for _, g := range geometries {
		dev := sim.New(g)
		cfg := config(t, noise("a|", 3000))
		if err := cfg.do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
		dev.ResetCounts()
		if err := cfg.do(open(t, dev)); !errors.Is(err, chain.ErrNothing) {
			t.Fatalf("%s: the same content again: %v", shape(g), err)
		}
		if n := dev.Counts().Ops(); n != 0 {
			t.Errorf("%s: the same content again costs %d operations", shape(g), n)
		}
		if err := push("label").do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
		n := dev.Counts()
		if n.Erases != 0 || n.Programs != 2 || n.ProgrammedBytes > 2*int64(max(g.WriteSize, 128)) {
			t.Errorf("%s: push costs %+v", shape(g), n)
		}
	}
}

// TestCost bounds what a config costs: the payload twice, the blocks twice.
func TestCost(t *testing.T) {
	g := flash.Geometry{Size: 64 * 65536, EraseSize: 65536, WriteSize: 1}
	dev := sim.New(g)
	for i, size := range []int{300_000, 310_000, 290_000, 305_000} {
		p := payload(t, noise(fmt.Sprint(i, "|"), size))
		dev.ResetCounts()
		if err := open(t, dev).WriteVolatile(p, "", now); err != nil {
			t.Fatal(err)
		}
		n, blocks := dev.Counts(), int(p.Stored()/65536)+1
		if i == 0 && (n.Erases > blocks || n.ProgrammedBytes > p.Stored()*105/100) {
			t.Errorf("the first config costs %+v", n)
		}
		if n.Erases > 2*blocks || n.ProgrammedBytes > p.Stored()*21/10 {
			t.Errorf("config %d costs %+v for %d bytes in %d blocks", i, n, p.Stored(), blocks)
		}
	}
}

// TestNoRoom fills the flash: what does not fit is refused before anything is
// touched, with the figures.
func TestNoRoom(t *testing.T) {
	g := flash.Geometry{Size: 4 * 4096, EraseSize: 4096, WriteSize: 1}
	dev := sim.New(g)
	if err := config(t, noise("a|", 4096)).do(open(t, dev)); err != nil {
		t.Fatal(err)
	}
	image := dev.Bytes()
	dev.ResetCounts()
	err := config(t, noise("b|", 3*4096)).do(open(t, dev))
	var room *chain.NoRoomError
	if !errors.As(err, &room) || room.Need != 6 || room.Free != 2 || room.EraseSize != 4096 {
		t.Fatalf("got %v", err)
	}
	for _, figure := range []string{"needs 24576 bytes in 6 erase blocks", "free are 8192 bytes in 2"} {
		if !strings.Contains(err.Error(), figure) {
			t.Errorf("%q does not say %q", err, figure)
		}
	}
	if dev.Counts().Ops() != 0 || !bytes.Equal(image, dev.Bytes()) {
		t.Error("the flash was touched")
	}
	// The same size again just fits, however often.
	for i := range 5 {
		if err := config(t, noise(fmt.Sprint(i, "|"), 4096)).do(open(t, dev)); err != nil {
			t.Fatal(err)
		}
	}
	// Rolled back and full of what was rolled back: there is room for it all.
	if err := rollback(0).do(open(t, dev)); err != nil {
		t.Fatal(err)
	}
	if err := config(t, noise("c|", 4096)).do(open(t, dev)); err != nil {
		t.Fatal(err)
	}
	if got := state(t, dev); got != "v:c" {
		t.Fatalf("state %q", got)
	}
}

// do runs steps one after the other.
func do(t testing.TB, dev *sim.Device, steps ...step) {
	t.Helper()
	for _, s := range steps {
		if err := s.do(open(t, dev)); err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
	}
}

// TestRefusals are the changes that there is nothing to make of.
func TestRefusals(t *testing.T) {
	g := flash.Geometry{Size: 32 * 65536, EraseSize: 65536, WriteSize: 1}
	for _, c := range []struct {
		name  string
		steps []step
		last  step
		want  error
	}{
		{"push of nothing", nil, push(""), chain.ErrNothing},
		{"undo of nothing", nil, undo(), chain.ErrNoState},
		{"rollback on an empty chain", nil, rollback(0), chain.ErrNothing},
		{"rollback beyond the end", []step{config(t, "a|"), push("")}, rollback(2), chain.ErrNoState},
		{"rollback to a negative state", []step{config(t, "a|"), push("")}, rollback(-1), chain.ErrNoState},
		{"rollback to where it is", []step{config(t, "a|"), push("")}, rollback(1), chain.ErrNothing},
		{"undo after a new config", []step{config(t, "a|"), rollback(0), config(t, "b|")}, undo(), chain.ErrNoState},
		{"undo twice", []step{config(t, "a|"), rollback(0), undo()}, undo(), chain.ErrNoState},
	} {
		t.Run(c.name, func(t *testing.T) {
			dev := sim.New(g)
			for _, s := range c.steps {
				if err := s.do(open(t, dev)); err != nil {
					t.Fatalf("%s: %v", s.name, err)
				}
			}
			image := dev.Bytes()
			if err := c.last.do(open(t, dev)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if !bytes.Equal(image, dev.Bytes()) {
				t.Error("the flash was touched")
			}
		})
	}
}
