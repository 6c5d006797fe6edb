package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"chainroot/chain"
)

var upgradeCommand = command{
	name:    "upgrade",
	args:    "[--with MANAGER] [--yes] [--label TEXT] [--try[=BOOTS]] [--confirm-within TIME] [--json]",
	summary: "upgrade the packages of this unit, and keep that as a snapshot",
	details: `Has the package manager of the unit fetch its lists and upgrade what can be, and
pushes the result as a snapshot whose label says what changed. The manager is the
first of opkg, apk and apt-get that is there. If there is nothing to upgrade,
nothing is written.

Before it installs anything it says how many packages there are, and how much
flash they take at least: an estimate, from the sizes of what is to be fetched.
What cannot fit is refused. On a terminal it asks whether to go on; otherwise
it does not, so it can be run by cron.

All goes to the upper directory, which is in RAM: until the push, a reboot returns
to the state before. So it is when something fails, then nothing is pushed. What
else has changed since the last snapshot becomes part of the new one.

apt-get asks nothing: it leaves changed configuration files as they are, removes no
package, installs new ones only where others need them, and no recommended ones;
what it has fetched is deleted. Services are restarted as the packages do it, and
policy-rc.d is asked as ever.

With --dry-run it only fetches the lists and says what would be upgraded. It works
on the running unit: for an image there is no --device. Nothing is upgraded while
something is on trial, or on another state than that of the chain.

The exit code is 1 if the lists cannot be fetched, 2 if the manager cannot say what
is upgradable, 3 if the installation fails, and 73 if the flash has no room: before
anything is installed, where that can be known, or when it is to be kept.

  --with MANAGER  opkg, apk or apt-get
  --yes           do not ask
  --label TEXT    a name for the snapshot in place of what changed, at most 80 bytes
  --json          with --dry-run: as one JSON object
` + tryHelp,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		u := &upgrade{}
		fs.StringVar(&u.with, "with", "", "")
		fs.StringVar(&u.label, "label", "", "")
		fs.BoolVar(&u.yes, "yes", false, "")
		fs.BoolVar(&u.asJSON, "json", false, "")
		u.try = tryFlags(fs)
		return func(c *cli, _ []string) error {
			u.c = c
			return u.run()
		}
	},
}

// upgrade is one run of the command.
type upgrade struct {
	c           *cli
	with, label string
	yes, asJSON bool
	try         *trying

	tool    *tool
	list    *packageList
	before  int   // files that have changed already
	pending int64 // bytes that they take on flash
}

func (u *upgrade) run() error {
	if err := checkLabel(u.label); err != nil {
		return err
	}
	if u.asJSON && !u.c.dryRun {
		return usageError("--json is for --dry-run: the list of what would be upgraded")
	}
	out := u.c.out
	if u.asJSON {
		out = u.c.errs // what the manager says is no JSON
	}
	r, err := u.c.onUnit()
	if err != nil {
		return err
	}
	if r == nil && u.c.device != "" {
		return usageError("upgrade works on the running unit, not on %s: leave --device away", u.c.device)
	}
	return u.c.with(!u.c.dryRun, func(s *session) error {
		if err := u.mayPush(s); err != nil {
			return err
		}
		if u.tool, err = u.c.manager(u.with, out); err != nil {
			return err
		}
		return u.upgrade(s)
	})
}

// mayPush finds out before anything is installed whether the running system can be
// pushed, and what it would be without an upgrade.
func (u *upgrade) mayPush(s *session) error {
	if err := s.Check(); err != nil {
		return err
	}
	u.c.damage(s)
	if err := notOnTrial(s); err != nil {
		return err
	}
	var base *chain.Entry
	if u.try.asked() {
		base = s.Volatile() // it becomes a snapshot of its own
	}
	p, stats, err := u.c.changes(s, "", base)
	if err != nil {
		return err
	}
	u.before, u.pending = stats.Entries, p.Stored()
	return nil
}

func (u *upgrade) upgrade(s *session) error {
	m, c := u.tool.m, u.c
	if err := u.tool.run(m.refresh...); err != nil {
		return fmt.Errorf("cannot fetch the lists of packages: %w; nothing was installed", err)
	}
	var err error
	if u.list, err = m.list(u.tool); err != nil {
		return &codeError{exitListing, fmt.Errorf("cannot find out what is upgradable: %w; nothing was installed", err)}
	}
	if u.asJSON {
		return u.writeJSON(s)
	}
	if len(u.list.changes) == 0 {
		return c.nothing(s, "There is nothing to upgrade%s.", u.keptBack())
	}
	u.print(s)
	if err := u.fits(s); err != nil {
		return err
	}
	if c.dryRun {
		fmt.Fprintln(c.out, "Dry run: nothing was installed.")
		return nil
	}
	if ok, err := u.goOn(); err != nil || !ok {
		return err
	}
	before, err := m.installed(u.tool)
	if err != nil {
		return &codeError{exitListing, fmt.Errorf("cannot find out what is installed: %w; nothing was installed", err)}
	}
	changes, err := u.install(before)
	if err != nil {
		return &codeError{exitInstall, fmt.Errorf("cannot upgrade the packages: %w; nothing was pushed, %s", err, untilReboot)}
	}
	if len(changes) == 0 {
		return c.nothing(s, "%s has changed no package: nothing was pushed.", m.name)
	}
	return u.push(s, changes)
}

// untilReboot is what became of an upgrade that is not in the chain.
const untilReboot = "and a reboot returns to the state before: what was installed is in RAM only"

// install upgrades the packages and returns what has changed.
func (u *upgrade) install(before map[string]string) ([]packageChange, error) {
	m := u.tool.m
	// Ctrl-C is for the manager too, which may take its time to end. What comes
	// half way is not pushed, and this process lives to say so.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	err := u.tool.run(m.install(u.list)...)
	signal.Stop(stop)
	if err != nil {
		return nil, err
	}
	if len(stop) > 0 {
		return nil, fmt.Errorf("%s: broken off by a signal (%v)", m.name, <-stop)
	}
	if m.clean != nil {
		if err := u.tool.run(m.clean...); err != nil {
			fmt.Fprintf(u.c.errs, "snapshot: what was fetched is not deleted: %v\n", err)
		}
	}
	after, err := m.installed(u.tool)
	if err != nil {
		return nil, err
	}
	return changed(before, after), nil
}

func (u *upgrade) push(s *session, changes []packageChange) error {
	label := u.label
	if label == "" {
		label = upgradeLabel(changes)
	}
	var err error
	if u.try.asked() {
		err = u.c.try(s, "", label, true, u.try)
	} else {
		err = u.c.push(s, "", label)
	}
	if err != nil && exitCode(err) == exitNoRoom {
		return fmt.Errorf("the packages are upgraded, but cannot be kept: %w; %s, unless something gives way (`snapshot compact`, `snapshot rollback`) and `snapshot push` keeps it", err, untilReboot)
	}
	if err != nil {
		return fmt.Errorf("the packages are upgraded, but not kept: %w; %s", err, untilReboot)
	}
	return nil
}

// goOn asks a person whether to go on. Where there is none, nobody is asked.
func (u *upgrade) goOn() (bool, error) {
	c := u.c
	if u.yes || !isTerminal(c.in) {
		return true, nil
	}
	fmt.Fprint(c.out, "Go on? [y/N] ")
	switch yes, err := c.answer(); {
	case err != nil && !errors.Is(err, io.EOF):
		return false, fmt.Errorf("cannot read the answer: %w", err)
	case yes:
		return true, nil
	}
	fmt.Fprintln(c.out, "Nothing was installed.")
	return false, nil
}

// keptBack tells what the manager leaves alone.
func (u *upgrade) keptBack() string {
	if u.list.kept == 0 {
		return ""
	}
	return fmt.Sprintf("; %s keeps back %s", u.tool.m.name, count(u.list.kept, "package", "packages"))
}
