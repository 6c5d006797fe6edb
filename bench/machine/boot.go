package machine

import (
	"fmt"
	"regexp"
	"strconv"

	"chainroot/qemu"
)

var (
	runs  = regexp.MustCompile(`\[ *([0-9.]+)\] Run (?:/preinit|/init) as init process`)
	ready = regexp.MustCompile(`\[ *([0-9.]+)\] bench: the real init runs`)
)

// boot boots once and returns how long it took, in milliseconds.
func boot(m *qemu.Machine) (float64, error) {
	vm, err := m.Start()
	if err != nil {
		return 0, err
	}
	_, err = vm.Console.Expect(ready.String(), qemu.BootTimeout)
	vm.Kill()
	text := vm.Console.Text()
	if err != nil {
		return 0, fmt.Errorf("%w; on it is\n%s", err, text)
	}
	start, err := stamp(runs, text)
	if err != nil {
		return 0, err
	}
	end, err := stamp(ready, text)
	if err != nil {
		return 0, err
	}
	return 1000 * (end - start), nil
}

// stamp returns the time of a line on the console, in seconds.
func stamp(line *regexp.Regexp, console string) (float64, error) {
	match := line.FindStringSubmatch(console)
	if match == nil {
		return 0, fmt.Errorf("cannot find %q on the console:\n%s", line, console)
	}
	return strconv.ParseFloat(match[1], 64)
}
