package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 64
)

var errUsage = errors.New("wrong usage")

// options are the flags.
type options struct {
	output     string
	preinit    string
	modulesDir string
	modules    list
	files      list
	shell      string
}

func main() {
	err := run(os.Args[1:], os.Stderr)
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, errUsage):
		fmt.Fprintf(os.Stderr, "initramfs: %v (see initramfs -h)\n", err)
		os.Exit(exitUsage)
	default:
		fmt.Fprintln(os.Stderr, "initramfs:", err)
		os.Exit(exitFailed)
	}
}

func run(args []string, messages io.Writer) error {
	o, err := parse(args, messages)
	if err != nil {
		return err
	}
	a, err := build(o)
	if err != nil {
		return err
	}
	return writeFile(o.output, a)
}

func parse(args []string, messages io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("initramfs", flag.ContinueOnError)
	f.SetOutput(io.Discard) // errors are printed once, by main
	f.StringVar(&o.output, "o", "", "`FILE` to write the archive to")
	f.StringVar(&o.preinit, "preinit", "", "static program `FILE` to become /preinit, and /init")
	f.StringVar(&o.modulesDir, "modules-dir", "", "`DIR` with the kernel's modules and modules.dep, like /lib/modules/VERSION")
	f.Var(&o.modules, "module", "kernel module `NAME` to carry, with all that it needs; more with commas or by repeating it")
	f.Var(&o.files, "file", "further file to carry, as `SOURCE:DESTINATION`; may be repeated")
	f.StringVar(&o.shell, "shell", "", "static busybox `FILE` to carry as emergency shell, /bin/sh")
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(messages, "Usage: initramfs -preinit FILE -o FILE [flags]\n\n",
			"Writes the initramfs that carries preinit, a newc cpio; the same inputs give the same bytes.\n\n")
		f.SetOutput(messages)
		f.PrintDefaults()
		fmt.Fprintf(messages, "\nExit codes: 0 written, %d failed, %d wrong usage.\n", exitFailed, exitUsage)
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	case f.NArg() > 0:
		return nil, fmt.Errorf("%w: unexpected %q", errUsage, f.Arg(0))
	case o.output == "" || o.preinit == "":
		return nil, fmt.Errorf("%w: -preinit and -o are needed", errUsage)
	case len(o.modules) > 0 && o.modulesDir == "":
		return nil, fmt.Errorf("%w: -module needs -modules-dir", errUsage)
	}
	var names list
	for _, m := range o.modules {
		names = append(names, strings.FieldsFunc(m, func(r rune) bool { return r == ',' })...)
	}
	o.modules = names
	return o, nil
}

// writeFile writes the archive under a temporary name and renames it, so that a
// file of the right name is always whole.
func writeFile(name string, a *archive) (err error) {
	out, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			out.Close()
			os.Remove(out.Name())
		}
	}()
	if err := a.writeTo(out); err != nil {
		return fmt.Errorf("cannot write %s: %w", name, err)
	}
	if err := out.Chmod(0o644); err != nil {
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Rename(out.Name(), name)
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string     { return strings.Join(*l, " ") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }
