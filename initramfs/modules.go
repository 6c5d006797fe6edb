package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// modules is what depmod knows about a kernel's modules. Names are as the
// kernel prints them: without .ko and its compression, with underscores.
type modules struct {
	dir     string
	files   map[string]string   // path below dir
	needs   map[string][]string // hard dependencies, direct and indirect
	builtin map[string]bool     // compiled into the kernel: nothing to load
	soft    map[string]softdep
	aliases []alias // in the order of the file
}

// softdep is what should be loaded around a module, where there is such a thing.
type softdep struct{ before, after []string }

// alias is another name of a module, with the wildcards of fnmatch.
type alias struct{ pattern, name string }

// readModules reads what depmod wrote into dir, a directory like
// /lib/modules/VERSION. Only modules.dep must be there.
func readModules(dir string) (*modules, error) {
	m := &modules{
		dir:     dir,
		files:   map[string]string{},
		needs:   map[string][]string{},
		builtin: map[string]bool{},
		soft:    map[string]softdep{},
	}
	err := eachLine(filepath.Join(dir, "modules.dep"), m.dependency)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w (depmod makes it)", err)
	}
	if err != nil {
		return nil, err
	}
	for file, parse := range map[string]func(string){
		"modules.builtin": func(line string) { m.builtin[moduleName(line)] = true },
		"modules.softdep": m.softDependency,
		"modules.alias":   m.alias,
	} {
		if err := eachLine(filepath.Join(dir, file), parse); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return m, nil
}

// file returns where a module lies on the host.
func (m *modules) file(name string) string {
	if path.IsAbs(m.files[name]) {
		return m.files[name]
	}
	return filepath.Join(m.dir, m.files[name])
}

// dependency reads "kernel/a.ko.xz: kernel/b.ko.xz kernel/c.ko.xz".
func (m *modules) dependency(line string) {
	file, needs, ok := strings.Cut(line, ":")
	if !ok {
		return
	}
	name := moduleName(file)
	m.files[name] = file
	for need := range strings.FieldsSeq(needs) {
		m.needs[name] = append(m.needs[name], moduleName(need))
	}
}

// softDependency reads "softdep ext4 pre: crypto-crc32c post: other".
func (m *modules) softDependency(line string) {
	fields := strings.Fields(line)
	if len(fields) < 2 || fields[0] != "softdep" {
		return
	}
	name := normalize(fields[1])
	s := m.soft[name]
	var list *[]string
	for _, f := range fields[2:] {
		switch {
		case f == "pre:":
			list = &s.before
		case f == "post:":
			list = &s.after
		case list != nil:
			*list = append(*list, f)
		}
	}
	m.soft[name] = s
}

// alias reads "alias crypto-crc32c crc32c_intel".
func (m *modules) alias(line string) {
	fields := strings.Fields(line)
	if len(fields) == 3 && fields[0] == "alias" {
		m.aliases = append(m.aliases, alias{normalize(fields[1]), normalize(fields[2])})
	}
}

// moduleName makes "virtio_blk" of "kernel/drivers/block/virtio-blk.ko.zst".
func moduleName(file string) string {
	name, _, _ := strings.Cut(path.Base(file), ".ko")
	return normalize(name)
}

// normalize makes names comparable: to the kernel a dash in a module's name is
// an underscore, but not inside the brackets of a pattern.
func normalize(name string) string {
	var b strings.Builder
	brackets := false
	for _, r := range name {
		switch {
		case r == '[':
			brackets = true
		case r == ']':
			brackets = false
		case r == '-' && !brackets:
			r = '_'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// eachLine calls f for every line of a file that is neither empty nor a comment.
func eachLine(file string, f func(line string)) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" && line[0] != '#' {
			f(line)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("cannot read %s: %w", file, err)
	}
	return nil
}
