package main

import (
	"errors"
	"fmt"
	"syscall"

	"chainroot/boot"
	"chainroot/chain"
	"chainroot/flash"
)

// session is one command's hold on a chain.
type session struct {
	*chain.Chain
	path  string
	dev   flash.Device
	own   bool  // it is the device of the running unit
	lock  *lock // nil: for reading
	holds chain.Content
	shade *flash.Shadow // of a dry run; else nil
}

// open opens the chain for reading; with write, for writing, once no other
// command does.
func (c *cli) open(write bool) (*session, error) {
	path, err := c.devicePath()
	if err != nil {
		return nil, err
	}
	r, err := c.onUnit()
	if err != nil {
		return nil, err
	}
	s := &session{path: path, own: r != nil}
	if write {
		if s.lock, err = c.acquire(path); err != nil {
			return nil, err
		}
	}
	if s.dev, s.shade, err = c.openFlash(path, write); err == nil {
		err = s.walk(write && !c.force)
	}
	if err != nil {
		_ = s.close() // what it could say is the fault of the other
		return nil, err
	}
	if write && r != nil && r.Layout == boot.Classic {
		_ = s.close() // nothing was written
		return nil, stateError("this system still runs on what %s held before it was converted: reboot first", path)
	}
	return s, nil
}

// walk opens the chain on the device. With careful, one that holds something
// unknown is refused, unless it is the unit's own partition for the chain.
func (s *session) walk(careful bool) (err error) {
	if s.holds, err = chain.Identify(s.dev); err != nil {
		return fmt.Errorf("cannot read %s: %w", s.path, err)
	}
	if s.holds != chain.ContentChain && !s.holds.Free() {
		return fmt.Errorf("%s %w than a chain: %v; nothing was touched%s", s.path, chain.ErrForeign, s.holds, s.wayOut())
	}
	if careful && !s.own && s.holds == chain.ContentUnknown {
		return fmt.Errorf("%s %w than a chain, and is not empty: nothing was touched; --force writes to it all the same", s.path, chain.ErrForeign)
	}
	if s.Chain, err = chain.Open(s.dev); err != nil {
		return err
	}
	// What shows of a chain of a newer version is not what it holds.
	if err := s.Writable(); s.lock != nil || errors.Is(err, chain.ErrVersion) {
		return err
	}
	return nil
}

// openFlash opens a device; its errors have an exit code. With write it can be
// written to, or in a dry run its shadow.
func (c *cli) openFlash(path string, write bool) (flash.Device, *flash.Shadow, error) {
	dev, err := chain.OpenFlash(path, &flash.Options{ReadOnly: !write || c.dryRun, EraseSize: c.eraseSize, WriteSize: c.writeSize})
	switch {
	case errors.Is(err, flash.ErrGeometry), errors.Is(err, chain.ErrGeometry):
		return nil, nil, &codeError{exitUsage, err}
	case err != nil:
		return nil, nil, &codeError{exitDevice, err}
	}
	dev = c.progress.watch(dev)
	if !write || !c.dryRun {
		return dev, nil, nil
	}
	fmt.Fprintln(c.out, "Dry run, nothing is written:")
	shadow := flash.NewShadow(dev)
	return shadow, shadow, nil
}

// dryWork says what a dry run has not done to the flash.
func (c *cli) dryWork(w flash.Work) {
	if w == (flash.Work{}) {
		fmt.Fprintln(c.out, "The flash would stay as it is.")
		return
	}
	fmt.Fprintf(c.out, "The flash would take %s, and %s programmed.\n", count(w.Erases, "erase", "erases"), bytesText(w.Programmed))
}

// wayOut says what helps where the device holds something that can become a
// chain.
func (s *session) wayOut() string {
	if s.holds == chain.ContentFstools || s.holds == chain.ContentJFFS2 {
		return "; `snapshot convert` makes a chain of it"
	}
	return ""
}

// close ends the session; an error of the device's close is worth a word, for
// it may be about what was written.
func (s *session) close() error {
	var err error
	if s.dev != nil {
		err = s.dev.Close()
	}
	if s.lock != nil {
		if e := s.lock.release(); err == nil {
			err = e
		}
	}
	if err != nil {
		return fmt.Errorf("cannot close flash: %w", err)
	}
	return nil
}

// with opens the chain, calls f, and closes it.
func (c *cli) with(write bool, f func(*session) error) error {
	s, err := c.open(write)
	if err != nil {
		return err
	}
	before := s.ID()
	err = f(s)
	if write && err != nil && s.shade == nil {
		err = s.outcome(err, before)
	}
	if s.shade != nil && err == nil {
		c.dryWork(s.shade.Work)
	}
	if e := s.close(); err == nil {
		err = e
	}
	return err
}

// outcome adds to an error that came in the midst of a command what has become
// of the chain, as far as it can be read.
func (s *session) outcome(err error, before chain.Hash) error {
	if code := exitCode(err); code != exitFailed && code != exitIO {
		return err // it was refused, or says so
	}
	now, e := chain.Open(s.dev)
	if e != nil || len(now.Damage()) > 0 {
		return err
	}
	s.Chain = now
	if now.ID() == before {
		return fmt.Errorf("%w; the next boot shows %s, as before", err, newest(s))
	}
	return fmt.Errorf("%w; the next boot shows %s", err, newest(s))
}

// damage prints what the walk passed over.
func (c *cli) damage(s *session) {
	for _, d := range s.Damage() {
		fmt.Fprintf(c.errs, "snapshot: %s: %s\n", d.What, escaped(d.Err.Error()))
	}
}

// nothing says why there is nothing to do; but where something could not be
// read, nobody knows.
func (c *cli) nothing(s *session, why string, args ...any) error {
	for _, d := range s.Damage() {
		if errors.Is(d.Err, syscall.EIO) || errors.Is(d.Err, syscall.EBADMSG) {
			return &codeError{exitIO, fmt.Errorf("nothing was done: %s cannot be read: %w", d.What, d.Err)}
		}
	}
	fmt.Fprintf(c.out, why+"\n", args...)
	return nil
}
