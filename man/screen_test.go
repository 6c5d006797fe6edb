package man_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"
)

// screenWidth is how many columns the examples have: those of a page, less what it is
// indented by.
const screenWidth = 73

// onScreen returns what a program writes to a terminal of that width.
func (p *program) onScreen(cmd *exec.Cmd) string {
	t := p.t
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	defer person.Close()
	must(t, unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0))
	must(t, unix.IoctlSetWinsize(int(person.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: screenWidth}))
	n, err := unix.IoctlGetUint32(int(person.Fd()), unix.TIOCGPTN)
	must(t, err)
	screen, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	defer screen.Close()
	var errs strings.Builder
	cmd.Env, cmd.Stdout, cmd.Stderr = []string{"LC_ALL=C", "NO_COLOR=1"}, screen, &errs
	must(t, cmd.Start())
	screen.Close()
	out, err := io.ReadAll(person)
	if err != nil && !strings.Contains(err.Error(), unix.EIO.Error()) { // nobody has it open any more
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || errs.Len() > 0 {
		t.Fatalf("%q: %v: %s", cmd.Args, err, errs.String())
	}
	return strings.ReplaceAll(string(out), "\r", "")
}
