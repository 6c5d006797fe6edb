// Size tells what the programs of a unit take of its flash, and fails when one takes
// more than its budget.
//
//	size -o build/size.json build/mipsle/preinit build/mipsle/snapshot initramfs.cpio
//	size -why build/mipsle/symbols/preinit build/mipsle/symbols/snapshot
//
// With -why the programs have their symbols, and it lists what each module and
// package in them takes. The bytes are those of its functions, constants and
// variables. What Go's linker keeps apart for all of them, the tables that lead from
// code to lines, is shared out by the bytes of code; types, strings and what else has
// no package stand by themselves. Compressed, each package is what it would be alone,
// times what makes the sum right: an estimate, for packages that are alike help each
// other.
//
// Read file.go (what a file takes, and may take), symbols.go and name.go (what
// belongs to which package), why.go, xz.go, main.go.
package main
