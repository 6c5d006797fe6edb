package main

// colour is a colour of a terminal, as the parameter of SGR (ECMA-48).
type colour string

const (
	bold    colour = "1"
	red     colour = "31"
	green   colour = "32"
	yellow  colour = "33"
	blue    colour = "34"
	magenta colour = "35"
	cyan    colour = "36"
)

// paint returns text in a colour, if standard output shows colours.
func (c *cli) paint(text string, in colour) string {
	if !c.colours() {
		return text
	}
	return "\x1b[" + string(in) + "m" + text + "\x1b[0m"
}

// colours reports whether standard output is a terminal with colours, and nobody
// has said that they are not wanted (no-color.org).
func (c *cli) colours() bool {
	return c.env("NO_COLOR") == "" && c.env("TERM") != "dumb" && isTerminal(c.out)
}
