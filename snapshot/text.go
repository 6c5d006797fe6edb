package main

import (
	"fmt"
	"time"
)

// count returns a number with its noun.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func bytesText(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}

// timeText returns a time for a table, in UTC.
func timeText(t time.Time) string { return t.Format("2006-01-02 15:04:05") }
