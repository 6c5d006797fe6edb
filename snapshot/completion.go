package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

func completionCommand() command {
	return command{
		name:    "completion",
		args:    "bash | ash",
		summary: "print what makes Tab complete the commands in a shell",
		details: `Prints a script for the shell that is named.

  bash  Tab completes commands, flags, file names where a flag takes one, and
        the numbers of the snapshots that there are. Into a profile goes
        eval "$(snapshot completion bash)", or the script into a file in
        /etc/bash_completion.d
  ash   that of busybox cannot be told what the words of a command may be. It
        completes names of programs, builtins, and, from busybox 1.37 on, those
        of aliases. So the script has an alias for each command: snapshot-config
        is ` + "`snapshot config`" + `, and so on, and snapshot- Tab Tab lists them. It
        completes no flags and no numbers; file names it does by itself. Before
        1.37 the aliases work, but Tab does not know them. Into a profile goes
        eval "$(snapshot completion ash)"
`,
		maxArgs: 1,
		register: func(*flag.FlagSet) func(*cli, []string) error {
			return func(c *cli, args []string) error {
				if len(args) == 0 {
					return usageError("completion needs to know the shell: bash or ash")
				}
				switch args[0] {
				case "bash":
					return writeBash(c.out, completions())
				case "ash":
					return writeAsh(c.out, completions())
				}
				return usageError("there is no completion for %q: bash and ash have one", args[0])
			}
		},
	}
}

// completion is what can follow a command.
type completion struct {
	name  string // of the command; empty: of the program itself
	flags []completionFlag
	args  [][]string // for each argument: the words of the help, such as N or FILE
}

// completionFlag is a flag of a command.
type completionFlag struct {
	name  string // with its dashes
	value string // what it takes, as the help says it; empty: nothing, or nothing known
	takes bool   // it takes a value
}

// completions returns those of the program, then of each command that is not for
// programs, as the command line is taken apart.
func completions() []completion {
	global := (&cli{}).flags("")
	list := []completion{{flags: flagsOf(global, nil, globalFlags), args: [][]string{{"COMMAND"}}}}
	for _, cmd := range commands() {
		if cmd.hidden {
			continue
		}
		fs := flag.NewFlagSet(cmd.name, flag.ContinueOnError)
		cmd.register(fs)
		list = append(list, completion{name: cmd.name, flags: flagsOf(fs, global, cmd.args+"\n"+cmd.details), args: argumentsOf(cmd.args, fs)})
	}
	return list
}

// flagsOf returns the flags in fs, with what help says that they take. Global flags
// are of every command.
func flagsOf(fs, global *flag.FlagSet, help string) []completionFlag {
	var list []completionFlag
	fs.VisitAll(func(f *flag.Flag) {
		name := "--" + f.Name
		if len(f.Name) == 1 {
			name = "-" + f.Name
		}
		takes := takesValue(f)
		c := completionFlag{name: name, takes: takes}
		if takes {
			c.value = valueOf(name, help)
		}
		list = append(list, c)
	})
	if global != nil {
		list = append(list, flagsOf(global, nil, globalFlags)...)
	}
	return list
}

// takesValue reports whether a flag has a value in the next word.
func takesValue(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}

// valueOf returns the word behind a flag in a help text.
func valueOf(name, help string) string {
	for rest := help; ; {
		_, after, ok := strings.Cut(rest, name+" ")
		if !ok {
			return ""
		}
		if value := strings.TrimRight(firstWord(after), "],"); value != "" && value == strings.ToUpper(value) {
			return value
		}
		rest = after
	}
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 && !strings.HasPrefix(s, " ") {
		return f[0]
	}
	return ""
}

// argumentsOf returns what the help says of each argument, without the flags: "N" of
// "[N | --undo]", "bash" and "ash" of "bash | ash".
func argumentsOf(help string, fs *flag.FlagSet) (args [][]string) {
	argument := false    // the last word is one
	alternative := false // the next one is another for the same
	value := false       // the next one is that of a flag
	for _, w := range strings.Fields(strings.NewReplacer("[", " ", "]", " ", "|", " | ").Replace(help)) {
		switch last := len(args) - 1; {
		case w == "|":
			alternative, value = argument, false
			continue
		case strings.HasPrefix(w, "-"):
			f := fs.Lookup(strings.TrimLeft(w, "-"))
			argument, alternative, value = false, false, f != nil && takesValue(f)
			continue
		case value, strings.HasPrefix(w, "="):
			argument = false
		case alternative:
			args[last] = append(args[last], w)
		default:
			args, argument = append(args, []string{w}), true
		}
		alternative, value = false, false
	}
	return args
}

// writeAsh prints aliases: that of busybox completes nothing else of ours.
func writeAsh(w io.Writer, list []completion) error {
	var b strings.Builder
	b.WriteString("# The commands of snapshot, for busybox ash: from 1.37 on Tab completes aliases.\n")
	for _, c := range list[1:] {
		fmt.Fprintf(&b, "alias snapshot-%s='snapshot %s'\n", c.name, c.name)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
