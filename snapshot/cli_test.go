package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"chainroot/chain"
)

// timeOfTests is what the clock says.
var timeOfTests = time.Unix(1_700_000_000, 0)

// image is a chain image with the program that works on it, in a directory of
// its own.
type image struct {
	t    *testing.T
	dir  string
	path string
}

func newImage(t *testing.T, size int64) *image {
	t.Helper()
	i := &image{t: t, dir: t.TempDir()}
	i.path = filepath.Join(i.dir, "image")
	if err := os.WriteFile(i.path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(i.path, size); err != nil {
		t.Fatal(err)
	}
	return i
}

// run runs the program and returns what it printed and its exit code.
func (i *image) run(args ...string) (out, errs string, code int) {
	i.t.Helper()
	return run(i.t, "/nowhere", append([]string{"--device", i.path}, args...)...)
}

func run(t *testing.T, root string, args ...string) (out, errs string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	c := &cli{out: &o, errs: &e, root: root, now: func() time.Time { return timeOfTests }}
	c.spawn = func(...string) error { return nil }
	code = c.main(args)
	return o.String(), e.String(), code
}

func (i *image) must(args ...string) string {
	i.t.Helper()
	out, errs, code := i.run(args...)
	if code != 0 {
		i.t.Fatalf("snapshot %s: exit %d: %s", strings.Join(args, " "), code, errs)
	}
	return out
}

// upper makes an upper directory with files by path and content.
func (i *image) upper(files ...string) string {
	i.t.Helper()
	dir := i.t.TempDir()
	for f := 0; f < len(files); f += 2 {
		path := filepath.Join(dir, files[f])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			i.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(files[f+1]), 0o644); err != nil {
			i.t.Fatal(err)
		}
	}
	return dir
}

func (i *image) sum() [32]byte {
	i.t.Helper()
	b, err := os.ReadFile(i.path)
	if err != nil {
		i.t.Fatal(err)
	}
	return sha256.Sum256(b)
}

func (i *image) info() *info {
	i.t.Helper()
	v := &info{}
	if err := json.Unmarshal([]byte(i.must("info", "--json")), v); err != nil {
		i.t.Fatal(err)
	}
	return v
}

func TestLifeOfAnImage(t *testing.T) {
	i := newImage(t, 2<<20)
	if got := i.must("id"); strings.Trim(got, "0\n") != "" {
		t.Errorf("id of an empty chain: %q", got)
	}
	i.must("config", "--upper", i.upper("etc/a", "1"))
	v := i.info()
	if len(v.Entries) != 1 || !v.Entries[0].Volatile || v.UsedBlocks != 1 || v.FreeBlocks != 31 || v.ID != v.Entries[0].Hash {
		t.Errorf("after config: %+v", v)
	}
	i.must("push", "--label", "first light")
	i.must("config", "--label", "work", "--upper", i.upper("etc/b", "2"))
	v = i.info()
	if len(v.Entries) != 2 || v.Entries[0].Label != "first light" || v.Entries[0].Volatile || v.Entries[1].Label != "work" {
		t.Errorf("after push and config: %+v", v)
	}
	before := i.must("id")
	i.must("rollback")
	if v = i.info(); len(v.Entries) != 1 || v.RolledBack != 1 {
		t.Errorf("after rollback: %+v", v)
	}
	i.must("rollback", "--undo")
	if got := i.must("id"); got != before {
		t.Errorf("id after undo %s, before %s", got, before)
	}
	i.must("rollback", "0")
	if v = i.info(); len(v.Entries) != 0 || v.RolledBack != 2 {
		t.Errorf("after rollback 0: %+v", v)
	}
	i.must("verify")
	text := i.must("info")
	for _, want := range []string{"ENTRY", "free", "rolled back", "the bare firmware"} {
		if !strings.Contains(text, want) {
			t.Errorf("info does not say %q:\n%s", want, text)
		}
	}
}

// TestSameContentAgain checks that nothing is written, on a file.
func TestSameContentAgain(t *testing.T) {
	i := newImage(t, 1<<20)
	upper := i.upper("etc/a", "1")
	i.must("config", "--upper", upper)
	sum := i.sum()
	if out := i.must("config", "--upper", upper); !strings.Contains(out, "Nothing has changed") || i.sum() != sum {
		t.Errorf("the same content was written again: %q", out)
	}
}

// TestReadersWriteNothing checks the commands that only look.
func TestReadersWriteNothing(t *testing.T) {
	i := newImage(t, 1<<20)
	i.must("config", "--upper", i.upper("etc/a", "1"))
	if err := os.Chmod(i.path, 0o444); err != nil {
		t.Fatal(err)
	}
	sum := i.sum()
	for _, args := range [][]string{{"info"}, {"info", "--json"}, {"list"}, {"show", "config"}, {"diff", "--patch"}, {"cat", "config", "/etc/a"}, {"id"}, {"verify"}, {"verify", "--json"}, {"help"}} {
		i.must(args...)
	}
	if i.sum() != sum {
		t.Error("the image has changed")
	}
}

func TestFullFlash(t *testing.T) {
	i := newImage(t, 4*65536)
	noise := make([]byte, 120_000)
	for n := range noise {
		noise[n] = byte(n * n >> 7 * 31)
	}
	big := i.upper("blob", string(noise))
	for n := range noise {
		noise[n] ^= byte(n>>3*n + n>>9)
	}
	i.must("config", "--upper", i.upper("small", "x"))
	i.must("push")
	sum := i.sum()
	_, errs, code := i.run("config", "--upper", i.upper("blob", strings.Repeat(string(noise), 3), "b", randomText(300_000)))
	if code != exitNoRoom || !strings.Contains(errs, "bytes in") || !strings.Contains(errs, "free are 196608 bytes in 3") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if i.sum() != sum {
		t.Error("the image was touched")
	}
	i.must("config", "--upper", big)
}

// randomText returns n characters that do not compress well.
func randomText(n int) string {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}

func TestDamagedEntry(t *testing.T) {
	i := newImage(t, 1<<20)
	for n, name := range []string{"a", "b", "c"} {
		i.must("config", "--upper", i.upper("etc/"+name, name))
		if n < 2 {
			i.must("push")
		}
	}
	at := int64(i.info().Entries[1].Block*65536 + chain.HeaderSize + 40)
	f, err := os.OpenFile(i.path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	f.ReadAt(b[:], at)
	b[0] ^= 1
	f.WriteAt(b[:], at)
	f.Close()

	out, errs, code := i.run("verify")
	if code != exitDamaged || !strings.Contains(out, "snapshot 1: ok") || !strings.Contains(out, "snapshot 2: damaged") || !strings.Contains(errs, "a boot shows snapshot 1") {
		t.Errorf("verify: exit %d: %s%s", code, out, errs)
	}
	_, errs, code = i.run("config", "--upper", i.upper("etc/d", "d"))
	if code != 0 || !strings.Contains(errs, "snapshot 2") {
		t.Errorf("config: exit %d: %s", code, errs)
	}
	if v := i.info(); len(v.Entries) != 2 || !v.Entries[1].Volatile || len(v.Damage) != 0 {
		t.Errorf("after config: %+v", v)
	}
	i.must("verify")
}

func TestBadInput(t *testing.T) {
	i := newImage(t, 1<<20)
	i.must("config", "--upper", i.upper("etc/a", "1"))
	i.must("push")
	jffs2 := filepath.Join(i.dir, "jffs2")
	if err := os.WriteFile(jffs2, append([]byte("\x85\x19\x03\x20"), make([]byte, 1<<20)...), 0o644); err != nil {
		t.Fatal(err)
	}
	strange, blank := filepath.Join(i.dir, "strange"), filepath.Join(i.dir, "blank")
	if err := errors.Join(os.WriteFile(strange, []byte(randomText(1<<20)), 0o644), os.WriteFile(blank, make([]byte, 1<<20), 0o644)); err != nil {
		t.Fatal(err)
	}
	small := filepath.Join(i.dir, "small")
	if err := os.WriteFile(small, make([]byte, 1000), 0o644); err != nil {
		t.Fatal(err)
	}
	sum := i.sum()
	for _, c := range []struct {
		args []string
		code int
		say  string
	}{
		{nil, exitUsage, "no command"},
		{[]string{"nonsense"}, exitUsage, `"nonsense"`},
		{[]string{"--nonsense", "info"}, exitUsage, "-nonsense"},
		{[]string{"info", "--nonsense"}, exitUsage, "-nonsense"},
		{[]string{"info", "extra"}, exitUsage, `"extra"`},
		{[]string{"rollback", "x"}, exitUsage, `"x"`},
		{[]string{"rollback", "-1"}, exitUsage, "-1"},
		{[]string{"rollback", "1", "2"}, exitUsage, `"2"`},
		{[]string{"rollback", "--undo", "1"}, exitUsage, "not both"},
		{[]string{"rollback", "2"}, exitState, "snapshot 2"},
		{[]string{"rollback", "99999999999999999999"}, exitUsage, "99999999999999999999"},
		{[]string{"rollback", "--undo"}, exitState, "no roll-back"},
		{[]string{"push", "--label", strings.Repeat("x", 81)}, exitUsage, "81 bytes"},
		{[]string{"push", "--label", "a\nb"}, exitUsage, "does not print"},
		{[]string{"config"}, exitUsage, "--upper"},
		{[]string{"config", "--upper", filepath.Join(i.dir, "nowhere")}, exitFailed, "nowhere"},
		{[]string{"info", "--device", filepath.Join(i.dir, "nowhere")}, exitDevice, "nowhere"},
		{[]string{"info", "--device", i.dir}, exitDevice, "directory"},
		{[]string{"info", "--device", "/dev/null"}, exitDevice, "neither an MTD partition"},
		{[]string{"info", "--device", small}, exitUsage, "1000 bytes"},
		{[]string{"info", "--device", jffs2}, exitDevice, "jffs2"},
		{[]string{"config", "--device", jffs2, "--upper", i.dir}, exitDevice, "jffs2"},
		{[]string{"info", "--erase-size", "131072", "--write-size", "1"}, exitUsage, "erase blocks of 65536 bytes and write units of 4096"},
		{[]string{"config", "--write-size", "1", "--upper", i.dir}, exitUsage, "write units of 4096"},
		{[]string{"info", "--erase-size", "65536", "--write-size", "4096"}, exitOK, ""},
		{[]string{"config", "--device", strange, "--upper", i.dir}, exitDevice, "--force"},
		{[]string{"info", "--device", strange}, exitOK, ""},
		{[]string{"info", "--erase-size", "1000"}, exitUsage, "65536 bytes"},
		{[]string{"info", "--device", blank, "--erase-size", "1000"}, exitUsage, "1000 bytes"},
		{[]string{"info", "--device", blank, "--write-size", "-5"}, exitUsage, "-5"},
		{[]string{"help", "nonsense"}, exitUsage, `"nonsense"`},
	} {
		_, errs, code := i.run(c.args...)
		if code != c.code || !strings.Contains(errs, c.say) || strings.Count(errs, "snapshot: ") > 1 {
			t.Errorf("%q: exit %d, want %d with %q: %s", c.args, code, c.code, c.say, errs)
		}
		if i.sum() != sum {
			t.Fatalf("%q: the image has changed", c.args)
		}
	}
}

func TestNotAUnit(t *testing.T) {
	_, errs, code := run(t, t.TempDir(), "info")
	if code != exitDevice || !strings.Contains(errs, "--device") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestLock(t *testing.T) {
	i := newImage(t, 1<<20)
	i.must("config", "--upper", i.upper("etc/a", "1"))
	f, err := os.Open(i.path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	_, errs, code := i.run("push", "--wait", "0s")
	if code != exitLocked || !strings.Contains(errs, "holds the lock") || !strings.Contains(errs, "process ") {
		t.Errorf("exit %d: %s", code, errs)
	}
	i.must("info") // readers do not wait
	time.AfterFunc(300*time.Millisecond, func() { f.Close() })
	if _, errs, code := i.run("push", "--wait", "20s"); code != 0 || !strings.Contains(errs, "waiting for") {
		t.Errorf("after the lock was released: exit %d: %s", code, errs)
	}
}

// TestReadmeHasTheExitCodes compares the table there with that of help.
func TestReadmeHasTheExitCodes(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(exitTable) {
		code, meaning, _ := strings.Cut(strings.TrimSpace(line), " ")
		if row := "| " + code + " | " + strings.TrimSpace(meaning) + " |"; !strings.Contains(string(readme), row) {
			t.Errorf("README.md has no row %q", row)
		}
	}
}

// TestHelpNamesEveryCode compares the table of exit codes with the constants.
func TestHelpNamesEveryCode(t *testing.T) {
	for _, code := range []string{"0 ", "1 ", "2 ", "3 ", "64", "65", "66", "69", "73", "74", "75", "78", "112"} {
		if !strings.Contains(exitTable, "  "+code) {
			t.Errorf("the table does not name %s", code)
		}
	}
	for _, cmd := range commands() {
		out, _, code := run(t, "/nowhere", "help", cmd.name)
		if code != 0 || !strings.Contains(out, "Usage: snapshot [FLAGS] "+cmd.name) {
			t.Errorf("help %s: exit %d: %s", cmd.name, code, out)
		}
		flagHelp, _, code := run(t, "/nowhere", cmd.name, "--help")
		if code != 0 || flagHelp != out && cmd.name != "help" {
			t.Errorf("%s --help: exit %d: %s", cmd.name, code, flagHelp)
		}
	}
}

// noise returns n bytes that do not compress.
func noise(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}
