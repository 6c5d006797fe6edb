package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"chainroot/boot"
	"chainroot/qemu"
	"chainroot/qemu/image"
)

// jffs2Size is the size of rootfs_data that is converted, in bytes.
const jffs2Size = 1 << 20

// conversion is a unit that runs on jffs2 and is converted again and again, with a
// cut each time.
type conversion struct {
	*unit
	spread bool // jffs2 uses the end of the flash too
	tree   string
}

// conversions counts what has become of units whose conversion was cut.
type conversions struct {
	Seed   uint64 `json:"seed"`
	Cuts   int    `json:"cuts"`
	Before int    `json:"before"` // they boot jffs2
	After  int    `json:"after"`  // they boot the chain
	Lost   int    `json:"lost"`   // neither, or not all of it

	mu sync.Mutex
}

// convert cuts n conversions to a chain.
func convert(n int, seed uint64, window time.Duration) error {
	img, build, dir, err := prepare("powercut-convert")
	if err != nil {
		return err
	}
	total := &conversions{Seed: seed}
	errs := make([]error, 2)
	var wait sync.WaitGroup
	for i := range errs {
		wait.Go(func() {
			c := &conversion{unit: newUnit(img, qemu.MTD, filepath.Join(dir, fmt.Sprint(i)), seed, window), spread: i == 1}
			c.random = rand.New(rand.NewPCG(seed, uint64(100+i)))
			defer c.end()
			for round := i + 1; errs[i] == nil && round <= n; round += len(errs) {
				if errs[i] = c.round(round, total); errs[i] != nil {
					errs[i] = fmt.Errorf("round %d: %w\n%s", round, errs[i], c.evidence())
				}
			}
		})
	}
	wait.Wait()
	fmt.Printf("conversions cut: %d  before: %d  after: %d  lost: %d\n", total.Cuts, total.Before, total.After, total.Lost)
	text, err := json.MarshalIndent(total, "", "\t")
	if err == nil {
		err = os.WriteFile(filepath.Join(build, "powercut-convert.json"), append(text, '\n'), 0o644)
	}
	return errors.Join(append(errs, err)...)
}

// round cuts one conversion, and boots what it left.
func (c *conversion) round(n int, total *conversions) error {
	if c.vm == nil {
		if err := c.start(); err != nil {
			return err
		}
	}
	lines, err := c.vm.Follow(onePage + " && echo started > /dev/ttyS1 && snapshot convert > /dev/ttyS1 2>&1")
	if err != nil {
		return err
	}
	if _, err := lines.Expect("started", qemu.CommandTimeout); err != nil {
		return err
	}
	after := time.Duration(c.random.Int64N(int64(c.window)))
	time.Sleep(after)
	c.vm.Kill()
	c.keep("console.txt", c.vm.Console.Text())
	flash, err := os.ReadFile(c.machine.Flash)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.cutFlash(), flash, 0o644); err != nil {
		return err
	}
	layout, tree, err := c.look()
	total.mu.Lock()
	defer total.mu.Unlock()
	total.Cuts++
	if err == nil && tree != c.tree {
		err = fmt.Errorf("it boots %s, with other files: %s instead of %s", layout, tree, c.tree)
	}
	if err != nil {
		total.Lost++
		return err
	}
	fmt.Printf("%4d  spread %-5v  cut after %.3f s: %s\n", n, c.spread, after.Seconds(), layout)
	if layout == boot.Classic {
		total.Before++
		return nil // the next round goes on with it
	}
	total.After++
	defer func() { c.vm = nil }()
	defer c.vm.Kill()
	if _, err := c.run("snapshot verify && echo more > /etc/more && snapshot config"); err != nil {
		total.Lost++
		return err
	}
	return nil
}

// start boots a unit that nobody has converted yet.
func (c *conversion) start() error {
	files := filepath.Join(c.dir, "files")
	if err := os.MkdirAll(filepath.Join(files, "upper", "etc", "config"), 0o755); err != nil {
		return err
	}
	noise := make([]byte, 150<<10)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(noise)
	for name, content := range map[string][]byte{"config/system": []byte("node-17\n"), "large": noise} {
		if err := os.WriteFile(filepath.Join(files, "upper", "etc", name), content, 0o644); err != nil {
			return err
		}
	}
	if err := image.JFFS2(c.machine.Flash, files, jffs2Size, c.spread); err != nil {
		return err
	}
	layout, tree, err := c.look()
	if err == nil && layout != boot.Classic {
		err = fmt.Errorf("a unit with jffs2 boots %s", layout)
	}
	c.tree = tree
	return err
}

// look boots the unit and returns what its root is, and what is in its files.
func (c *conversion) look() (layout, tree string, err error) {
	if c.vm, err = c.machine.Boot(); err != nil {
		return "", "", err
	}
	text, err := c.run("cat " + boot.ReportPath)
	if err != nil {
		return "", "", err
	}
	var r boot.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return "", "", fmt.Errorf("cannot read the report of the boot: %w", err)
	}
	if len(r.Skipped) > 0 {
		return "", "", fmt.Errorf("the boot passed over %v", r.Skipped)
	}
	tree, err = c.run("find /etc -type f | sort | xargs md5sum | md5sum")
	return r.Layout, strings.Fields(tree)[0], err
}
