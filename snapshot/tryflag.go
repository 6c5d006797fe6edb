package main

import (
	"flag"
	"fmt"
	"strconv"
	"time"

	"chainroot/chain"
)

// tryHelp is what help says of the flags for a trial.
const tryHelp = `
  --try[=BOOTS]          on trial: unless ` + "`snapshot confirm`" + ` says within so many
                         boots that the state is good, the unit goes back to the
                         one before (1 to 100, default 3)
  --confirm-within TIME  on trial, and so long after each boot, and after this
                         command, the unit reboots into the state before (at least
                         60s; 10m, 2h30m); again: so long from now
`

// minWithin is the shortest time to a confirmation: a unit takes some to boot.
const minWithin = time.Minute

// trying is what the flags for a trial ask for.
type trying struct {
	try    boots
	within time.Duration
}

// boots is the value of --try; 0: not given.
type boots int

func (b *boots) String() string   { return strconv.Itoa(int(*b)) }
func (b *boots) IsBoolFlag() bool { return true } // it needs no value

func (b *boots) Set(s string) error {
	if s == "true" {
		*b = chain.DefaultBoots
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > chain.MaxBoots {
		return fmt.Errorf("a trial has 1 to %d boots", chain.MaxBoots)
	}
	*b = boots(n)
	return nil
}

func tryFlags(fs *flag.FlagSet) *trying {
	t := &trying{}
	fs.Var(&t.try, "try", "")
	fs.Func("confirm-within", "", t.setWithin)
	return t
}

func (t *trying) setWithin(s string) (err error) {
	t.within, err = time.ParseDuration(s)
	if err != nil || t.within < minWithin || t.within > chain.MaxWithin {
		return fmt.Errorf("it can be %v to %v, and is written like 90s, 10m, 2h30m", minWithin, chain.MaxWithin)
	}
	return nil
}

func (t *trying) asked() bool { return t.try > 0 || t.within > 0 }

// trial is what is asked for, with otherwise for what is not.
func (t *trying) trial(otherwise chain.Trial) chain.Trial {
	if t.try > 0 {
		otherwise.Left = int(t.try)
	}
	if t.within > 0 {
		otherwise.Within = t.within.Truncate(time.Second)
	}
	return otherwise
}
