// Package sim is a flash device in RAM for tests, as strict and as nasty as
// flash can be.
//
// It panics with a Violation when the code above it breaks a rule of flash,
// counts every operation, cuts the power in the middle of any of them, leaves
// write units behind that read differently each time, lets blocks go bad, and
// lies. All that looks like chance comes from Seed and from the seed of a Cut:
// what was done in the same order with the same seeds gives the same device.
//
// A campaign of power cuts runs a command once and takes its operations down
// (Record, Trace). Then it plays them, one by one, on a Fork of the device from
// before the command, and for each operation and each Cut that Cuts lists, it
// forks again and lets Tear show what the cut leaves behind. A Fork shares all
// content until one side changes it, and blank flash takes no memory.
//
// Reading order: device.go (what there is), kind.go, memory.go (content that
// forks share), rules.go (what is a Violation), op.go and trace.go (operations),
// read.go (unstable units), cut.go, cuts.go and tear.go (power cuts), cache.go
// (block devices), faults.go, image.go.
//
// A Device is for one goroutine, with one exception: from its first Fork until
// it is used in another way, several may Fork it.
package sim
