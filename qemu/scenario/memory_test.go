package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/qemu"
	"chainroot/qemu/image"
)

// Memory that the README speaks of, in MiB: of a router that it recommends, the
// least that any unit did with, and what a compact takes.
const (
	routerMemory  = 32
	leastMemory   = 20
	compactMemory = 64
)

// A unit with as little RAM as the README says boots, commits and boots that, from
// its own chip alone.
func TestLittleMemory(t *testing.T) {
	t.Parallel()
	source, err := image.Source()
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(source, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	says := fmt.Sprintf("%d MB of RAM (%d at the least; %d for `snapshot compact`)", routerMemory, leastMemory, compactMemory)
	if !strings.Contains(strings.Join(strings.Fields(string(readme)), " "), says) {
		t.Errorf("the README does not say %q", says)
	}
	for _, memory := range []int{routerMemory, leastMemory} {
		t.Run(fmt.Sprint(memory), func(t *testing.T) {
			t.Parallel()
			u := newUnitOn(t, "mips", qemu.Chip)
			u.memory = memory
			u.boot()
			u.state(0, false)
			u.run("echo 1 > /etc/one; head -c 300000 /dev/urandom > /root/data; sha256sum /root/data > /root/sum; snapshot config; snapshot push")
			u.boot()
			u.state(1, false)
			u.run("sha256sum -c /root/sum; echo 2 > /etc/two; snapshot push --try --confirm-within 1h")
			u.boot()
			u.state(2, false)
			u.waits()
			u.run("sha256sum -c /root/sum; snapshot confirm; snapshot verify")
			u.untouched("a compact without RAM", func() {
				if said := u.refuse(1, "snapshot compact"); !strings.Contains(said, "not enough RAM") {
					u.Errorf("compact says %q", said)
				}
			})
			u.run("snapshot rollback; snapshot rollback --undo")
			u.memory = compactMemory
			u.boot()
			u.run("snapshot compact")
			u.memory = memory
			u.boot()
			u.state(1, false)
			u.run("sha256sum -c /root/sum")
			u.holds(map[string]string{"/etc/one": "1", "/etc/two": "2"})
		})
	}
}
