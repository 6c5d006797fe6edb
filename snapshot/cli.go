package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// cli is one run of the program.
type cli struct {
	in        io.Reader
	out, errs io.Writer
	root      string // of the running unit: /, or a directory in tests
	now       func() time.Time
	reboot    func() error
	spawn     func(args ...string) error // runs this program in the background

	device    string        // --device
	eraseSize int           // --erase-size, bytes
	writeSize int           // --write-size, bytes
	wait      time.Duration // --wait
	force     bool          // --force
	dryRun    bool          // --dry-run

	env      func(string) string // os.Getenv
	progress *progress           // of the command that runs; nil: nobody looks
}

// command is one verb of the program.
type command struct {
	name     string
	args     string // as in the help
	summary  string // one line
	details  string // paragraphs for help COMMAND
	maxArgs  int
	hidden   bool // it is for programs
	register func(*flag.FlagSet) func(*cli, []string) error
}

// commands are all verbs, in the order of the help. A function, not a
// variable: help refers to it.
func commands() []command {
	return []command{
		statusCommand, listCommand, showCommand, diffCommand, catCommand, extractCommand, logCommand, infoCommand, idCommand, mapCommand, bootCommand,
		configCommand, pushCommand, confirmCommand, rollbackCommand, upgradeCommand, healthCommand, compactCommand, pinCommand, unpinCommand,
		exportCommand, importCommand, buildCommand, verifyCommand, convertCommand, resetCommand, completionCommand(), helpCommand(), timerCommand,
	}
}

// defaultWait is how long a command waits for another one to end.
const defaultWait = 30 * time.Second

// main runs the program and returns its exit code.
func (c *cli) main(args []string) int {
	if c.now == nil {
		c.now = time.Now
	}
	if c.env == nil {
		c.env = os.Getenv
	}
	c.startProgress()
	defer c.progress.end()
	err := c.run(args)
	if err == nil || errors.Is(err, errHelp) {
		return exitOK
	}
	if !errors.Is(err, errQuiet) {
		fmt.Fprintf(c.errs, "snapshot: %s\n", escaped(err.Error())) // one line, whatever a file is called
	}
	return exitCode(err)
}

func (c *cli) run(args []string) error {
	name, rest := splitCommand(args)
	if name == "" {
		// Flags without a command: complain about them first.
		if _, err := parse(c.flags(""), rest); err != nil && !errors.Is(err, flag.ErrHelp) {
			return err
		}
		c.usage(c.errs)
		return usageError("no command given: `snapshot help` lists them")
	}
	for _, cmd := range commands() {
		if cmd.name != name {
			continue
		}
		fs := c.flags(name)
		run := cmd.register(fs)
		pos, err := parse(fs, rest)
		if errors.Is(err, flag.ErrHelp) {
			c.commandHelp(c.out, cmd)
			return errHelp
		}
		if err != nil {
			return err
		}
		if c.dryRun {
			c.reboot = func() error { return nil }
			c.spawn = func(...string) error { return nil }
		}
		if len(pos) > cmd.maxArgs {
			return usageError("%s takes %s, not %q: see `snapshot help %s`", name, atMost(cmd.maxArgs), pos[cmd.maxArgs], name)
		}
		return run(c, pos)
	}
	return usageError("there is no command %q: `snapshot help` lists them", name)
}

func atMost(n int) string {
	if n == 0 {
		return "no argument"
	}
	return "at most " + count(n, "argument", "arguments")
}

// flags returns the flags that every command knows.
func (c *cli) flags(name string) *flag.FlagSet {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Func("device", "", func(name string) error {
		if c.device = name; name == "" {
			return errors.New("it names no device, and without it the chain of this unit is meant") // of a script, with a variable that is not set
		}
		return nil
	})
	fs.IntVar(&c.eraseSize, "erase-size", 0, "")
	fs.IntVar(&c.writeSize, "write-size", 0, "")
	fs.BoolVar(&c.force, "force", false, "")
	fs.DurationVar(&c.wait, "wait", defaultWait, "")
	fs.BoolVar(&c.dryRun, "dry-run", false, "")
	return fs
}

// valueFlags are the global flags that take a value, to tell the value from
// the command when they stand before it.
var valueFlags = map[string]bool{"device": true, "erase-size": true, "write-size": true, "wait": true}

// splitCommand finds the command among the arguments: the first that is not a
// flag or the value of one.
func splitCommand(args []string) (name string, rest []string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		if !strings.HasPrefix(a, "-") || a == "-" {
			return a, append(append([]string(nil), args[:i]...), args[i+1:]...)
		}
		switch flagName := strings.TrimLeft(a, "-"); {
		case flagName == "h" || flagName == "help":
			return "help", append(append([]string(nil), args[:i]...), args[i+1:]...)
		case valueFlags[flagName]:
			i++
		}
	}
	return "", args
}

// parse parses flags that may stand before, between and after the arguments,
// and returns the arguments.
func parse(fs *flag.FlagSet, args []string) (pos []string, err error) {
	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, usageError("%s: see `%s`", strings.TrimPrefix(err.Error(), "flag: "), strings.TrimSpace("snapshot help "+fs.Name()))
		}
		if fs.NArg() == 0 {
			return pos, nil
		}
		if i := len(args) - fs.NArg(); i > 0 && args[i-1] == "--" {
			return append(pos, fs.Args()...), nil
		}
		pos, args = append(pos, fs.Arg(0)), fs.Args()[1:]
	}
}
