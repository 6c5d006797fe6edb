package scenario

import (
	"archive/tar"
	"path"
	"slices"
	"strings"
	"time"

	"chainroot/chain"
	"chainroot/flash"
	"chainroot/qemu"
)

// layer is the content of an entry, as a tar in the making. It is made without
// the code under test.
type layer []file

type file struct {
	tar.Header
	content string
}

// text returns a layer of text files, name and content by turns, with the
// directories that they are in.
func text(pairs ...string) layer {
	var l layer
	for i := 0; i < len(pairs); i += 2 {
		l = append(l, file{tar.Header{Typeflag: tar.TypeReg, Name: pairs[i], Mode: 0o644}, pairs[i+1]})
	}
	return l.withDirs()
}

// program returns a layer with one file.
func program(name string, mode int64, content string) layer {
	return layer{{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode}, content}}.withDirs()
}

// script returns a layer with a shell script.
func script(name string, mode int64, lines string) layer {
	return program(name, mode, "#!/bin/sh\n"+lines+"\n")
}

// without adds deletions: the whiteouts of overlayfs, character devices 0:0.
func (l layer) without(names ...string) layer {
	for _, name := range names {
		l = append(l, file{Header: tar.Header{Typeflag: tar.TypeChar, Name: name}})
	}
	return l.withDirs()
}

// withDirs adds the directories that are missing.
func (l layer) withDirs() layer {
	has := map[string]bool{".": true}
	var out layer
	var dir func(name string)
	dir = func(name string) {
		if !has[name] {
			has[name] = true
			dir(path.Dir(name))
			out = append(out, file{Header: tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755}})
		}
	}
	for _, f := range l {
		name := strings.TrimSuffix(f.Name, "/")
		if f.Typeflag == tar.TypeDir && has[name] {
			continue
		}
		dir(path.Dir(name))
		has[name] = true
		out = append(out, f)
	}
	return out
}

// payload packs the layer as the chain stores it.
func (u *unit) payload(l layer) *chain.Payload {
	u.Helper()
	w := chain.NewPayloadWriter()
	t := tar.NewWriter(w)
	for _, f := range l {
		f.Size = int64(len(f.content))
		f.ModTime = time.Unix(1700000000, 0)
		f.Format = tar.FormatPAX
		u.must(t.WriteHeader(&f.Header))
		_, err := t.Write([]byte(f.content))
		u.must(err)
	}
	u.must(t.Close())
	p, err := w.Finish()
	u.must(err)
	return p
}

// open opens the flash of the unit, which is off, with the geometry it has for
// the unit.
func (u *unit) open() flash.Device {
	u.Helper()
	u.cut()
	geometry := &flash.Options{EraseSize: qemu.EraseSize}
	if u.bytewise() {
		geometry.WriteSize = 1
	}
	dev, err := flash.Open(u.data(), geometry)
	u.must(err)
	return dev
}

// snapshots writes a chain of snapshots to the flash of the unit, which is off.
func (u *unit) snapshots(layers ...layer) {
	u.Helper()
	u.entries(layers, nil)
}

// entries writes a chain, with a volatile entry if that is not nil.
func (u *unit) entries(snapshots []layer, volatile layer) {
	u.Helper()
	dev := u.open()
	c, err := chain.Open(dev)
	u.must(err)
	now := time.Unix(1700000000, 0)
	for i, l := range snapshots {
		u.must(c.WriteVolatile(u.payload(l), "", now))
		u.must(c.Promote("number "+string(rune('1'+i)), now))
	}
	if volatile != nil {
		u.must(c.WriteVolatile(u.payload(volatile), "", now))
	}
	u.must(dev.Close())
}

// tries writes an entry on trial behind the chain, as a snapshot.
func (u *unit) tries(l layer, boots int) {
	u.Helper()
	dev := u.open()
	c, err := chain.Open(dev)
	u.must(err)
	u.must(c.Try(u.payload(l), true, "", chain.Trial{Left: boots}, time.Unix(1700000000, 0)))
	u.must(dev.Close())
}

// entry returns an entry of the chain on the flash of the unit, which is off.
// The first has number 1.
func (u *unit) entry(number int) *chain.Entry {
	u.Helper()
	dev := u.open()
	defer dev.Close()
	c, err := chain.Open(dev)
	u.must(err)
	entries := c.Entries()
	at := slices.IndexFunc(entries, func(e *chain.Entry) bool { return e.Number == number })
	if at < 0 {
		u.Fatalf("no entry %d among %d", number, len(entries))
	}
	return entries[at]
}
