// Package quiet keeps the monitor thread of Go's runtime (sysmon) out of a boot. That
// thread looks at what each goroutine does, every 20 microseconds at first and less
// often as long as it finds nothing. A system call that takes long is something: it
// takes the processor away from the goroutine, for others, and begins to look often
// again. On a machine with one slow processor that makes a thousand changes of task in
// a boot that has one goroutine, and a tenth of its time.
package quiet
