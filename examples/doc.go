// Package examples is what a unit can have besides the programs: checks for
// `snapshot health`, in health; files that start it, in start; and what a login
// is told, in profile.d. None of that is compiled: the tests run it, as a unit
// would, with the shell and the programs of busybox, in network name spaces.
package examples
