package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"chainroot/boot"
	"chainroot/json"
)

// eventsPath is the log of the running unit in RAM: an event in JSON in each line.
const eventsPath = "/snapshot/log"

// The log is cut to the newest half when it gets longer than maxEvents bytes; an
// event keeps the last maxText bytes of what it says.
const (
	maxEvents = 64 << 10
	maxText   = 4 << 10
)

// event is something that happened to the unit.
type event struct {
	Where  string    `json:"where"`  // "flash": a record in the chain; "boot": this boot; "unit": since
	Time   time.Time `json:"time"`   // by the clock of the unit then
	Uptime float64   `json:"uptime"` // seconds since the start of the kernel; 0: of another boot
	Kind   string    `json:"kind"`   // try, confirm, give up, health, …
	Entry  string    `json:"entry"`  // of the chain; empty: none
	Text   string    `json:"text"`
}

// logEvent adds to the log in RAM. What cannot be logged is done all the same.
func (c *cli) logEvent(kind, text string) {
	if c.dryRun {
		return
	}
	e := event{Where: "unit", Time: c.now().UTC(), Uptime: boot.Uptime().Seconds(), Kind: kind, Text: lastBytes(text, maxText)}
	if err := c.appendEvent(e); err != nil && !errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(c.errs, "snapshot: cannot log this: %v\n", err)
	}
}

func (c *cli) appendEvent(e event) error {
	line, err := json.Append(nil, e)
	if err != nil {
		return err
	}
	path := c.path(eventsPath)
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(old)+len(line) > maxEvents {
		old = old[len(old)/2:]
		if i := strings.IndexByte(string(old), '\n'); i >= 0 {
			old = old[i+1:]
		}
		if err := os.WriteFile(path+".new", old, 0o644); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return errors.Join(err, f.Close())
}

// events returns the log in RAM. A line that does not hold is passed over.
func (c *cli) events() ([]event, error) {
	f, err := os.Open(c.path(eventsPath))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var list []event
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxEvents)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			list = append(list, e)
		}
	}
	return list, lines.Err()
}

// lastBytes returns the end of a text, of at most n bytes.
func lastBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	for len(s) > 0 && !utf8.RuneStart(s[0]) {
		s = s[1:]
	}
	return "…" + s
}
