package main

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
)

// cost is what a package, or a module, takes of a program, in bytes.
type cost struct {
	name      string
	bytes, xz int
	packages  []cost
}

// costs returns what the packages take, by module, the most first.
func (p *program) costs() ([]cost, error) {
	lines, err := xz(p.lines)
	if err != nil {
		return nil, err
	}
	code := 0
	for _, n := range p.code {
		code += n
	}
	var whole []byte
	alone, sum := map[string]int{}, 0
	for name, b := range p.bytes {
		whole = append(whole, b...)
		if alone[name], err = xz(b); err != nil {
			return nil, err
		}
		sum += alone[name]
	}
	together, err := xz(whole)
	if err != nil {
		return nil, err
	}
	modules := map[string]*cost{}
	for name, b := range p.bytes {
		module := moduleOf(name, p.modules)
		m := modules[module]
		if m == nil {
			m = &cost{name: module}
			modules[module] = m
		}
		c := cost{
			name:  cmp.Or(name, "types, strings, addresses"),
			bytes: len(b) + len(p.lines)*p.code[name]/code,
			xz:    alone[name]*together/sum + lines*p.code[name]/code,
		}
		m.bytes += c.bytes
		m.xz += c.xz
		m.packages = append(m.packages, c)
	}
	var list []cost
	for _, m := range modules {
		slices.SortFunc(m.packages, costlier)
		list = append(list, *m)
	}
	slices.SortFunc(list, costlier)
	return list, nil
}

func costlier(a, b cost) int { return cmp.Or(b.xz-a.xz, cmp.Compare(a.name, b.name)) }

// explain lists what each module and package takes of a program.
func explain(out io.Writer, path string) error {
	p, err := readProgram(path)
	if err != nil {
		return err
	}
	list, err := p.costs()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%-50s %9s %9s\n", filepath.Base(path), "bytes", "xz, about")
	for _, m := range list {
		fmt.Fprintf(out, "%-50s %9d %9d\n", m.name, m.bytes, m.xz)
		for _, c := range m.packages {
			if c.name != m.name {
				fmt.Fprintf(out, "    %-46s %9d %9d\n", c.name, c.bytes, c.xz)
			}
		}
	}
	return nil
}
