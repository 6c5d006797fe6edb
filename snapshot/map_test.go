package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/flash/sim"
)

// mapped returns the map of a life: two snapshots, the second large, and a volatile
// entry.
func mapped(t *testing.T, size int64) *image {
	t.Helper()
	i := newImage(t, size)
	i.must("push", "--label", "first light", "--upper", i.upper("etc/a", "1"))
	i.must("push", "--upper", i.upper("blob", randomText(150_000)))
	i.must("config", "--upper", i.upper("etc/b", "2"))
	return i
}

func (i *image) flashMap() *flashMap {
	i.t.Helper()
	m := &flashMap{}
	if err := json.Unmarshal([]byte(i.must("map", "--json")), m); err != nil {
		i.t.Fatal(err)
	}
	return m
}

func TestMapPicture(t *testing.T) {
	i := newImage(t, 2<<20)
	if out := i.must("map"); !strings.Contains(out, "       0  "+strings.Repeat(".", 32)+"\n\n.  free      32 blocks       2097152 bytes\n") {
		t.Errorf("of an empty flash:\n%s", out)
	}
	i.must("push", "--label", "first light", "--upper", i.upper("etc/a", "1"))
	if err := os.Truncate(i.path, 100*65536); err != nil {
		t.Fatal(err)
	}
	i.must("push", "--upper", i.upper("blob", randomText(150_000)))
	i.must("config", "--label", "work", "--upper", i.upper("etc/b", "2"))
	used := i.info().Entries[1].Blocks
	want := fmt.Sprintf(`: 100 erase blocks of 65536 bytes, a character for each

       0  1%sV%s
      64  %s

1  snapshot 1 (first light)        1 block          65536 bytes
2  snapshot 2                      %d blocks        %d bytes
V  the volatile entry (work)       1 block          65536 bytes
.  free                           %d blocks       %d bytes
`, strings.Repeat("2", used), strings.Repeat(".", 62-used), strings.Repeat(".", 36), used, used*65536, 98-used, (98-used)*65536)
	if out := i.must("map"); out != i.path+want {
		t.Errorf("the map is\n%swant\n%s", out, i.path+want)
	}
	i.must("rollback", "1")
	if out := i.must("map"); !strings.Contains(out, "1"+strings.Repeat("R", used+1)+".") || !strings.Contains(out, "R  the volatile entry, rolled back ") {
		t.Errorf("rolled back:\n%s", out)
	}
}

func TestMapJSON(t *testing.T) {
	i := mapped(t, 2<<20)
	m, v := i.flashMap(), i.info()
	if m.Device != i.path || m.EraseSize != 65536 || m.Blocks != 32 || len(m.Runs) != 4 || len(m.Uses) != 4 {
		t.Fatalf("%+v", m)
	}
	at := 0
	for n, r := range m.Runs {
		if r.Block != at {
			t.Errorf("run %d starts at %d, want %d", n, r.Block, at)
		}
		at += r.Blocks
		if n < 3 {
			e := v.Entries[n]
			if r.Use != "entry" || r.Block != e.Block || r.Blocks != e.Blocks || r.Number != e.Number || r.Volatile != e.Volatile || m.Uses[n].Label != e.Label {
				t.Errorf("run %d is %+v, the entry %+v", n, r, e)
			}
		}
	}
	if at != 32 || m.Uses[3].Use != "free" || m.Uses[3].Bytes != v.Free || m.Damage == nil {
		t.Errorf("%+v", m)
	}
}

// TestMapShrinks: where there are more blocks than characters, nothing that is used
// gets lost, and lines stay as wide as the terminal.
func TestMapShrinks(t *testing.T) {
	person, program := terminal(t)
	for _, c := range []struct {
		blocks, columns int // of the flash, of the terminal
		each, cells     int
	}{
		{32, 80, 1, 64}, {1024, 80, 1, 64}, {1025, 80, 2, 64}, {5000, 80, 5, 64},
		{32, 40, 1, 24}, {1024, 40, 3, 24}, {1024, 5, 8, 8}, {1024, 500, 1, 64},
	} {
		m := &flashMap{Blocks: c.blocks, EraseSize: 4096, cells: make([]int, c.blocks)}
		for kind, u := range []chain.Use{{}, {Kind: chain.UseEntry, Number: 1}, {Kind: chain.UseBad}} {
			m.Uses = append(m.Uses, mapUse{Use: fmt.Sprint(kind), use: u})
		}
		m.cells[c.blocks/2], m.cells[c.blocks-1] = 1, 2
		must(t, unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 20, Col: uint16(c.columns)}))
		var out bytes.Buffer
		app := &cli{out: program, env: func(string) string { return "1" }} // NO_COLOR
		read := make(chan struct{})
		go func() {
			b := make([]byte, 1<<16)
			for !strings.Contains(out.String(), "end\r\n") {
				n, err := person.Read(b)
				if err != nil {
					break
				}
				out.Write(b[:n])
			}
			close(read)
		}()
		must(t, app.printMap(m))
		fmt.Fprintln(program, "end")
		<-read
		lines := strings.Split(strings.ReplaceAll(out.String(), "\r", ""), "\n")
		shown := ""
		for _, line := range lines[2:] {
			if line == "" {
				break
			}
			if len(line) > max(c.columns, mapOffset+8) || len(line) > mapOffset+c.cells {
				t.Errorf("%+v: a line has %d characters: %q", c, len(line), line)
			}
			if want := fmt.Sprintf("%*d  ", mapOffset-2, len(shown)*c.each); line[:mapOffset] != want {
				t.Errorf("%+v: a line begins with %q, want %q", c, line[:mapOffset], want)
			}
			shown += line[mapOffset:]
		}
		if want := (c.blocks + c.each - 1) / c.each; len(shown) != want || strings.Count(shown, "1") != 1 || strings.Count(shown, "X") != 1 ||
			shown[c.blocks/2/c.each] != '1' || shown[len(shown)-1] != 'X' {
			t.Errorf("%+v: %d characters, want %d:\n%s", c, len(shown), want, out.String())
		}
		if c.each > 1 && !strings.Contains(lines[0], fmt.Sprintf("a character for %d", c.each)) {
			t.Errorf("%+v: %s", c, lines[0])
		}
	}
}

// TestMapCells is what one character stands for.
func TestMapCells(t *testing.T) {
	m := &flashMap{Uses: []mapUse{{use: chain.Use{}}, {use: chain.Use{Kind: chain.UseEntry, Number: 1}}, {use: chain.Use{Kind: chain.UseBad}}}}
	for _, c := range []struct {
		cells []int
		want  string
	}{
		{[]int{0, 0, 0, 0}, "[0]"}, {[]int{0, 0, 0, 1}, "[1]"}, {[]int{2, 1, 1, 0}, "[1]"}, {[]int{2, 2, 1, 0}, "[2]"},
		{[]int{1, 2, 0, 0}, "[1]"}, {[]int{0, 0, 0, 0, 2}, "[0 2]"}, {nil, "[]"},
	} {
		m.cells = c.cells
		if got := fmt.Sprint(m.shrunk(4)); got != c.want {
			t.Errorf("%v: %s, want %s", c.cells, got, c.want)
		}
	}
}

func TestMapSymbols(t *testing.T) {
	for _, c := range []struct {
		use  chain.Use
		want string
	}{
		{chain.Use{Kind: chain.UseEntry, Number: 1}, "1 entry0"}, {chain.Use{Kind: chain.UseEntry, Number: 9}, "9 entry2"},
		{chain.Use{Kind: chain.UseEntry, Number: 10}, "a entry3"}, {chain.Use{Kind: chain.UseEntry, Number: 35}, "z entry4"},
		{chain.Use{Kind: chain.UseEntry, Number: 36}, "1 entry5"}, {chain.Use{Kind: chain.UseEntry, Number: 2, Volatile: true}, "V volatile"},
		{chain.Use{Kind: chain.UseBack, Number: 2, Volatile: true}, "B back"}, {chain.Use{Kind: chain.UseRolledBack, Number: 3}, "R lost"},
		{chain.Use{Kind: chain.UseBad}, "X bad"}, {chain.Use{}, ". free"},
	} {
		u := &mapUse{use: c.use}
		if got := u.symbol() + " " + u.class(); got != c.want {
			t.Errorf("%+v: %q, want %q", c.use, got, c.want)
		}
	}
}

// TestMapBadAndBack draws what an image cannot have: bad blocks, and a copy that
// counts.
func TestMapBadAndBack(t *testing.T) {
	dev := sim.NewKind(sim.NAND, flash.Geometry{Size: 16 * 4096, EraseSize: 4096, WriteSize: 256})
	dev.SetBad(1)
	dev.SetBad(9)
	c, err := chain.Open(dev)
	must(t, err)
	w := chain.NewPayloadWriter()
	w.Write([]byte("one"))
	one, err := w.Finish()
	must(t, err)
	must(t, c.WriteVolatile(one, "a\x1bb", timeOfTests))
	w = chain.NewPayloadWriter()
	w.Write([]byte("two"))
	two, err := w.Finish()
	must(t, err)
	var cut *sim.Device
	for n := 0; ; n++ {
		cut = dev.Fork()
		cut.CutAfter(n, sim.Before, 0)
		c, err = chain.Open(cut)
		must(t, err)
		if c.WriteVolatile(two, `<b>`, timeOfTests) == nil {
			t.Fatal("no cut leaves a copy that counts")
		}
		cut.PowerOn()
		if c, err = chain.Open(cut); err == nil && c.Space().Back != nil {
			break
		}
	}
	m := newFlashMap(&session{Chain: c, path: "flash", dev: cut})
	var out bytes.Buffer
	app := &cli{out: &out, env: func(string) string { return "" }}
	must(t, app.printMap(m))
	for _, want := range []string{".X.......X.....B\n", "X  bad ", "B  copy of the volatile entry (<b>) in the back buffer "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the map does not show %q:\n%s", want, out.String())
		}
	}
	if d := readSVG(t, string(m.svg())); d.classes["bad"] != 3 || d.classes["back"] != 2 { // each in the legend, too
		t.Errorf("the picture has %v", d.classes)
	}
}

// TestMapHostile: a label of an image that somebody else has made breaks neither the
// terminal nor the picture.
func TestMapHostile(t *testing.T) {
	for _, label := range hostile {
		label = label[:min(len(label), chain.MaxLabel)]
		dev := sim.New(flash.Geometry{Size: 8 * 4096, EraseSize: 4096, WriteSize: 1})
		c, err := chain.Open(dev)
		must(t, err)
		w := chain.NewPayloadWriter()
		w.Write([]byte("one"))
		p, err := w.Finish()
		must(t, err)
		if err := c.WriteVolatile(p, label, timeOfTests); err != nil {
			continue // the format takes no such label
		}
		m := newFlashMap(&session{Chain: c, path: "flash" + label, dev: dev})
		var out bytes.Buffer
		must(t, (&cli{out: &out, env: func(string) string { return "" }}).printMap(m))
		lines := strings.Split(out.String(), "\n")
		if len(lines) != 7 || strings.ContainsFunc(strings.Join(lines, ""), func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' }) {
			t.Errorf("%q: the map is\n%q", label, out.String())
		}
		if d := readSVG(t, string(m.svg())); d.title != "Flash map of "+escaped("flash"+label) {
			t.Errorf("%q: %+v", label, d)
		}
	}
}

func TestMapSVG(t *testing.T) {
	for _, size := range []int64{2 << 20, 8 << 20, 400 << 20} {
		i := mapped(t, size)
		d := readSVG(t, i.must("map", "--svg", "-"))
		blocks := fmt.Sprint(size / 65536)
		if !strings.Contains(d.title, i.path) || !strings.Contains(d.desc, blocks+" erase blocks of 65536 bytes") || d.width != "928" {
			t.Errorf("%s blocks: %q, %q, %s wide", blocks, d.title, d.desc, d.width)
		}
		all := strings.Join(d.texts, "\n")
		for _, want := range []string{"snapshot 1 (first light): 1 block, 65536 bytes", "snapshot 2: ", "the volatile entry: 1 block", "free: "} {
			if !strings.Contains(all, want) {
				t.Errorf("%s blocks: the legend does not say %q:\n%s", blocks, want, all)
			}
		}
		for _, class := range []string{"entry0", "entry1", "volatile", "free"} {
			if d.classes[class] < 2 {
				t.Errorf("%s blocks: %v", blocks, d.classes)
			}
		}
	}
}

// TestMapColours: on a terminal entries have colours, and the characters are the same.
func TestMapColours(t *testing.T) {
	_, program := terminal(t)
	app := &cli{out: program, env: func(string) string { return "" }}
	seen := map[string]string{}
	for _, u := range []chain.Use{{Kind: chain.UseEntry, Number: 1}, {Kind: chain.UseEntry, Number: 2}, {Kind: chain.UseEntry, Number: 3}, {Kind: chain.UseEntry, Number: 4},
		{Kind: chain.UseEntry, Number: 5, Volatile: true}, {Kind: chain.UseBad}, {Kind: chain.UseBack}, {}} {
		painted := app.tint("x", u)
		if before, ok := seen[painted]; ok {
			t.Errorf("%+v looks like %s", u, before)
		}
		seen[painted] = fmt.Sprintf("%+v", u)
	}
}

func TestMapBadInput(t *testing.T) {
	i := mapped(t, 2<<20)
	sum := i.sum()
	for _, c := range []struct {
		args []string
		code int
		say  string
	}{
		{[]string{"map", "extra"}, exitUsage, `"extra"`},
		{[]string{"map", "--json", "--svg", "x"}, exitUsage, "not both"},
		{[]string{"map", "--svg"}, exitUsage, "svg"},
		{[]string{"map", "--device", "/nowhere/at/all"}, exitDevice, "/nowhere/at/all"},
	} {
		out, errs, code := i.run(c.args...)
		if code != c.code || out != "" || !strings.Contains(errs, c.say) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d, want %d with %q: %s%s", c.args, code, c.code, c.say, out, errs)
		}
	}
	if i.sum() != sum {
		t.Error("the image has changed")
	}
}
