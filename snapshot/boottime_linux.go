package main

import (
	"time"

	"chainroot/boot"
)

// sleepUntil returns when boot.Uptime is at t; after a suspend, a second late at most.
func sleepUntil(t time.Duration) {
	for {
		left := t - boot.Uptime()
		if left <= 0 {
			return
		}
		time.Sleep(min(left, time.Second))
	}
}
