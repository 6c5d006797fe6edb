package main

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, line string
		change     func(*parameters)
		warning    string // a part of the only one; empty: none
	}{
		{"nothing", "quiet console=ttyS0", func(p *parameters) {}, ""},
		{"root", "root=/dev/a root=/dev/b rootfstype=ext4 rootflags=noatime", func(p *parameters) { p.root, p.fstype, p.flags = "/dev/b", "ext4", "noatime" }, ""},
		{"rootwait", "rootwait", func(p *parameters) { p.wait = -1 }, ""},
		{"rootwait seconds", "rootwait=7", func(p *parameters) { p.wait = 7 * time.Second }, ""},
		{"rootwait nonsense", "rootwait=x", func(p *parameters) {}, "rootwait=x"},
		{"rootwait negative", "rootwait=-1", func(p *parameters) {}, "rootwait=-1"},
		{"rootdelay", "rootdelay=2", func(p *parameters) { p.delay = 2 * time.Second }, ""},
		{"rootdelay nonsense", "rootdelay=", func(p *parameters) {}, "rootdelay="},
		{"init", "init=/bin/sh", func(p *parameters) { p.init = "/bin/sh" }, ""},
		{"panic", "panic=10", func(p *parameters) { p.panicTime = 10 }, ""},
		{"panic at once", "panic=-1", func(p *parameters) { p.panicTime = -1 }, ""},
		{"panic nonsense", "panic=soon", func(p *parameters) {}, "panic=soon"},
		{"rollback", "snapshot.rollback", func(p *parameters) { p.asked.back = true }, ""},
		{"rollback to", "snapshot.rollback=2", func(p *parameters) { p.asked = asked{exact: true, n: 2} }, ""},
		{"rollback to zero", "snapshot.rollback=0", func(p *parameters) { p.asked = asked{exact: true} }, ""},
		{"the last rollback", "snapshot.rollback=2 snapshot.rollback", func(p *parameters) { p.asked = asked{back: true} }, ""},
		{"rollback nonsense", "snapshot.rollback=two", func(p *parameters) {}, "snapshot.rollback=two"},
		{"rollback empty", "snapshot.rollback=", func(p *parameters) {}, "snapshot.rollback="},
		{"rollback negative", "snapshot.rollback=-1", func(p *parameters) {}, "snapshot.rollback=-1"},
		{"rollback huge", "snapshot.rollback=99999999999999999999", func(p *parameters) {}, "snapshot.rollback=9"},
		{"skip", "snapshot.skip", func(p *parameters) { p.asked.skip = true }, ""},
		{"skip not", "snapshot.skip=0", func(p *parameters) {}, ""},
		{"flat", "snapshot.layout=flat", func(p *parameters) { p.layout = "flat" }, ""},
		{"layout nonsense", "snapshot.layout=deep", func(p *parameters) {}, "snapshot.layout=deep"},
		{"device", "snapshot.device=mtd:data", func(p *parameters) { p.device = "mtd:data" }, ""},
		{"size", "snapshot.size=25%", func(p *parameters) { p.size = "25%" }, ""},
		{"size nonsense", "snapshot.size=big", func(p *parameters) {}, "snapshot.size"},
		{"watchdog", "snapshot.watchdog=30", func(p *parameters) { p.watchdog = 30 }, ""},
		{"watchdog nonsense", "snapshot.watchdog=on", func(p *parameters) {}, "snapshot.watchdog=on"},
		{"debug and shell", "snapshot.debug snapshot.shell", func(p *parameters) { p.debug, p.shell = true, true }, ""},
		{"unknown", "snapshot.speed=9", func(p *parameters) {}, "snapshot.speed"},
		{"for init", "-- snapshot.skip init=/x", func(p *parameters) {}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := parse("")
			tt.change(want)
			got := parse(tt.line)
			warnings := got.warnings
			got.args, got.warnings = nil, nil
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if all := strings.Join(warnings, "\n"); (tt.warning == "") != (len(warnings) == 0) || !strings.Contains(all, tt.warning) {
				t.Errorf("warnings are %q, want %q", warnings, tt.warning)
			}
		})
	}
}
