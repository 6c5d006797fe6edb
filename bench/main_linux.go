package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"chainroot/bench/measure"
)

// The first arguments of the copies that bench starts of itself.
const (
	argInside = "inside" // in a mount namespace: inside DIR FLAGS
	argReplay = "replay" // what preinit does: replay IMAGE DIR
)

func main() {
	if err := start(os.Args[1:]); err != nil {
		var ended *exec.ExitError
		if errors.As(err, &ended) { // it has said why
			os.Exit(max(ended.ExitCode(), 1))
		}
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func start(args []string) error {
	switch {
	case len(args) == 3 && args[0] == argReplay:
		return replay(args[1], args[2])
	case len(args) > 1 && args[0] == argInside:
		o, err := parse(args[2:])
		if err != nil {
			return err
		}
		return o.run(args[1])
	}
	if _, err := parse(args); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	return enter(args)
}

// enter runs bench again in a mount namespace of its own, where it mounts its tmpfs.
func enter(args []string) error {
	if os.Getuid() != 0 {
		return errors.New("it takes root: owners are restored, and a tmpfs is mounted")
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return fmt.Errorf("cannot make a directory: %w", err)
	}
	defer os.Remove(dir)
	// A signal ends both, and the directory goes.
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM)
	defer stop()
	cmd := exec.CommandContext(ctx, "/proc/self/exe", append([]string{argInside, dir}, args...)...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	return cmd.Run()
}

// options are the flags.
type options struct {
	only     []string
	rounds   int
	json     string
	snapshot string
	strict   bool
}

func parse(args []string) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := fs.String("only", "", "only these `parts`: "+strings.Join(names(), ","))
	fs.IntVar(&o.rounds, "n", 5, "rounds of each comparison")
	fs.StringVar(&o.json, "json", "", "write the results to a `file`")
	fs.StringVar(&o.snapshot, "snapshot", "", "the program snapshot (default: the one beside bench)")
	fs.BoolVar(&o.strict, "strict", false, "fail if a bound is missed")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 || o.rounds < 1 {
		return nil, fmt.Errorf("cannot make sense of %q: see -help", args)
	}
	for name := range strings.SplitSeq(*only, ",") {
		if name != "" && !known(name) {
			return nil, fmt.Errorf("there is no part %q, but %s", name, strings.Join(names(), ", "))
		} else if name != "" {
			o.only = append(o.only, name)
		}
	}
	return o, nil
}

// run measures in dir, where it mounts a tmpfs, and shows the results.
func (o *options) run(dir string) error {
	if o.snapshot == "" {
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("cannot find the program snapshot: %w", err)
		}
		o.snapshot = filepath.Join(filepath.Dir(self), "snapshot")
	}
	l, err := newLab(dir, o)
	if err != nil {
		return err
	}
	results, err := measureParts(l, o.only)
	if err != nil {
		return err
	}
	fmt.Println()
	if err := measure.Table(os.Stdout, results); err != nil {
		return fmt.Errorf("cannot show the results: %w", err)
	}
	if o.json != "" {
		if err := measure.WriteJSON(o.json, results); err != nil {
			return err
		}
	}
	missed := measure.Missed(results)
	fmt.Println()
	if len(missed) == 0 {
		fmt.Println("All bounds are met.")
		return nil
	}
	fmt.Println("Bounds that are missed:")
	for _, r := range missed {
		fmt.Printf("  %s: %.3f of %s, %g is the bound\n", r.Name, r.Ratio, r.PeerName, r.Bound)
	}
	if o.strict {
		return fmt.Errorf("bounds are missed: %d", len(missed))
	}
	return nil
}
