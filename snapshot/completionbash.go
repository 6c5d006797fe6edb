package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// bashStart and bashEnd are the script but for the table of the commands between
// them. Words of the command line are never evaluated. Numbers of snapshots come
// from info, which reads headers only.
const (
	bashStart = `# Completion of snapshot for bash.
_snapshot() {
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command= at=0 i
	local flags files dirs values args device=() kind
	# Bash takes --device=FILE for three words.
	if [[ $word == = ]]; then
		word=
	elif [[ $before == = ]]; then
		before=${COMP_WORDS[COMP_CWORD-2]}
	fi
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--device | --erase-size | --write-size)
			local value=$((i + 1))
			[[ ${COMP_WORDS[value]} == = ]] && ((value++))
			((value < COMP_CWORD)) && device+=("${COMP_WORDS[i]}" "${COMP_WORDS[value]}")
			;;
		esac
		_snapshot_table "$command"
		case ${COMP_WORDS[i]} in
		= | -*) ;;
		*)
			local last=${COMP_WORDS[i-1]}
			[[ $last == = ]] && continue
			[[ $files$dirs$values == *" $last "* ]] && continue
			if [[ $command ]]; then ((at++)); else command=${COMP_WORDS[i]}; fi
			;;
		esac
	done
	_snapshot_table "$command"
	if [[ $files == *" $before "* ]]; then kind=FILE
	elif [[ $dirs == *" $before "* ]]; then kind=DIR
	elif [[ $values == *" $before "* ]]; then return
	elif [[ $word == -* ]] || ((at >= ${#args[@]})); then kind=$flags
	else kind=${args[at]}
	fi
	local words=
	for i in $kind; do
		case $i in
		FILE) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$word"); return ;;
		DIR) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$word"); return ;;
		N) words+=" 0 $("${COMP_WORDS[0]}" "${device[@]}" info --json 2>/dev/null |
			sed -n '/"number":/{N;/"volatile": false/s/[^0-9]*\([0-9]*\).*/\1/p;}')" ;;
		*) words+=" $i" ;;
		esac
	done
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

# What can follow a command: its flags, those that take files, directories and
# other values, and a list of what each argument can be.
_snapshot_table() {
	case $1 in
`
	bashEnd = `	*) flags= files=' ' dirs=' ' values=' ' args=() ;;
	esac
}
complete -F _snapshot snapshot
`
)

// writeBash prints the script for bash.
func writeBash(w io.Writer, list []completion) error {
	var b strings.Builder
	b.WriteString(bashStart)
	var names []string
	for _, c := range list[1:] {
		names = append(names, c.name)
	}
	for _, c := range list {
		var flags, files, dirs, values []string
		for _, f := range c.flags {
			flags = append(flags, f.name)
			switch {
			case f.value == "FILE":
				files = append(files, f.name)
			case f.value == "DIR":
				dirs = append(dirs, f.name)
			case f.takes:
				values = append(values, f.name)
			}
		}
		fmt.Fprintf(&b, "\t%s) flags='%s' files=' %s ' dirs=' %s ' values=' %s ' args=(", pattern(c.name),
			strings.Join(flags, " "), strings.Join(files, " "), strings.Join(dirs, " "), strings.Join(values, " "))
		for i, arg := range c.args {
			if i > 0 {
				b.WriteByte(' ')
			}
			fmt.Fprintf(&b, "'%s'", strings.Join(bashWords(arg, names), " "))
		}
		b.WriteString(") ;;\n")
	}
	b.WriteString(bashEnd)
	_, err := io.WriteString(w, b.String())
	return err
}

// pattern is that of a command in a case.
func pattern(name string) string {
	if name == "" {
		return "''"
	}
	return name
}

// bashWords returns what an argument can be as the script has it: FILE, DIR, N, and
// words. Of what else the help says in capitals nothing is known.
func bashWords(arg, commands []string) (words []string) {
	for _, w := range arg {
		switch {
		case w == "COMMAND":
			words = append(words, commands...)
		case w == "TAR":
			return append(words, "FILE") // and directories: completion of files has them
		case w == "STATE":
			words = append(words, "N", "config", "live")
		case w == "DIR" && slices.Contains(arg, "TAR"):
		case w == "FILE" || w == "DIR" || w == "N" || w != strings.ToUpper(w):
			words = append(words, w)
		}
	}
	return words
}
