package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/chain/delta"
	"chainroot/chain/fstools"
	"chainroot/flash"
)

var convertCommand = command{
	name:    "convert",
	args:    "[--label TEXT] [--no-reboot] [--via FILE]",
	summary: "make a chain of the jffs2, or of the fstools chain, in rootfs_data",
	details: `On a unit that runs on a writable file system in rootfs_data (the classic
overlay): what is in it becomes a chain with one volatile entry, in place. First
the overlay goes read-only; what holds files open for writing there is named. Then
the chain is written, as a copy, into erase blocks that jffs2 does not use, and
read back. Until that copy is complete the unit boots jffs2 as before, from then
on the chain. Then the chain is written to its place, and the unit reboots.

On a unit whose rootfs_data holds a chain of OpenWrt's fstools, and with --device
on an image of one: all its entries become a chain, in the same way.

Where too little is unused for the copy, or the file system is another one than
jffs2, nothing is touched, and --via is left:

  --via FILE    write the chain to FILE first, on another device or in RAM, and
                then over what is in rootfs_data. If the power fails before that
                is complete, nothing of it is left there, and only FILE has the
                chain: it is an image, to be written to rootfs_data from its
                start. A FILE in RAM is lost with the power.
  --label TEXT  a name for the volatile entry, at most 80 bytes
  --no-reboot   leave the copy where it is, and the unit running, read-only; the
                next boot shows the chain
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		v := &conversion{}
		fs.StringVar(&v.label, "label", "", "")
		fs.StringVar(&v.via, "via", "", "")
		fs.BoolVar(&v.noReboot, "no-reboot", false, "")
		return func(c *cli, _ []string) error {
			if err := checkLabel(v.label); err != nil {
				return err
			}
			v.cli = c
			return v.run()
		}
	},
}

// conversion is one run of convert.
type conversion struct {
	*cli
	label, via string
	noReboot   bool

	place   string       // of the flash
	own     *boot.Report // of the unit whose rootfs_data it is; nil: another device
	dev     flash.Device
	chain   *chain.Chain
	frozen  *frozen // the overlay, if the unit runs on one
	entries []chain.Incoming
	unused  chain.Unused
	writing bool // the flash was written to, or may have been
}

func (v *conversion) run() (err error) {
	if v.place, err = v.devicePath(); err != nil {
		return err
	}
	if v.own, err = v.onUnit(); err != nil {
		return err
	}
	l, err := v.acquire(v.place)
	if err != nil {
		return err
	}
	defer l.release()
	if v.own != nil && v.own.Layout == boot.Classic && v.own.Holds == chain.ContentUBIFS.String() {
		return stateError("%s holds ubifs, which lets nobody else write to the volume, so nothing was touched. "+
			"Make an image on another device (`snapshot --device IMAGE --erase-size N --write-size N config --upper /overlay/upper`, with the sizes of the volume), "+
			"boot with snapshot.skip, and write it with ubiupdatevol", v.place)
	}
	var shadow *flash.Shadow
	if v.dev, shadow, err = v.openFlash(v.place, true); err != nil {
		return err
	}
	defer func() {
		if shadow != nil && err == nil {
			v.dryWork(shadow.Work)
		}
		if closed := v.dev.Close(); err == nil && closed != nil {
			err = fmt.Errorf("cannot close flash: %w", closed)
		}
		if err != nil {
			err = v.giveUp(err)
		}
	}()
	if err := v.collect(); err != nil {
		return err
	}
	return v.write()
}

// giveUp makes the overlay writable again, if that can be: once there is anything
// of a chain in blocks that the mounted file system takes for blank, that must not
// write any more.
func (v *conversion) giveUp(err error) error {
	switch {
	case v.frozen == nil:
		return err
	case v.writing:
		return fmt.Errorf("%w; the root file system stays read-only: reboot, the next boot shows what the flash holds", err)
	}
	if e := v.frozen.thaw(); e != nil {
		return fmt.Errorf("%w; %w", err, e)
	}
	return err
}

// collect reads what is to become the chain.
func (v *conversion) collect() error {
	content, err := chain.Identify(v.dev)
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", v.place, err)
	}
	if v.chain, err = chain.Open(v.dev); err != nil {
		return err
	}
	switch content {
	case chain.ContentFstools:
		return v.fromFstools()
	case chain.ContentJFFS2, chain.ContentUBIFS, chain.ContentExt4, chain.ContentF2FS:
		return v.fromOverlay(content)
	case chain.ContentChain:
		return stateError("%s holds a chain already: there is nothing to convert", v.place)
	}
	return &codeError{exitDevice, fmt.Errorf("%s holds no overlay and no fstools chain, but %v: there is nothing to convert", v.place, content)}
}

func (v *conversion) fromFstools() error {
	old, err := fstools.Read(v.dev)
	if err != nil {
		return fmt.Errorf("cannot convert the fstools chain on %s, nothing was touched: %w", v.place, err)
	}
	for _, e := range old.Entries() {
		p, err := old.Payload(e)
		if err != nil {
			return fmt.Errorf("nothing was touched: %w", err)
		}
		in := chain.Incoming{Type: e.Type, Created: v.now(), Payload: p}
		if e.Type == chain.TypeVolatile {
			in.Label = v.label
		}
		v.entries = append(v.entries, in)
	}
	if len(v.entries) == 0 {
		return stateError("the fstools chain on %s is empty: there is nothing to convert", v.place)
	}
	v.unused = make(chain.Unused, len(old.Used()))
	for block, used := range old.Used() {
		v.unused[block] = !used
	}
	return nil
}

// fromOverlay takes the upper directory of the overlay that the unit runs on,
// once nothing writes to it any more.
func (v *conversion) fromOverlay(content chain.Content) (err error) {
	if v.own == nil {
		return stateError("%s holds %v: its files can be read on the unit that runs on it, and only there", v.place, content)
	}
	if v.own.Layout != boot.Classic {
		return stateError("this unit does not run on the %v in %s (%s), so its files cannot be read", content, v.place, asked(v.own))
	}
	if !v.dryRun {
		if v.frozen, err = freeze(v.root, v.path(overlayPath)); err != nil {
			return err
		}
	}
	root, err := delta.ReadAttr(v.path(romPath))
	if err != nil {
		return err
	}
	p, _, err := v.pack(v.path(upperPath), &delta.PackOptions{Root: root})
	if err != nil {
		return err
	}
	v.entries = []chain.Incoming{{Type: chain.TypeVolatile, Label: v.label, Created: v.now(), Payload: p}}
	switch {
	case content == chain.ContentJFFS2:
		v.unused, err = v.chain.UnusedByJFFS2()
	case v.via == "":
		err = &codeError{exitNoRoom, fmt.Errorf("%v does not tell which blocks it leaves unused, so nothing was touched: --via FILE is the other way, see `snapshot help convert`", content)}
	}
	return err
}

// write makes the chain, and says what it did.
func (v *conversion) write() error {
	if v.via != "" && v.dryRun {
		if err := v.chain.Replace(v.entries, v.now()); err != nil {
			return err
		}
	} else if v.via != "" {
		if err := v.writeVia(); err != nil {
			return err
		}
	} else if err := v.chain.TakeOver(v.entries, v.unused, v.now()); err != nil {
		var run *chain.NoRunError
		if v.writing = !errors.As(err, &run); !v.writing {
			return &codeError{exitNoRoom, fmt.Errorf("%w; nothing was touched. --via FILE is the other way, see `snapshot help convert`", err)}
		}
		return err
	}
	v.writing = true
	fmt.Fprintf(v.out, "%s holds a chain now: %s, %s of flash. State: %s\n", v.place,
		count(len(v.entries), "entry", "entries"), bytesText(v.stored()), v.chain.ID())
	if v.noReboot && v.frozen != nil {
		fmt.Fprintln(v.out, "The next boot shows it. Until then the root file system is read-only: what changes is lost.")
		return nil
	}
	if err := v.chain.Settle(); err != nil {
		return fmt.Errorf("the chain counts, as a copy, and the next boot shows it; it cannot be written to its place yet: %w", err)
	}
	if v.own == nil || v.noReboot {
		return nil
	}
	fmt.Fprintln(v.out, "Rebooting.")
	return v.reboot()
}

func (v *conversion) stored() (n int64) {
	for _, e := range v.entries {
		n += e.Payload.Stored()
	}
	return n
}

// writeVia writes the chain to a file, and then over what the flash holds.
func (v *conversion) writeVia() error {
	if v.frozen != nil && v.frozen.has(v.via) {
		return usageError("--via %s is on the overlay that is to be converted: it has to be on another device, or in RAM", v.via)
	}
	g := v.dev.Geometry()
	f, err := os.OpenFile(v.via, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("cannot write the chain to a file first: %w", err)
	}
	err = f.Truncate(g.Size)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	image, err := flash.Open(v.via, &flash.Options{EraseSize: g.EraseSize, WriteSize: g.WriteSize})
	if err != nil {
		return err
	}
	c, err := chain.Open(image)
	if err == nil {
		err = c.Replace(v.entries, v.now())
	}
	if closed := image.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return fmt.Errorf("cannot write the chain to %s, nothing else was touched: %w", v.via, err)
	}
	fmt.Fprintf(v.out, "The chain is in %s. Until it is in %s as well, the power must not fail.\n", v.via, v.place)
	v.writing = true
	if err := v.chain.Replace(v.entries, v.now()); err != nil {
		return fmt.Errorf("%s has the chain, %s may hold nothing any more: write the one to the other before a reboot: %w", v.via, v.place, err)
	}
	return nil
}
