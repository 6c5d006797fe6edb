package scenario

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"chainroot/boot"
	"chainroot/qemu"
	"chainroot/qemu/agent"
)

// try runs a shell command on the unit.
func (u *unit) try(command string) agent.Result {
	u.Helper()
	r, err := u.vm.Run(command)
	if err != nil {
		u.Fatalf("%v; the console ends with\n%s", err, u.tail())
	}
	return r
}

// run runs a shell command that must succeed, and returns what it printed.
func (u *unit) run(command string) string {
	u.Helper()
	r := u.try(command)
	if r.Status != 0 {
		u.Fatalf("%q: exit status %d\n%s%s", command, r.Status, r.Output, r.Errors)
	}
	return r.Output
}

// refuse runs a shell command that must end with an exit status, and returns
// all that it printed.
func (u *unit) refuse(status int, command string) string {
	u.Helper()
	r := u.try(command)
	if r.Status != status {
		u.Errorf("%q: exit status %d, want %d\n%s%s", command, r.Status, status, r.Output, r.Errors)
	}
	return r.Output + r.Errors
}

// want checks what a shell command prints, without the last line feed.
func (u *unit) want(output, command string) {
	u.Helper()
	if got := strings.TrimSuffix(u.run(command), "\n"); got != output {
		u.Errorf("%q prints %q, want %q", command, got, output)
	}
}

// holds checks what the unit's files contain; "" stands for: there is no such
// file.
func (u *unit) holds(files map[string]string) {
	u.Helper()
	for name, content := range files {
		if content == "" {
			u.want("gone", fmt.Sprintf("[ -e %[1]s ] || [ -L %[1]s ] && cat %[1]s || echo gone", name))
		} else {
			u.want(content, "cat "+name)
		}
	}
}

// expect waits for the console to print a match of pattern.
func (u *unit) expect(pattern string) string {
	u.Helper()
	match, err := u.vm.Console.Expect(pattern, qemu.BootTimeout)
	if err != nil {
		u.Fatalf("%v; it ends with\n%s", err, u.tail())
	}
	return match
}

func (u *unit) tail() string {
	text := u.vm.Console.Text()
	return text[max(0, len(text)-3000):]
}

// report returns what the last boot reported.
func (u *unit) report() *boot.Report {
	u.Helper()
	var r boot.Report
	text := u.run("cat " + boot.ReportPath)
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		u.Fatalf("%v in\n%s", err, text)
	}
	return &r
}

// state checks which state was booted.
func (u *unit) state(snapshot int, volatile bool) *boot.Report {
	u.Helper()
	r := u.report()
	if r.State.Snapshot != snapshot || r.State.Volatile != volatile {
		u.Errorf("booted %+v, want snapshot %d, volatile %v; skipped: %+v", r.State, snapshot, volatile, r.Skipped)
	}
	return r
}

// skipped checks that the boot passed something over, and that boot.json and
// the console say what and why.
func (u *unit) skipped(what, reason string) {
	u.Helper()
	r := u.report()
	for _, s := range r.Skipped {
		if strings.Contains(s.What, what) && strings.Contains(s.Reason, reason) {
			if text := u.vm.Console.Text(); !strings.Contains(text, "preinit: ") || !strings.Contains(text, what) {
				u.Errorf("the console does not mention %q", what)
			}
			return
		}
	}
	u.Errorf("boot.json does not say that %s was skipped: %s; it has %+v", what, reason, r.Skipped)
}

// bytes returns what is on the flash.
func (u *unit) bytes() []byte {
	u.Helper()
	content, err := os.ReadFile(u.flash)
	u.must(err)
	return content
}

// sum names what is on the flash.
func (u *unit) sum() string {
	u.Helper()
	return fmt.Sprintf("%x", sha256.Sum256(u.bytes()))
}

// untouched runs something and checks that it left the flash as it was, bit
// for bit.
func (u *unit) untouched(what string, do func()) {
	u.Helper()
	before := u.sum()
	do()
	if u.sum() != before {
		u.Errorf("%s: the flash was written to", what)
	}
}

// until tries something again and again for as long as a command may take.
func (u *unit) until(what string, done func() bool) {
	u.Helper()
	for deadline := time.Now().Add(qemu.CommandTimeout); !done(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			u.Fatalf("%s: not within %v", what, qemu.CommandTimeout)
		}
	}
}
