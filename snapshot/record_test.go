package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestEventsAreBounded: the log in RAM keeps the newest, in whole lines.
func TestEventsAreBounded(t *testing.T) {
	c := &cli{errs: os.Stderr, root: t.TempDir(), now: time.Now}
	mkdir(t, filepath.Join(c.root, "snapshot"))
	for n := range 200 {
		c.logEvent("health", fmt.Sprintf("%d %s", n, strings.Repeat("é", n*50)))
	}
	st, err := os.Stat(c.path(eventsPath))
	must(t, err)
	list, err := c.events()
	must(t, err)
	if st.Size() > maxEvents || len(list) < 4 {
		t.Errorf("%d bytes, %d events", st.Size(), len(list))
	}
	for i, e := range list {
		if len(e.Text) > maxText+len("…") || i > 0 && e.Uptime < list[i-1].Uptime {
			t.Errorf("event %d has %d bytes: %+v", i, len(e.Text), e)
		}
	}
}
