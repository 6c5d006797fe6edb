package main

import (
	"errors"
	"fmt"

	"chainroot/chain"
	"chainroot/flash"
)

// session is one command's hold on a chain.
type session struct {
	*chain.Chain
	path  string
	dev   flash.Device
	lock  *lock // nil: for reading
	holds chain.Content
}

// open opens the chain for reading; with write, for writing, once no other
// command does.
func (c *cli) open(write bool) (*session, error) {
	path, err := c.devicePath()
	if err != nil {
		return nil, err
	}
	s := &session{path: path}
	if write {
		if s.lock, err = c.acquire(path); err != nil {
			return nil, err
		}
	}
	if err := s.open(&flash.Options{ReadOnly: !write, EraseSize: c.eraseSize, WriteSize: c.writeSize}); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *session) open(o *flash.Options) (err error) {
	if s.dev, err = chain.OpenFlash(s.path, o); err != nil {
		return &codeError{deviceCode(err), err}
	}
	if s.holds, err = chain.Identify(s.dev); err != nil {
		return fmt.Errorf("cannot read %s: %w", s.path, err)
	}
	if s.holds != chain.ContentChain && !s.holds.Free() {
		return fmt.Errorf("%s %w than a chain: %v; nothing was touched", s.path, chain.ErrForeign, s.holds)
	}
	if s.Chain, err = chain.Open(s.dev); err != nil {
		return err
	}
	if s.lock != nil {
		return s.Writable()
	}
	return nil
}

// deviceCode is the exit code for a device that does not open.
func deviceCode(err error) int {
	if errors.Is(err, flash.ErrGeometry) {
		return exitUsage
	}
	return exitDevice
}

// close ends the session; an error of the device's close is worth a word, for
// it may be about what was written.
func (s *session) close() error {
	var err error
	if s.dev != nil {
		err = s.dev.Close()
	}
	if s.lock != nil {
		err = errors.Join(err, s.lock.release())
	}
	return err
}

// with opens the chain, calls f, and closes it.
func (c *cli) with(write bool, f func(*session) error) error {
	s, err := c.open(write)
	if err != nil {
		return err
	}
	return errors.Join(f(s), s.close())
}

// damage prints what the walk passed over.
func (c *cli) damage(s *session) {
	for _, d := range s.Damage() {
		fmt.Fprintf(c.errs, "snapshot: %s: %v\n", d.What, d.Err)
	}
}
