package scenario

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chainroot/qemu"
)

// What a snapshot holds that takes much of a small unit's RAM, in bytes.
const (
	largeFiles  = 24
	largeFile   = 1 << 20
	largeStored = 8 << 20 // at least, on flash
)

// A board with 64 MB of RAM boots a snapshot of 24 MB, 8 MB on flash, whole: what
// unpacking takes beside the files is little.
func TestLargeSnapshotInLittleMemory(t *testing.T) {
	t.Parallel()
	u := newUnitOn(t, "mips", qemu.MTD)
	u.memory = 64
	u.erase(2 * largeStored)

	upper := filepath.Join(u.dir, "upper")
	u.must(os.MkdirAll(filepath.Join(upper, "large"), 0o755))
	random := rand.NewChaCha8([32]byte{})
	var sums strings.Builder
	for n := range largeFiles {
		name := fmt.Sprintf("/large/%02d", n)
		content := third(random, largeFile)
		u.must(os.WriteFile(filepath.Join(upper, name), content, 0o644))
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
	}
	u.must(os.WriteFile(filepath.Join(upper, "large", "sums"), []byte(sums.String()), 0o644))
	change := filepath.Join(u.dir, "change")
	u.onHost("build", upper, "-o", change)
	info, err := os.Stat(change)
	u.must(err)
	if info.Size() < largeStored {
		t.Fatalf("the snapshot takes %d bytes, not %d", info.Size(), largeStored)
	}
	u.onHost("import", change)

	u.boot()
	u.state(1, false)
	u.run("sha256sum -c /large/sums")
	u.want(fmt.Sprint(largeFiles), "ls /large/?? | wc -l")
}

// third returns n bytes that a compressor makes about a third of.
func third(random *rand.ChaCha8, n int) []byte {
	const piece, fresh = 1200, 420
	content := make([]byte, 0, n+piece)
	for len(content) < n {
		at := len(content)
		content = content[:at+fresh]
		random.Read(content[at:])
		for len(content) < at+piece {
			content = append(content, content[at:at+min(fresh, at+piece-len(content))]...)
		}
	}
	return content[:n]
}
