package delta

// Answer is what is to be done with a file or directory.
type Answer uint8

const (
	Keep Answer = iota
	Drop        // it, and all that lies in it
	Look        // a directory: it goes into the tar only if something in it does
)

// Choice says what of a system's changes is kept. The zero Choice keeps all.
type Choice struct {
	Include  *Exclude // what is kept in spite of the others, with all that lies in it
	Exclude  *Exclude // what is dropped
	Defaults *Exclude // what is dropped without being named by anybody
}

// Rule is a pattern that decided.
type Rule struct {
	Default bool   // it is one of the Defaults
	Line    int    // its number, from 1
	Pattern string // as it stands there
}

// Ask returns what is to be done with path, which is as in PackOptions.Choose,
// and if that is not Keep, the rule that says so.
func (c *Choice) Ask(path string, dir bool) (Answer, Rule) {
	if c.Include.Match(path, dir) {
		return Keep, Rule{}
	}
	p, byDefault := c.Exclude.find(path, dir), false
	if p == nil {
		p, byDefault = c.Defaults.find(path, dir), true
	}
	if p == nil {
		return Keep, Rule{}
	}
	rule := Rule{Default: byDefault, Line: p.line, Pattern: p.text}
	if dir && c.Include.reaches(path) {
		return Look, rule
	}
	return Drop, rule
}

// Choose is Ask without the rule, for PackOptions.
func (c *Choice) Choose(path string, dir bool) Answer {
	a, _ := c.Ask(path, dir)
	return a
}
