// Package man holds the manual pages: snapshot(8), preinit(8) and chainroot(5), in
// mdoc(7).
//
// What stands in them between comments
//
//	.\" begin NAME
//	.\" end NAME
//
// is made from what it tells of: the help texts, outputs and exit codes of the
// program as it is built, tables of README.md, and chain/FORMAT.md. The tests fail
// when that has changed; `go test ./man -update` writes it anew. The rest is written
// by hand.
//
// The tests read from the outside in: man_test.go compares the pages with what
// generated_test.go names; help_test.go and story_test.go ask the program,
// markdown_test.go reads the documents, mdoc_test.go writes the language of the
// pages.
package man
