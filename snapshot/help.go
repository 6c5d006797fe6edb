package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

func helpCommand() command {
	return command{
		name:    "help",
		args:    "[COMMAND]",
		summary: "explain the commands, or one of them",
		maxArgs: 1,
		register: func(*flag.FlagSet) func(*cli, []string) error {
			return func(c *cli, args []string) error {
				if len(args) == 0 {
					c.usage(c.out)
					return nil
				}
				for _, cmd := range commands() {
					if cmd.name == args[0] {
						c.commandHelp(c.out, cmd)
						return nil
					}
				}
				return usageError("there is no command %q: `snapshot help` lists them", args[0])
			}
		},
	}
}

const globalFlags = `  --device FILE     the chain on this device or image (default: that of the unit);
                    FILE+OFFSET: what stands there from that byte on
  --erase-size N    erase block of a file or block device, in bytes
  --write-size N    write unit of a file or block device, in bytes
                    (default: what the chain there was written for, else 65536
                    and 4096; MTD partitions and UBI volumes know theirs)
  --force           write to a device that holds neither a chain nor nothing
  --wait DURATION   how long to wait for another snapshot command (default 30s)
  --dry-run         do it in RAM only, and say what it would be: nothing is written
`

func (c *cli) usage(w io.Writer) {
	fmt.Fprint(w, "Usage: snapshot [FLAGS] COMMAND [ARGUMENTS]\n\nKeeps the state of this unit as a chain of snapshots on flash.\n\nCommands:\n")
	for _, cmd := range commands() {
		if cmd.hidden {
			continue
		}
		fmt.Fprintf(w, "  %-10s %s\n", cmd.name, cmd.summary)
	}
	fmt.Fprintf(w, "\nFlags of every command:\n%s\nExit codes:\n%s", globalFlags, exitTable)
}

func (c *cli) commandHelp(w io.Writer, cmd command) {
	line := strings.TrimSpace("Usage: snapshot [FLAGS] " + cmd.name + " " + cmd.args)
	fmt.Fprintf(w, "%s\n\n%s.\n\n", line, upperFirst(cmd.summary))
	if cmd.details != "" {
		fmt.Fprintf(w, "%s\n", cmd.details)
	}
	fmt.Fprintf(w, "Flags of every command:\n%s", globalFlags)
}
