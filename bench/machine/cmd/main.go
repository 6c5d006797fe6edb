// Cmd prints how long boots take on virtual machines, as JSON.
//
//	cmd [-n BOOTS] [x86] [malta]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"chainroot/bench/machine"
)

func main() {
	runs := flag.Int("n", machine.Runs, "how often each kind of boot is measured")
	flag.Parse()
	results, err := machine.MeasureOn(os.Stderr, *runs, flag.Args()...)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := json.NewEncoder(os.Stdout)
	for _, r := range results {
		out.Encode(r)
	}
}
