// Bench measures chainroot and what people use in its place, both sides of each
// comparison in one run on one machine, and says which bounds are met. It is what
// `make bench` runs; it takes root, Linux, no network, and some 1.5 GB of RAM.
//
//	-only PARTS     only these, separated by commas (the default is all)
//	-n N            rounds of each comparison (5)
//	-json FILE      the results
//	-snapshot FILE  the program snapshot (the default is the one beside bench)
//	-strict         fail if a bound is missed
//
// A figure is the median of runs that take turns. The part boot is of package machine,
// which boots virtual machines; for all others files lie in a tmpfs in a mount
// namespace of its own, so no disk has a part in it. All that is timed runs in
// processes of its own, from their start to their end: of ours, the program snapshot,
// and for what preinit does a copy of bench (ours_linux.go). What a run leaves is
// looked at before it counts.
//
// Reading order: main_linux.go, part_linux.go (the parts), job_linux.go (processes),
// lab_linux.go (where they run), tree_linux.go and data_linux.go (on what),
// ours_linux.go and peers_linux.go (what they are); then a file for each part, of
// which memory_linux.go stands on weigh_linux.go. Package measure holds the results.
package main
