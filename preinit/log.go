package main

import (
	"fmt"
	"os"
	"strings"

	"chainroot/rawfile"
)

// Levels of the kernel's log, see include/linux/kern_levels.h.
const (
	levelError   = 3
	levelWarning = 4
	levelInfo    = 6
)

// prefixes begin a message of each level.
var prefixes = [...]string{levelError: "<3>preinit: ", levelWarning: "<4>preinit: ", levelInfo: "<6>preinit: "}

// maxMessage is the length in bytes to which a message is cut: the kernel
// refuses longer ones, of 1,024 bytes with its own prefix.
const maxMessage = 900

// logger writes messages to the kernel's log. What comes before the log can be
// opened is kept and written then; without one messages go to standard error.
type logger struct {
	path  string // of /dev/kmsg
	debug bool   // snapshot.debug
	open  bool   // an attempt to open was made
	file  int    // descriptor, once open is true; negative: there is none
	early []string
	wrote int    // messages
	many  func() // called once, before there are more than the kernel takes; or nil
}

// fewMessages is how many messages the kernel takes from a program in any case: ten
// in five seconds.
const fewMessages = 8

func (l *logger) errorf(format string, a ...any) { l.write(levelError, fmt.Sprintf(format, a...)) }
func (l *logger) warnf(format string, a ...any)  { l.write(levelWarning, fmt.Sprintf(format, a...)) }
func (l *logger) infof(format string, a ...any)  { l.write(levelInfo, fmt.Sprintf(format, a...)) }

func (l *logger) debugf(format string, a ...any) {
	if l.debug {
		l.write(levelInfo, fmt.Sprintf(format, a...))
	}
}

// start opens the log and writes what waited for it.
func (l *logger) start() error {
	var err error
	l.open = true
	l.file, err = rawfile.Open(l.path, os.O_WRONLY|os.O_APPEND, 0)
	for _, line := range l.early {
		l.put(line)
	}
	l.early = nil
	if err != nil {
		return fmt.Errorf("cannot open the kernel's log: %w", err)
	}
	return nil
}

func (l *logger) write(level int, text string) {
	line := prefixes[level] + printable(text)
	if !l.open {
		l.early = append(l.early, line)
		return
	}
	l.put(line)
}

func (l *logger) put(line string) {
	if l.wrote++; l.wrote == fewMessages && l.many != nil {
		l.many()
	}
	if l.open && l.file >= 0 && rawfile.Write(l.file, []byte(line+"\n")) == nil {
		return
	}
	os.Stderr.WriteString(line[len("<0>"):] + "\n")
}

// printable cuts a message to what the kernel takes, and replaces control
// bytes: labels and file names are whatever someone wrote to the flash, and a
// serial console obeys escape sequences.
func printable(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return '?'
		}
		return r
	}, text)
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "..."
	}
	return text
}
