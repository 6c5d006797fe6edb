package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// count returns a number with its noun.
func count(n int, one, many string) string {
	return fmt.Sprintf("%d %s", n, noun(n, one, many))
}

// noun returns the form of a noun that goes with a number.
func noun(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// upperFirst begins a sentence with what a name says.
func upperFirst(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func bytesText(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// newest names the state that a boot shows.
func newest(s *session) string {
	return described(len(s.Snapshots()), s.Volatile() != nil)
}

// described names the state after n snapshots, with the volatile entry or not.
func described(n int, volatile bool) string {
	name := stateName(n)
	if volatile {
		name += " and the volatile entry"
	}
	return name
}

// timeText returns a time for a table, in UTC.
func timeText(t time.Time) string { return t.Format("2006-01-02 15:04:05") }

// snapshotNumber reads the number of a snapshot from the command line.
func snapshotNumber(arg string) (int, error) {
	n, err := strconv.Atoi(arg)
	if err != nil || n < 0 {
		return 0, usageError("%q is no number of a snapshot (0, 1, 2, …)", arg)
	}
	return n, nil
}
