// Package journal is what a unit and the host agree on when the power of the
// unit is cut: the lines that the unit writes about its commands, the state in
// which each command leaves the chain, and the verdict on what is booted
// afterwards. Nothing in it needs a machine.
//
// Read command.go, line.go (what is on the serial line), state.go (the model of
// a chain) and judge.go.
package journal
