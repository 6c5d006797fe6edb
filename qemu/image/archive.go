package image

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// debianArch has Debian's names of architectures, by Go's.
var debianArch = map[string]string{
	"amd64":    "amd64",
	"arm64":    "arm64",
	"mipsle":   "mipsel",
	"mips64le": "mips64el",
	"mips":     "mips", // of which the archive has no more than the name
	allArch:    "all",
}

// allArch stands for all architectures, in the name of a package that is for them.
const allArch = "all"

// sources stands for an architecture, in the name of the archive of Debian's
// source packages.
const sources = "source"

// archive is Debian's package archive for one architecture, asked through an apt
// that has its state in the user's cache directory: it takes neither root nor an
// architecture that the host knows of. Where packages come from, and which keys
// sign them, is what the host's apt is set up for.
type archive struct {
	dir string
}

// newArchive returns the archive for one of Debian's architectures, or of the
// source packages.
func newArchive(arch string) (*archive, error) {
	cache, err := cacheDir()
	if err != nil {
		return nil, err
	}
	a := &archive{dir: filepath.Join(cache, "apt", arch)}
	for _, dir := range []string{"lists/partial", "archives/partial"} {
		if err := os.MkdirAll(filepath.Join(a.dir, dir), 0o755); err != nil {
			return nil, err
		}
	}
	config := a.config()
	if arch == sources {
		if err := a.addSources(); err != nil {
			return nil, err
		}
		config += fmt.Sprintf("Dir::Etc::sourcelist %q;\nDir::Etc::sourceparts %q;\n", a.path("sources.list"), a.path("sources.list.d"))
	} else {
		config += fmt.Sprintf("#clear APT::Architectures;\nAPT::Architecture %q;\nAPT::Architectures { %q; };\n", arch, arch)
	}
	// No package is installed, as far as this apt knows.
	if err := replaceFile(a.path("status"), nil); err != nil {
		return nil, err
	}
	return a, replaceFile(a.path("apt.conf"), []byte(config))
}

// config is what all of these apts have in common. Commands that the host runs
// after an update have nothing to do with lists of its user, and a user of
// apt's own cannot write there.
func (a *archive) config() string {
	return fmt.Sprintf(`Dir::State %q;
Dir::State::status %q;
Dir::Cache %q;
APT::Sandbox::User "root";
Acquire::Languages "none";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
`, a.dir, a.path("status"), a.dir)
}

func (a *archive) path(name string) string {
	return filepath.Join(a.dir, name)
}

// dependency returns the one package that a metapackage depends on.
func (a *archive) dependency(metapackage string) (name string, err error) {
	err = a.try(func() error {
		out, err := a.command("apt-cache", "depends", "--important", "--no-recommends", metapackage).Output()
		if err != nil {
			return fmt.Errorf("cannot ask apt for the dependency of %s: %w", metapackage, err)
		}
		for line := range strings.Lines(string(out)) {
			if kind, dep, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && kind == "Depends" {
				name = dep
				return nil
			}
		}
		return fmt.Errorf("apt knows no package %s", metapackage)
	})
	return name, err
}

// download puts a package into a directory and returns its file.
func (a *archive) download(dir, name string) (string, error) {
	if err := a.try(func() error { return a.run(dir, "apt-get", "-q", "download", name) }); err != nil {
		return "", err
	}
	packages, err := filepath.Glob(filepath.Join(dir, name+"_*.deb"))
	if err != nil || len(packages) != 1 {
		return "", fmt.Errorf("apt-get download left %q", packages)
	}
	return packages[0], nil
}

// unpackSource puts a source package into a directory, patched, and returns the
// directory that it made.
func (a *archive) unpackSource(dir, name string) (string, error) {
	if err := a.try(func() error { return a.run(dir, "apt-get", "-q", "source", "--only-source", name) }); err != nil {
		return "", err
	}
	control, err := filepath.Glob(filepath.Join(dir, name+"-*", "debian", "control"))
	if err != nil || len(control) != 1 {
		return "", fmt.Errorf("apt-get source left %q", control)
	}
	return filepath.Dir(filepath.Dir(control[0])), nil
}

// try does what needs the lists of packages. If it fails, the lists may be
// missing, or older than the archive: then they are fetched first.
func (a *archive) try(do func() error) error {
	first := do()
	if first == nil {
		return nil
	}
	if err := a.run(a.dir, "apt-get", "-q", "update"); err != nil {
		return errors.Join(first, err)
	}
	return do()
}

func (a *archive) run(dir, name string, args ...string) error {
	return run(dir, "flock", a.under(name, args)...)
}

func (a *archive) command(name string, args ...string) *exec.Cmd {
	return exec.Command("flock", a.under(name, args)...)
}

// under is a command of apt with this archive's state, under its lock: apt does
// not wait for another that fetches the same lists.
func (a *archive) under(name string, args []string) []string {
	return append([]string{a.path("lock"), name, "-c", a.path("apt.conf")}, args...)
}

var (
	debLine = regexp.MustCompile(`(?m)^[ \t]*deb([ \t])`)
	debType = regexp.MustCompile(`(?mi)^Types:.*$`)
)

// sourceEntries turns a file of apt's sources, in either of its formats, to the
// same archives' source packages. What names them already stays.
func sourceEntries(file string, content []byte) []byte {
	if filepath.Ext(file) == ".sources" {
		return debType.ReplaceAll(content, []byte("Types: deb-src"))
	}
	return debLine.ReplaceAll(content, []byte("deb-src$1"))
}

// addSources makes sources.list and sources.list.d out of the host's.
func (a *archive) addSources() error {
	out, err := exec.Command("apt-config", "shell", "list", "Dir::Etc::sourcelist/f", "parts", "Dir::Etc::sourceparts/d").Output()
	if err != nil {
		return fmt.Errorf("cannot ask apt for its sources: %w", err)
	}
	where := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		where[name] = strings.Trim(value, "'")
	}
	if err := os.MkdirAll(a.path("sources.list.d"), 0o755); err != nil {
		return err
	}
	for into, from := range map[string][]string{
		"sources.list":                {where["list"], filepath.Join(where["parts"], "*.list")},
		"sources.list.d/host.sources": {filepath.Join(where["parts"], "*.sources")},
	} {
		var all []byte
		for _, pattern := range from {
			files, err := filepath.Glob(pattern)
			if err != nil {
				return err
			}
			for _, file := range files {
				content, err := os.ReadFile(file)
				if err != nil {
					return err
				}
				all = append(append(all, sourceEntries(file, content)...), "\n\n"...)
			}
		}
		if err := replaceFile(a.path(into), all); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile writes a file that another process may be reading: it sees the old
// content or the new.
func replaceFile(name string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(content)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
