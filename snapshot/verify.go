package main

import (
	"errors"
	"flag"
	"fmt"

	"chainroot/chain"
	"chainroot/chain/delta"
)

var verifyCommand = command{
	name:    "verify",
	args:    "[--json]",
	summary: "read every entry and check it against its hashes",
	details: `Reads every entry, checks it against its hashes and reads the tar in it to the
end. Exits 65 when something is damaged, and says which state a boot shows then.

  --json  as one JSON object
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		asJSON := fs.Bool("json", false, "")
		return func(c *cli, _ []string) error {
			return c.with(false, func(s *session) error { return c.verify(s, *asJSON) })
		}
	},
}

// verdict is what `verify --json` prints.
type verdict struct {
	Device  string         `json:"device"`
	OK      bool           `json:"ok"`
	ID      string         `json:"id"` // of the state that a boot shows
	Entries []entryVerdict `json:"entries"`
	Damage  []damage       `json:"damage"`
}

type entryVerdict struct {
	Number   int    `json:"number"`
	Volatile bool   `json:"volatile"`
	Hash     string `json:"hash"`
	OK       bool   `json:"ok"`
	Reason   string `json:"reason,omitempty"`
}

func (c *cli) verify(s *session, asJSON bool) error {
	v := verdict{Device: s.path, Entries: []entryVerdict{}}
	var names []string
	for good := 0; good < len(s.Entries()); {
		e := s.Entries()[good]
		r := entryVerdict{Number: e.Number, Volatile: e.IsVolatile(), Hash: e.Hash.String()}
		names = append(names, e.Name())
		err := readThrough(s, e)
		switch {
		case err == nil:
			r.OK = true
			good++
		case errors.Is(err, chain.ErrDamaged), errors.Is(err, delta.ErrHostile), errors.Is(err, delta.ErrFormat):
			r.Reason = err.Error()
			s.Reject(e, err) // a copy of it may stand in
		default:
			return fmt.Errorf("cannot read %s: %w", e.Name(), err)
		}
		v.Entries = append(v.Entries, r)
	}
	v.ID, v.Damage = s.ID().String(), damages(s)
	v.OK = len(v.Damage) == 0
	var err error
	if asJSON {
		err = writeJSON(c.out, v)
	} else {
		err = c.printVerdict(s, v, names)
	}
	if !v.OK {
		return fmt.Errorf("%s is %w: a boot shows %s", s.path, chain.ErrDamaged, newest(s))
	}
	return err
}

func (c *cli) printVerdict(s *session, v verdict, names []string) error {
	for i, e := range v.Entries {
		what := "ok"
		if !e.OK {
			what = escaped(e.Reason)
		}
		fmt.Fprintf(c.out, "%s: %s\n", names[i], what)
	}
	for _, d := range v.Damage {
		if !reported(v, d) {
			fmt.Fprintf(c.out, "%s: %s\n", d.What, escaped(d.Reason))
		}
	}
	_, err := fmt.Fprintf(c.out, "state: %s, %s\n", newest(s), v.ID)
	return err
}

// reported reports whether a damage is that of an entry in the list.
func reported(v verdict, d damage) bool {
	for _, e := range v.Entries {
		if e.Reason == d.Reason {
			return true
		}
	}
	return false
}

// readThrough checks the payload of an entry, and reads the tar in it to its
// end, as a replay would.
func readThrough(s *session, e *chain.Entry) error {
	if err := s.Verify(e); err != nil {
		return err
	}
	return addTo(delta.NewTree(), s, e)
}
