package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func needXZ(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("xz"); err != nil {
		t.Skip("needs xz: qemu/setup installs it")
	}
}

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"main.main":                                                "main",
		"encoding/json.(*decodeState).object":                      "encoding/json",
		"github.com/pierrec/lz4/v4.(*Reader).Read":                 "github.com/pierrec/lz4/v4",
		"gopkg.in/yaml%2ev3.Marshal":                               "gopkg.in/yaml.v3",
		"slices.SortFunc[go.shape.struct { chainroot/chain.x },y]": "slices",
		"type:.eq.chainroot/chain.Event":                           "chainroot/chain",
		"go:itab.*os.File,io.Reader":                               "os",
		"go:itab.*chainroot/flash.mtd,chainroot/flash.Device":      "chainroot/flash",
		"memeqbody":                           "runtime",
		"type:*":                              "",
		"go:func.*":                           "",
		"go:string.*":                         "",
		"type:.eq.struct { a int; b string }": "",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("%s is of %q, want %q", symbol, got, want)
		}
	}
}

func TestModuleOf(t *testing.T) {
	modules := []string{"chainroot", "golang.org/x/sys"}
	for path, want := range map[string]string{
		"chainroot/chain/delta": "chainroot", "chainroot": "chainroot", "chainroots": "Go's standard library",
		"golang.org/x/sys/unix": "golang.org/x/sys", "internal/runtime/maps": "Go's runtime", "os": "Go's standard library", "": "of no package",
	} {
		if got := moduleOf(path, modules); got != want {
			t.Errorf("%q is of %q, want %q", path, got, want)
		}
	}
}

// The shares of a program are all that is in its sections, once.
func TestCosts(t *testing.T) {
	needXZ(t)
	path := filepath.Join(t.TempDir(), "size")
	cmd := exec.Command("go", "build", "-ldflags=-w", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=mipsle")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	p, err := readProgram(path)
	if err != nil {
		t.Fatal(err)
	}
	list, err := p.costs()
	if err != nil {
		t.Fatal(err)
	}
	sum, packed, found := 0, 0, map[string]cost{}
	for _, m := range list {
		sum, packed = sum+m.bytes, packed+m.xz
		for _, c := range m.packages {
			found[c.name] = c
		}
	}
	// The whole has headers and padding, too, and symbols; -s takes those away.
	cmd = exec.Command("go", "build", "-ldflags=-s -w", "-o", path+"-s", ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=mipsle")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	whole, err := measure(path + "-s")
	if err != nil {
		t.Fatal(err)
	}
	if d := whole.Bytes - sum; d < 0 || d > whole.Bytes/20 {
		t.Errorf("the shares are %d bytes of %d", sum, whole.Bytes)
	}
	if d := whole.XZ - packed; max(d, -d) > whole.XZ/10 {
		t.Errorf("the compressed shares are %d bytes of %d", packed, whole.XZ)
	}
	if own := found["chainroot/size"]; own.bytes < 5000 || own.bytes > 100_000 || own.xz >= own.bytes {
		t.Errorf("size itself takes %+v", own)
	}
	if found["runtime"].bytes < 10*found["chainroot/size"].bytes {
		t.Errorf("the runtime takes %+v", found["runtime"])
	}
	if list[0].xz < list[1].xz {
		t.Error("the most does not come first")
	}

	var out bytes.Buffer
	if err := run([]string{"-why", path}, &out); err != nil || !strings.Contains(out.String(), "    debug/elf ") {
		t.Errorf("%v: %s", err, out.String())
	}
	if err := run([]string{"-why", path + "-s"}, &out); err == nil || !strings.Contains(err.Error(), "without symbols") {
		t.Errorf("without symbols: %v", err)
	}
}

func TestBudget(t *testing.T) {
	needXZ(t)
	dir := t.TempDir()
	noise := make([]byte, budgets["preinit"]+1)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	path := filepath.Join(dir, "preinit")
	figures := filepath.Join(dir, "size.json")
	for _, c := range []struct {
		content []byte
		over    bool
	}{{noise, true}, {noise[:1000], false}} {
		if err := os.WriteFile(path, c.content, 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		err := run([]string{"-o", figures, path}, &out)
		if (err != nil) != c.over || err != nil && !strings.Contains(err.Error(), "more than its budget of 665600") {
			t.Errorf("%d bytes: %v", len(c.content), err)
		}
		b, err := os.ReadFile(figures)
		if err != nil {
			t.Fatal(err)
		}
		var got struct{ Files []file }
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Files) != 1 || got.Files[0].Name != "preinit" || got.Files[0].Bytes != len(c.content) ||
			(got.Files[0].XZ > got.Files[0].Budget) != c.over {
			t.Errorf("figures are %+v", got.Files)
		}
	}
	if err := run([]string{filepath.Join(dir, "nothing")}, &bytes.Buffer{}); err == nil {
		t.Error("a file that is not there has a size")
	}
}
