package main

import (
	"flag"
	"fmt"
)

var idCommand = command{
	name:    "id",
	summary: "print the hash that names the whole state of the chain",
	details: `Prints the hash of the last entry's header. It names the state that the next
boot shows: units with the same firmware and the same hash are bit-identical.
64 zeros name the bare firmware.
`,
	register: func(*flag.FlagSet) func(*cli, []string) error {
		return func(c *cli, _ []string) error {
			return c.with(false, func(s *session) error {
				if err := s.Check(); err != nil {
					return err
				}
				c.damage(s)
				_, err := fmt.Fprintln(c.out, s.ID())
				return err
			})
		}
	},
}
