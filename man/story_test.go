package man_test

import (
	"archive/tar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
)

// The examples are of an image that is the same wherever it is made: its tars have
// fixed owners and times, its records too.

// file is one of those in a tar; a content of "-" is a whiteout.
type file struct{ path, content string }

// payload returns a tar with files, each with the directories that it is in.
func payload(t *testing.T, files ...file) *chain.Payload {
	t.Helper()
	p := chain.NewPayloadWriter()
	w := tar.NewWriter(p)
	made := map[string]bool{}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, f := range files {
		for i, r := range f.path {
			if dir := f.path[:i]; r == '/' && !made[dir] {
				made[dir] = true
				must(t, w.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: dir + "/", Mode: 0o755, ModTime: at}))
			}
		}
		h := &tar.Header{Typeflag: tar.TypeReg, Name: f.path, Mode: 0o644, ModTime: at, Size: int64(len(f.content))}
		if f.content == "-" {
			h.Typeflag, h.Size = tar.TypeChar, 0
			must(t, w.WriteHeader(h))
			continue
		}
		must(t, w.WriteHeader(h))
		_, err := w.Write([]byte(f.content))
		must(t, err)
	}
	must(t, w.Close())
	finished, err := p.Finish()
	must(t, err)
	return finished
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// story makes the image: two snapshots, and a change that was not pushed.
func story(t *testing.T, path string) {
	t.Helper()
	must(t, os.WriteFile(path, make([]byte, 4<<20), 0o644))
	dev, err := chain.OpenFlash(path, &flash.Options{})
	must(t, err)
	c, err := chain.Open(dev)
	must(t, err)
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 30, 0, 0, time.UTC) }
	network := file{"etc/config/network", "config interface lan\n\toption ipaddr 10.0.0.1\n"}
	must(t, c.WriteVolatile(payload(t, network, file{"etc/hostname", "roof-17\n"}), "", at(1, 9)))
	must(t, c.Promote("first light", at(1, 10)))
	must(t, c.WriteVolatile(payload(t, file{"etc/config/wireless", "config wifi-iface guest\n"}, file{"www/portal.bin", noise(150_000)}), "", at(2, 9)))
	must(t, c.Promote("guest network", at(2, 11)))
	must(t, c.WriteVolatile(payload(t, file{"etc/config/network", "config interface lan\n\toption ipaddr 10.0.0.17\n"}, file{"etc/motd", "-"}), "other address", at(5, 16)))
	must(t, dev.Close())
}

// noise returns n characters that do not compress.
func noise(n int) string {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}

// report is that of the boot of a unit with the chain of story.
func report(t *testing.T, s *program) []byte {
	t.Helper()
	r := boot.Report{Version: 1, State: boot.State{Snapshot: 2, Volatile: true}, Asked: "last", Layout: boot.Stacked, Device: "/dev/mtd5", Holds: "chain",
		Entries: []boot.Entry{
			{Number: 1, Label: "first light", Microseconds: 2400}, {Number: 2, Label: "guest network", Microseconds: 131_700},
			{Number: 3, Volatile: true, Label: "other address", Microseconds: 3100},
		},
		Phases: []boot.Phase{{Name: "kernel", Microseconds: 2_310_400}, {Name: "early", Microseconds: 9200}, {Name: "modules", Microseconds: 48_000},
			{Name: "root", Microseconds: 31_500}, {Name: "find", Microseconds: 6300}, {Name: "chain", Microseconds: 22_800},
			{Name: "snapshots", Microseconds: 134_100}, {Name: "volatile", Microseconds: 3100}, {Name: "overlay", Microseconds: 4700}, {Name: "init", Microseconds: 61_900}},
	}
	return r.AppendJSON(nil)
}

// example is a command with what it prints.
func (p *page) example(s *program, args ...string) {
	p.literal("$ snapshot " + strings.Join(args, " ") + "\n" + folded(s.run(args...)))
}

// folded breaks long sentences between words, as a terminal would somewhere. Rows of
// tables stay.
func folded(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		for utf8.RuneCountInString(line) > screenWidth+1 && !strings.Contains(strings.TrimSpace(line), "  ") {
			at := strings.LastIndex(line[:screenWidth+1], " ")
			if at < 0 {
				break
			}
			b.WriteString(line[:at] + "\n")
			line = line[at+1:]
		}
		b.WriteString(line)
	}
	return b.String()
}

// onUnit is the same on a system that was booted by preinit: a directory that the
// program takes for the root.
func (p *page) onUnit(s *program, args ...string) {
	s.t.Helper()
	if os.Getuid() != 0 {
		s.t.Skip("needs root: it changes the root directory")
	}
	root := filepath.Join(s.dir, "root")
	must(s.t, os.MkdirAll(root+"/snapshot", 0o755))
	must(s.t, os.WriteFile(root+boot.ReportPath, report(s.t, s), 0o644))
	b, err := os.ReadFile(s.path)
	must(s.t, err)
	must(s.t, os.WriteFile(root+"/program", b, 0o755))
	cmd := &exec.Cmd{Path: "/program", Args: append([]string{"snapshot"}, args...), Dir: "/", SysProcAttr: &syscall.SysProcAttr{Chroot: root}}
	out := s.onScreen(cmd)
	p.literal("$ snapshot " + strings.Join(args, " ") + "\n" + folded(out))
}

func TestFolded(t *testing.T) {
	word := "word "
	for _, c := range []struct{ text, want string }{
		{"", ""}, {"short\n", "short\n"}, {"no end", "no end"},
		{strings.Repeat(word, 20) + "\n", strings.Repeat(word, 13) + "word\n" + strings.Repeat(word, 6) + "\n"},
		{"state  " + strings.Repeat("f", 68) + "\n", "state  " + strings.Repeat("f", 68) + "\n"},
		{strings.Repeat("f", 90) + "\n", strings.Repeat("f", 90) + "\n"},
	} {
		if got := folded(c.text); got != c.want {
			t.Errorf("%q is %q, want %q", c.text, got, c.want)
		}
	}
}
