package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const healthPath = "/etc/snapshot/health.d"

// The directories of healthPath.
const (
	requiredDir = "required.d" // all must pass, or the state is unhealthy
	wantedDir   = "wanted.d"   // should pass
	greenDir    = "green.d"    // run when the state is healthy
	redDir      = "red.d"      // run when it is not
)

// isLeftover reports whether a name is one that an editor or a package manager
// gives to what is not in use.
func isLeftover(name string) bool {
	if strings.HasPrefix(name, ".") || strings.Contains(name, ".dpkg-") {
		return true
	}
	for _, end := range []string{"~", ".swp", ".bak", ".orig", ".apk-new", "-opkg"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// listChecks returns the names in a directory of healthPath, in order; none if it
// is not there.
func (c *cli) listChecks(dir string) ([]string, error) {
	list, err := os.ReadDir(c.path(healthPath + "/" + dir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot list the health checks: %w", err)
	}
	var names []string
	for _, e := range list {
		if !isLeftover(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// required returns the names of the required checks. That there is none is an
// error with exitConfig: nothing that was not checked may be called healthy.
func (c *cli) required() ([]string, error) {
	if _, err := os.Stat(c.path(healthPath)); errors.Is(err, fs.ErrNotExist) {
		return nil, configError("there is no %s, so nothing was checked: put programs that exit with 0 when all is well into %[1]s/%s", healthPath, requiredDir)
	}
	names, err := c.listChecks(requiredDir)
	if err == nil && len(names) == 0 {
		err = configError("there is no check in %s/%s, so nothing was checked: put programs there that exit with 0 when all is well", healthPath, requiredDir)
	}
	return names, err
}

// runDir runs what is in a directory that need not be there. In a dry run that is
// only what looks at the unit, and not what does something to it.
func (c *cli) runDir(dir string, timeout time.Duration, ran func(checkResult)) {
	if c.dryRun && dir != wantedDir {
		return
	}
	names, err := c.listChecks(dir)
	if err != nil {
		ran(checkResult{Check: dir, Result: checkWarning, Why: err.Error()})
	}
	for _, name := range names {
		ran(c.runCheck(dir, name, timeout))
	}
}

// runCheck runs one check.
func (c *cli) runCheck(dir, name string, limit time.Duration) checkResult {
	r := checkResult{Check: dir + "/" + name, Result: checkPassed}
	path, start := c.path(healthPath+"/"+r.Check), time.Now()
	err := executable(path)
	if err == nil {
		r.Output, err = runProgram(path, limit)
	}
	r.Milliseconds = time.Since(start).Milliseconds()
	if err != nil {
		r.Result, r.Why = checkFailed, err.Error()
		if dir != requiredDir {
			r.Result = checkWarning
		}
	}
	return r
}

// executable returns an error that says what is wrong with a file that should be
// a program. A check that cannot run must not look like one that passes.
func executable(path string) error {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New("is a link to what is not there")
	case err != nil:
		return err
	case !st.Mode().IsRegular():
		return errors.New("is not a file: move it out of there")
	case unix.Access(path, unix.X_OK) != nil:
		return errors.New("is not executable: chmod +x makes it so, if it is a check")
	}
	return nil
}
