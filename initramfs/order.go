package main

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

var (
	errNoModule = errors.New("no such module")
	errCycle    = errors.New("modules need each other")
)

// loadOrder returns the modules to load so that each of names is there, every
// module after those it needs and none twice. What is built into the kernel is
// left out.
func (m *modules) loadOrder(names []string) ([]string, error) {
	o := &order{modules: m, done: map[string]bool{}}
	for _, name := range names {
		found := m.resolve(name)
		if len(found) == 0 {
			return nil, fmt.Errorf("cannot find module %q in %s: %w", name, m.dir, errNoModule)
		}
		for _, f := range found {
			if err := o.visit(f); err != nil {
				return nil, err
			}
		}
	}
	return o.list, nil
}

// order is a walk through the dependencies, depth first.
type order struct {
	*modules
	list []string        // to load, in this order
	done map[string]bool // in list, or built in
	path []string        // from a module asked for to the one in hand
}

func (o *order) visit(name string) error {
	if o.done[name] || o.builtin[name] {
		return nil
	}
	if at := slices.Index(o.path, name); at >= 0 {
		return fmt.Errorf("cannot order modules: %w: %s", errCycle, strings.Join(append(o.path[at:], name), " → "))
	}
	if _, ok := o.files[name]; !ok {
		return fmt.Errorf("cannot order modules: %w in modules.dep: %s", errNoModule, strings.Join(append(o.path, name), " → "))
	}
	o.path = append(o.path, name)
	o.visitSoft(o.soft[name].before)
	// depmod lists the deepest dependency last.
	for _, need := range slices.Backward(o.needs[name]) {
		if err := o.visit(need); err != nil {
			return err
		}
	}
	o.path = o.path[:len(o.path)-1]
	o.done[name] = true
	o.list = append(o.list, name)
	o.visitSoft(o.soft[name].after)
	return nil
}

// visitSoft takes in what soft dependencies name, all that match an alias, as
// modprobe does. A module works without them: what is missing, or would close
// a circle, is left out.
func (o *order) visitSoft(names []string) {
	for _, name := range names {
		for _, found := range o.resolve(name) {
			list, path := len(o.list), len(o.path)
			if err := o.visit(found); err != nil {
				for _, n := range o.list[list:] {
					delete(o.done, n)
				}
				o.list, o.path = o.list[:list], o.path[:path]
			}
		}
	}
}

// resolve returns the modules that a name stands for: the one of that name,
// else all that have it as an alias.
func (m *modules) resolve(name string) []string {
	name = normalize(name)
	if _, ok := m.files[name]; ok || m.builtin[name] {
		return []string{name}
	}
	var found []string
	for _, a := range m.aliases {
		if ok, _ := path.Match(a.pattern, name); ok && !slices.Contains(found, a.name) {
			found = append(found, a.name)
		}
	}
	return found
}
