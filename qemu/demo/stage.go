package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"chainroot/boot"
	"chainroot/qemu"
)

// stage is a unit, and what tells about it. The first error sticks: nothing is
// done or told after it.
type stage struct {
	out      io.Writer
	machine  *qemu.Machine
	snapshot string // the program, for this host
	vm       *qemu.VM
	empty    *boot.Report // of the boot with an empty chain
	err      error
}

func (s *stage) say(format string, a ...any) {
	if s.err == nil {
		fmt.Fprintf(s.out, format+"\n", a...)
	}
}

// erase makes the flash one that was never written.
func (s *stage) erase() error {
	return os.WriteFile(s.machine.Flash, bytes.Repeat([]byte{0xff}, flashSize), 0o644)
}

// boot cuts the power and boots again, with further kernel parameters.
func (s *stage) boot(params ...string) *boot.Report {
	if s.err != nil {
		return nil
	}
	with := ""
	if len(params) > 0 {
		with = " with the kernel parameter " + strings.Join(params, " ")
	}
	switch {
	case s.vm == nil:
		s.say("  [power on%s]", with)
	default:
		s.say("  [power cut, and on again%s]", with)
	}
	s.cut()
	s.machine.Params = params
	start := time.Now()
	s.vm, s.err = s.machine.Boot()
	if s.err != nil {
		if s.vm != nil {
			s.err = fmt.Errorf("%w; the console:\n%s", s.err, s.vm.Console.Text())
		}
		return nil
	}
	var r boot.Report
	if err := json.Unmarshal([]byte(s.quiet("cat "+boot.ReportPath)), &r); err != nil && s.err == nil {
		s.err = fmt.Errorf("cannot read the report of the boot: %w", err)
	}
	s.say("  [up after %.1f s]", time.Since(start).Seconds())
	return &r
}

// cut cuts the power.
func (s *stage) cut() {
	if s.vm != nil {
		s.vm.Kill()
		s.vm = nil
	}
}

// quiet runs a command on the unit that must succeed.
func (s *stage) quiet(command string) string {
	if s.err != nil {
		return ""
	}
	r, err := s.vm.Run(command)
	if err == nil && r.Status != 0 {
		err = fmt.Errorf("%q ended with status %d: %s%s", command, r.Status, r.Output, r.Errors)
	}
	s.err = err
	return r.Output
}

// do shows a command and what it prints.
func (s *stage) do(command string) string {
	s.say("  unit# %s", command)
	printed := s.quiet(command)
	for line := range strings.Lines(printed) {
		s.say("  %s", strings.TrimRight(line, "\n"))
	}
	return printed
}

// see is do, for a command whose output must contain a text.
func (s *stage) see(command, text string) {
	if printed := s.do(command); s.err == nil && !strings.Contains(printed, text) {
		s.err = fmt.Errorf("%q was to print %q", command, text)
	}
}

// booted checks which state the unit booted.
func (s *stage) booted(r *boot.Report, snapshot int, volatile bool) {
	if s.err == nil && (r.State.Snapshot != snapshot || r.State.Volatile != volatile) {
		s.err = fmt.Errorf("the unit booted %+v, not snapshot %d, volatile %v", r.State, snapshot, volatile)
	}
}

// host runs the program snapshot of this host on the flash, with the unit off.
func (s *stage) host(args ...string) string {
	if s.err != nil {
		return ""
	}
	s.cut()
	out, err := exec.Command(s.snapshot, append([]string{"--device", s.machine.Flash}, args...)...).CombinedOutput()
	if err != nil {
		s.err = fmt.Errorf("snapshot %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// end says where the flash is and what is on it.
func (s *stage) end() error {
	s.cut()
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	short := func(path string) string {
		if r, err := filepath.Rel(here, path); err == nil {
			return r
		}
		return path
	}
	s.say("\nAll steps went as told. The unit's flash is %s; to look into it:", short(s.machine.Flash))
	s.say("  %s --device %s info", short(s.snapshot), short(s.machine.Flash))
	for line := range strings.Lines(s.host("info")) {
		s.say("    %s", strings.TrimRight(line, "\n"))
	}
	return s.err
}

// sum names what is on the flash.
func (s *stage) sum() string {
	content, err := os.ReadFile(s.machine.Flash)
	if err != nil && s.err == nil {
		s.err = err
	}
	return fmt.Sprintf("%x", sha256.Sum256(content))
}
