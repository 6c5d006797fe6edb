// Package agent runs shell commands in a virtual machine, over a serial line of
// its own: what they print comes back byte for byte, apart from the console,
// with their exit status. Serve is the side in the machine, Client the other.
//
// The machine says "ready\n". A command is sent as "run LENGTH\n" and that many
// bytes of shell; the answer is "done STATUS OUT ERR\n" and that many bytes of
// standard output and of standard error. One command runs at a time. One that
// does not end may write to the line itself: Follow.
package agent

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
)

// MaxCommand is the length of a command, in bytes. A serial line has no flow
// control: a longer one could overrun the terminal's buffer in the machine.
const MaxCommand = 3000

// maxAnswer bounds what Client accepts, in bytes.
const maxAnswer = 64 << 20

// ready is what Serve says first.
const ready = "ready\n"

var errProtocol = errors.New("the serial line carries something else")

// Result is what a command left behind.
type Result struct {
	Output string // its standard output
	Errors string // its standard error
	Status int    // its exit status; -1: killed by a signal
}

// Serve runs the commands that arrive on line until it ends.
func Serve(line io.ReadWriter) error {
	in := bufio.NewReader(line)
	if _, err := io.WriteString(line, ready); err != nil {
		return err
	}
	for {
		var length int
		head, err := in.ReadString('\n')
		if err != nil {
			return err
		}
		if _, err := fmt.Sscanf(head, "run %d\n", &length); err != nil || length < 0 || length > MaxCommand {
			return fmt.Errorf("cannot read command %q: %w", head, errProtocol)
		}
		command := make([]byte, length)
		if _, err := io.ReadFull(in, command); err != nil {
			return err
		}
		r := shell(string(command))
		if _, err := fmt.Fprintf(line, "done %d %d %d\n%s%s", r.Status, len(r.Output), len(r.Errors), r.Output, r.Errors); err != nil {
			return err
		}
	}
}

func shell(command string) Result {
	var out, errs bytes.Buffer
	cmd := exec.Command("/bin/sh", "-c", command)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		return Result{Errors: err.Error(), Status: 127}
	}
	return Result{Output: out.String(), Errors: errs.String(), Status: cmd.ProcessState.ExitCode()}
}

// Client talks to Serve at the other end of line.
type Client struct {
	line io.Writer
	in   *bufio.Reader
}

// NewClient returns a client; Ready comes first.
func NewClient(line io.ReadWriter) *Client {
	return &Client{line: line, in: bufio.NewReader(line)}
}

// Ready waits for the machine to serve.
func (c *Client) Ready() error {
	head, err := c.in.ReadString('\n')
	if err != nil {
		return err
	}
	if head != ready {
		return fmt.Errorf("cannot reach the agent, which says %q: %w", head, errProtocol)
	}
	return nil
}

// Run runs a shell command in the machine and waits for its end. The error is
// about the line; that a command failed is in the result.
func (c *Client) Run(command string) (Result, error) {
	if err := c.send(command); err != nil {
		return Result{}, err
	}
	head, err := c.in.ReadString('\n')
	if err != nil {
		return Result{}, err
	}
	var r Result
	var out, errs int
	if _, err := fmt.Sscanf(head, "done %d %d %d\n", &r.Status, &out, &errs); err != nil || out < 0 || errs < 0 || out+errs > maxAnswer {
		return Result{}, fmt.Errorf("cannot read answer %q: %w", head, errProtocol)
	}
	text := make([]byte, out+errs)
	if _, err := io.ReadFull(c.in, text); err != nil {
		return Result{}, err
	}
	r.Output, r.Errors = string(text[:out]), string(text[out:])
	return r, nil
}

// Follow starts a shell command that itself writes to the line, and returns
// what it writes. It is the last command that the line can carry.
func (c *Client) Follow(command string) (io.Reader, error) {
	if err := c.send(command); err != nil {
		return nil, err
	}
	return c.in, nil
}

func (c *Client) send(command string) error {
	if len(command) > MaxCommand {
		return fmt.Errorf("cannot run a command of %d bytes: at most %d", len(command), MaxCommand)
	}
	_, err := fmt.Fprintf(c.line, "run %d\n%s", len(command), command)
	return err
}
