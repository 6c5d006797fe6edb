package machine

import (
	"math"
	"strings"
	"testing"
)

func TestStamps(t *testing.T) {
	console := "[    2.100000] Freeing memory\n[    2.250000] Run /preinit as init process\n" +
		"[    2.300000] preinit: Run away\n[   12.500500] bench: the real init runs\n"
	start, err := stamp(runs, console)
	if err != nil || start != 2.25 {
		t.Errorf("the initramfs starts at %v, %v", start, err)
	}
	end, err := stamp(ready, console)
	if err != nil || math.Abs(end-12.5005) > 1e-9 {
		t.Errorf("the real init starts at %v, %v", end, err)
	}
	if _, err := stamp(ready, console[:60]); err == nil {
		t.Error("a time was found for a line that is not there")
	}
}

// Each kind of shell init names the devices of its machine, and does what it is
// measured for.
func TestShellInits(t *testing.T) {
	for i := range machines {
		m := &machines[i]
		for _, test := range []struct {
			kind             kind
			overlays         int
			unpacks, modules bool
		}{
			{shell, 2, false, m.modules != ""},
			{tarGz, 2, true, m.modules != ""},
			{plain, 0, false, m.few != ""},
		} {
			script := m.shellInit(test.kind)
			if n := strings.Count(script, "-t overlay"); n != test.overlays {
				t.Errorf("%s, %s: %d overlays, want %d", m.name, test.kind, n, test.overlays)
			}
			if got := strings.Contains(script, "tar -xzf "+m.data+" "); got != test.unpacks {
				t.Errorf("%s, %s: unpacks %v, want %v", m.name, test.kind, got, test.unpacks)
			}
			if got := strings.Contains(script, "insmod"); got != test.modules {
				t.Errorf("%s, %s: modules %v, want %v", m.name, test.kind, got, test.modules)
			}
			if !strings.Contains(script, "-o ro "+m.root+" /rom") || strings.Contains(script, "ROOT") || strings.Contains(script, "UNPACK") {
				t.Errorf("%s, %s: the script is\n%s", m.name, test.kind, script)
			}
		}
	}
}
