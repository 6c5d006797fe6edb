package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"chainroot/flash"
)

// progress tells a person at a terminal what a command does that takes longer than
// a moment: in one line, which goes as soon as there is something else to say.
type progress struct {
	w  io.Writer
	mu sync.Mutex

	doing string // "reading flash", …
	since time.Time
	bytes int64 // of that
	moved bool  // since the line was last drawn
	drawn bool

	stop, stopped chan struct{}
}

const (
	progressAfter = 500 * time.Millisecond // a command that is faster says nothing
	progressEvery = 200 * time.Millisecond
)

// eraseLine returns to the start of the line, and clears it (ECMA-48, EL).
const eraseLine = "\r\x1b[K"

// startProgress starts to watch a command, if standard error is a terminal. What the
// command itself says takes the place of the line.
func (c *cli) startProgress() {
	if !isTerminal(c.errs) {
		return
	}
	p := &progress{w: c.errs, stop: make(chan struct{}), stopped: make(chan struct{})}
	c.progress = p
	c.errs = &clearing{p, c.errs}
	if isTerminal(c.out) {
		c.out = &clearing{p, c.out}
	}
	go p.run(progressAfter, progressEvery)
}

func (p *progress) run(after, every time.Duration) {
	defer close(p.stopped)
	for wait := after; ; wait = every {
		select {
		case <-p.stop:
			return
		case <-time.After(wait):
			p.draw(time.Now())
		}
	}
}

// end takes the line away, for good.
func (p *progress) end() {
	if p == nil {
		return
	}
	close(p.stop)
	<-p.stopped
	p.clear()
}

func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn {
		io.WriteString(p.w, eraseLine)
		p.drawn = false
	}
}

// draw shows what moves; what stands still may be waiting for something else, which
// has its own words.
func (p *progress) draw(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.moved {
		return
	}
	p.moved, p.drawn = false, true
	rate := int64(0)
	if d := now.Sub(p.since); d > 0 {
		rate = int64(float64(p.bytes) / d.Seconds())
	}
	fmt.Fprintf(p.w, "%s%s: %s, %s/s", eraseLine, p.doing, sizeText(p.bytes), sizeText(rate))
}

// did adds bytes to what is being done.
func (p *progress) did(doing string, n int) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.doing != doing {
		p.doing, p.since, p.bytes = doing, time.Now(), 0
	}
	p.bytes += int64(n)
	p.moved = true
}

// reader counts what is read from r as being done.
func (p *progress) reader(doing string, r io.Reader) io.Reader {
	if p == nil {
		return r
	}
	return readerFunc(func(b []byte) (int, error) {
		n, err := r.Read(b)
		p.did(doing, n)
		return n, err
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// writer counts what is written to w as being done.
func (p *progress) writer(doing string, w io.Writer) io.Writer {
	if p == nil {
		return w
	}
	return writerFunc(func(b []byte) (int, error) {
		n, err := w.Write(b)
		p.did(doing, n)
		return n, err
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// watch returns a device of which it counts what is read, erased and programmed.
func (p *progress) watch(d flash.Device) flash.Device {
	if p == nil {
		return d
	}
	return &watched{d, p}
}

type watched struct {
	flash.Device
	p *progress
}

func (w *watched) ReadAt(b []byte, off int64) (int, error) {
	n, err := w.Device.ReadAt(b, off)
	w.p.did("reading flash", n)
	return n, err
}

func (w *watched) Program(b []byte, off int64) error {
	w.p.did("writing to flash", len(b))
	return w.Device.Program(b, off)
}

func (w *watched) Erase(block int) error {
	w.p.did("erasing flash", w.Geometry().EraseSize)
	return w.Device.Erase(block)
}

// clearing is a terminal that others write to as well.
type clearing struct {
	p *progress
	w io.Writer
}

func (c *clearing) Write(b []byte) (int, error) {
	c.p.clear()
	return c.w.Write(b)
}

// sizeText returns a size for a line that changes all the time.
func sizeText(n int64) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 10<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
