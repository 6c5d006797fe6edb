package main

import "strings"

// argument is one parameter of the kernel's command line. Its name is written
// with underscores: the kernel takes dashes for the same.
type argument struct {
	name, value string
	hasValue    bool
}

// split parts a command line as next_arg in the kernel's lib/cmdline.c does:
// at white space outside of double quotes, which a value may stand in. What
// follows a "--" is meant for init, and is left out. The order stays, as do
// repetitions: drivers take some parameters more than once.
func split(line string) []argument {
	var args []argument
	for line != "" {
		end, quoted := 0, false
		for ; end < len(line) && (quoted || !isSpace(line[end])); end++ {
			if line[end] == '"' {
				quoted = !quoted
			}
		}
		if end == 0 {
			line = line[1:]
			continue
		}
		word := line[:end]
		line = line[end:]
		if word == "--" {
			break
		}
		if whole, ok := strings.CutPrefix(word, `"`); ok {
			word = strings.TrimSuffix(whole, `"`)
		}
		name, value, hasValue := strings.Cut(word, "=")
		if inner, ok := strings.CutPrefix(value, `"`); ok {
			value = strings.TrimSuffix(inner, `"`)
		}
		if strings.IndexByte(name, '-') >= 0 {
			name = strings.ReplaceAll(name, "-", "_")
		}
		args = append(args, argument{name, value, hasValue})
	}
	return args
}

// isSpace is that of the kernel, in ASCII.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// moduleOptions returns the parameters for a kernel module, as finit_module(2)
// takes them: those that have its name before a dot, in their order.
func moduleOptions(args []argument, module string) string {
	var options []string
	prefix := strings.ReplaceAll(module, "-", "_") + "."
	for _, a := range args {
		name, ok := strings.CutPrefix(a.name, prefix)
		if !ok {
			continue
		}
		if a.hasValue {
			value := a.value
			if strings.ContainsAny(value, " \t\n\v\f\r") {
				value = `"` + value + `"`
			}
			name += "=" + value
		}
		options = append(options, name)
	}
	return strings.Join(options, " ")
}
