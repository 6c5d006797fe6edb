// Powercut cuts the power at every flash operation of every command on a
// simulated flash, and looks whether the unit that boots then is whole. It is
// what `make powercut` runs.
//
//	-budget DURATION  how long it goes on; the exhaustive part is always done
//	-seed N           for all that looks like chance
//	-flash PATTERN    only the flashes whose names match this regular expression
//	-json FILE        the figures
//	-first            stop at the first violation
//	-random           no exhaustive part, random lives only
//
// A life is a row of commands on one flash: an empty one, one that is full, one
// with damage, one whose record slots are used up, one with entries on trial.
// Each command is run once without a cut, and its flash operations are taken
// down. Then each of these operations is cut, in each way that package sim
// knows. What boots afterwards is judged:
//
//   - it shows the state before the command or the one after it: what it shows
//     instead is a state lost (entries of both are missing) or mixed. How many boots
//     are left to a trial is a part of the state;
//   - every later boot shows the same (else it has flipped) and writes nothing;
//   - the damage that is reported is that which was there before;
//   - all ends within bounds of operations.
//
// Depth 2 cuts the power again: in the repair that the boot after the first cut
// makes, and in the first command that follows.
//
// The same commands meet flash that fails: erase blocks that go bad or do
// nothing, syncs that fail, places that cannot be read, reads that lie, bits
// that rot. After the exhaustive part random lives with all of that go on until
// the budget is used up.
//
// Reading order: flash.go and life.go (what lives where), command.go and
// model.go (commands and what they should do), boot.go (what shows), job.go and
// cut.go (the cuts), fault.go, rot.go, random.go, tally.go. That all this finds
// mistakes is what mutant_test.go tests: it makes some, in package chain.
package main
