package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// touchEnv makes the test binary a program that takes so many MiB of memory, reads what there is to read, and says how many
// bytes it has.
const touchEnv = "BENCH_TEST_TOUCH"

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(touchEnv)); err == nil {
		b := touch(n)
		io.Copy(io.Discard, os.Stdin)
		os.Stdout.WriteString(strconv.Itoa(len(b)))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// touch returns n MiB of memory that is there.
func touch(n int) []byte { return bytes.Repeat([]byte{1}, n<<20) }

func TestJob(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	seconds, err := pipe("echo one two", "tr o 0").to(file).run()
	if got, _ := os.ReadFile(file); err != nil || string(got) != "0ne tw0\n" || seconds <= 0 {
		t.Errorf("%q, %v seconds, %v", got, seconds, err)
	}
	if s, err := pipe("true", "sleep 0.2").run(); err != nil || s < 0.2 || s > 2 {
		t.Errorf("it took %v seconds, %v", s, err)
	}
	if s, err := pipe("sleep 0.2", "true").run(); err != nil || s < 0.2 {
		t.Errorf("it did not wait for the first: %v seconds, %v", s, err)
	}
	for _, j := range []job{pipe("false"), pipe("false", "true"), pipe("true", "false"), pipe("no-such-program"), pipe("true", "no-such-program")} {
		for how, run := range map[string]func() (float64, error){"run": j.run, "weigh": j.weigh} {
			if _, err := run(); err == nil || !strings.Contains(err.Error(), j.programs[0][0]) {
				t.Errorf("%s %v: %v", how, j, err)
			}
		}
	}
}

// What is weighed is the process, and not the one that started it.
func TestWeigh(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ours := touch(200)
	file := filepath.Join(t.TempDir(), "out")
	t.Setenv(touchEnv, "64")
	for n, programs := range map[int][]string{1: {self}, 2: {self, self}} {
		for range 5 {
			peak, err := pipe(programs...).to(file).weigh()
			if err != nil {
				t.Fatal(err)
			}
			if mib := peak / mib; mib < float64(64*n) || mib > float64(100*n) {
				t.Errorf("%d processes that take 64 MiB each take %.1f", n, mib)
			}
			if got, _ := os.ReadFile(file); string(got) != strconv.Itoa(64<<20) {
				t.Errorf("it wrote %q", got)
			}
		}
	}
	if len(ours) != 200<<20 {
		t.Error("this process has not what it had")
	}
}
