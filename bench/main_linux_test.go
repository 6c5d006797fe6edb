package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// needRoot skips a test that replays: owners are restored.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("this test needs root: it restores owners")
	}
}

func TestParse(t *testing.T) {
	o, err := parse([]string{"-only", "commit,flash", "-n", "3", "-json", "x", "-strict"})
	if err != nil || !slices.Equal(o.only, []string{"commit", "flash"}) || o.rounds != 3 || o.json != "x" || !o.strict {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := parse(nil); err != nil || len(o.only) > 0 || o.rounds != 5 || o.strict {
		t.Errorf("the defaults are %+v, %v", o, err)
	}
	for _, args := range [][]string{{"-only", "replai"}, {"-n", "0"}, {"rest"}} {
		if o, err := parse(args); err == nil {
			t.Errorf("%q: %+v", args, o)
		}
	}
	if _, err := parse([]string{"-only", "replai"}); err == nil || !strings.Contains(err.Error(), "commit") {
		t.Errorf("%v does not say what there is", err)
	}
}
