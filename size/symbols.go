package main

import (
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// program is what stands in one, by package.
type program struct {
	modules []string          // this one, and those it needs
	bytes   map[string][]byte // by import path; "": of no package
	code    map[string]int    // of these, bytes of functions
	lines   []byte            // the tables that lead from code to lines
}

// readProgram reads a program that has its symbols.
func readProgram(path string) (*program, error) {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	symbols, err := f.Symbols()
	if err != nil {
		return nil, fmt.Errorf("it was built without symbols: %w", err)
	}
	p := &program{modules: []string{info.Main.Path}, bytes: map[string][]byte{}, code: map[string]int{}}
	for _, m := range info.Deps {
		p.modules = append(p.modules, m.Path)
	}
	for i, s := range f.Sections {
		if s.Type == elf.SHT_NOBITS || s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		b, err := s.Data()
		if err != nil {
			return nil, err
		}
		if s.Name == ".gopclntab" {
			p.lines = b
			continue
		}
		within := slices.DeleteFunc(slices.Clone(symbols), func(y elf.Symbol) bool {
			return y.Section != elf.SectionIndex(i) || y.Value < s.Addr || y.Value+y.Size > s.Addr+s.Size
		})
		p.share(b, s.Addr, within, info.Path)
	}
	if p.lines == nil {
		return nil, errors.New("it has no section .gopclntab: it is no program of Go")
	}
	return p, nil
}

// share gives the bytes of a section to the packages that the symbols in it belong
// to; what none covers, or the large ones of no package, to "".
func (p *program) share(b []byte, addr uint64, symbols []elf.Symbol, main string) {
	owner := make([]int16, len(b)) // 0: none
	names := []string{""}
	known := map[string]int16{"": 0}
	// The larger first: a symbol within another is the more exact.
	slices.SortStableFunc(symbols, func(x, y elf.Symbol) int { return int(y.Size) - int(x.Size) })
	for _, s := range symbols {
		name := packageOf(s.Name)
		if name == "main" {
			name = main
		}
		if strings.HasPrefix(s.Name, "runtime.") && elf.ST_TYPE(s.Info) == elf.STT_NOTYPE {
			continue // a mark of the linker's
		}
		if _, ok := known[name]; !ok {
			known[name] = int16(len(names))
			names = append(names, name)
		}
		for i := range s.Size {
			owner[s.Value-addr+i] = known[name]
		}
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			p.code[name] += int(s.Size)
		}
	}
	for i, o := range owner {
		p.bytes[names[o]] = append(p.bytes[names[o]], b[i])
	}
}
