package main

import (
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"chainroot/boot"
)

// story is what is shown, in order.
var story = []struct {
	title string
	play  func(s *stage)
}{
	{"1. A unit boots for the first time. Its flash is empty, all changes are in RAM.", firstBoot},
	{"2. A change that nobody commits is gone after a power cut.", forget},
	{"3. `snapshot config` commits what was changed: it is there after a power cut.", config},
	{"4. `snapshot push` makes the commit a snapshot. That is one record on the flash.", push},
	{"5. A bad configuration, and it is committed. One boot with snapshot.rollback shows the state before; nothing is written.", breakIt},
	{"6. `snapshot rollback` makes that permanent. It erases nothing either.", rollback},
	{"7. What preinit costs.", cost},
}

const (
	wireless = "/etc/config/wireless"
	network  = "/etc/config/network"
)

func firstBoot(s *stage) {
	s.empty = s.boot()
	s.booted(s.empty, 0, false)
	s.see("mount | grep -E ' (/|/rom|/snapshot|/overlay) '", "on / type overlay")
	s.see("snapshot id", "0000000000000000000000000000000000000000000000000000000000000000")
}

func forget(s *stage) {
	s.do("sed -i 's/unit/office/' " + wireless)
	s.see("grep ssid "+wireless, "'office'")
	s.booted(s.boot(), 0, false)
	s.see("grep ssid "+wireless, "'unit'")
}

func config(s *stage) {
	s.do("sed -i 's/unit/office/' " + wireless)
	s.do("rm /www/index.html")
	s.do("snapshot config")
	s.booted(s.boot(), 0, true)
	s.see("grep ssid "+wireless, "'office'")
	s.see("[ -e /www/index.html ] || echo the page is still deleted", "deleted")
}

func push(s *stage) {
	s.do("snapshot push --label 'office wifi'")
	s.booted(s.boot(), 1, false)
	s.see("grep ssid "+wireless, "'office'")
	s.see("find /snapshot/upper -type f -name wireless", wireless)
}

func breakIt(s *stage) {
	s.do("echo 'config nonsense' > " + network)
	s.do("snapshot config")
	s.booted(s.boot(), 1, true)
	s.see("cat "+network, "nonsense")
	s.say("  The unit cannot be reached any more. Whoever stands beside it adds a kernel parameter:")
	before := s.sum()
	s.booted(s.boot("snapshot.rollback"), 1, false)
	s.see("grep ipaddr "+network, "192.168.1.1")
	if s.err == nil && s.sum() != before {
		s.err = fmt.Errorf("the boot wrote to the flash")
	}
}

func rollback(s *stage) {
	s.do("snapshot rollback")
	s.booted(s.boot(), 1, false)
	s.see("grep ipaddr "+network, "192.168.1.1")
	s.see("grep ssid "+wireless, "'office'")
	s.do("snapshot info")
}

// cost boots another unit, with some megabytes in its chain.
func cost(s *stage) {
	story := s.machine.Flash
	defer func() { s.machine.Flash = story }()
	s.machine.Flash = filepath.Join(filepath.Dir(story), "cost.img")
	if s.err == nil {
		s.err = s.erase()
	}
	upper, err := someMegabytes()
	defer os.RemoveAll(upper)
	if err != nil && s.err == nil {
		s.err = err
	}
	s.host("--erase-size", "65536", "--write-size", "1", "push", "--upper", upper)
	r := s.boot()
	s.booted(r, 1, false)
	if s.err != nil {
		return
	}
	e := r.Entries[0]
	const mb = 1e6
	s.say("  empty chain: preinit takes %s", phases(s.empty))
	s.say("  chain of %.1f MB, %.1f MB of tar: preinit takes %s", float64(e.Stored)/mb, float64(e.Unpacked)/mb, phases(r))
	s.say("  per MB on flash: %.0f ms; per MB of tar: %.0f ms (on this emulated machine)",
		float64(e.Microseconds)/1000/(float64(e.Stored)/mb), float64(e.Microseconds)/1000/(float64(e.Unpacked)/mb))
	s.cut()
}

// phases adds up what preinit took, and lists its parts.
func phases(r *boot.Report) string {
	var total int64
	var parts []string
	for _, p := range r.Phases {
		if p.Name == "kernel" {
			continue // until preinit was started
		}
		total += p.Microseconds
		parts = append(parts, fmt.Sprintf("%s %d", p.Name, p.Microseconds/1000))
	}
	return fmt.Sprintf("%d ms (%s)", total/1000, strings.Join(parts, ", "))
}

// someMegabytes makes a directory with 200 files of 40 kB, half of each does not
// compress.
func someMegabytes() (string, error) {
	dir, err := os.MkdirTemp("", "demo-")
	if err != nil {
		return "", err
	}
	for i := range 200 {
		content := make([]byte, 40000)
		for j := range content {
			content[j] = byte(j)
		}
		if _, err := rand.Read(content[:len(content)/2]); err != nil {
			return dir, err
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("file-%03d", i)), content, 0o644); err != nil {
			return dir, err
		}
	}
	return dir, nil
}
