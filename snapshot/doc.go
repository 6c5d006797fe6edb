// Snapshot is /sbin/snapshot: every operation on the chain of a running unit,
// and with --device on a chain image on a workstation.
//
// Each command is a file of its own. cli.go takes the command line apart,
// exit.go turns errors into exit codes and sentences, device.go opens and
// locks the chain, unit.go knows what the running unit was booted with, and
// folded.go what compact made of that since.
//
// What looks into states stands on states.go, which knows what a state is, content.go
// (a file in one) and changes.go (lists of what differs). choice.go reads what is kept.
//
// Pictures: map.go is the flash, boot.go the time of the last boot, each in characters
// and by svg.go. completion.go reads the commands and their flags as the command line
// does.
//
// What is on trial: try.go puts it there, confirm.go ends that, watch.go and
// timer_linux.go wait for it; record.go is the log in RAM, log.go shows it with what
// the flash tells.
//
// Packages: upgrade.go goes through an upgrade, upgraderoom.go and upgradelabel.go
// say what it takes and what it did; manager.go runs the programs, tool_linux.go one
// of them; opkg.go, apk.go and apt.go know what each prints.
package main
