package agent

import (
	"bytes"
	"fmt"
)

// prompt is what root's shell says when it waits for a command.
const prompt = "# "

// Enter waits for root's shell on the line, types a command that ends in Serve,
// and waits for that, as Ready does where Serve runs from the start.
func (c *Client) Enter(command string) error {
	var said []byte
	for !bytes.HasSuffix(said, []byte(prompt)) {
		b, err := c.in.ReadByte()
		if err != nil {
			return fmt.Errorf("cannot find a shell, only %q: %w", said, err)
		}
		said = append(said, b)
	}
	if _, err := fmt.Fprintf(c.line, "%s\n", command); err != nil {
		return err
	}
	said = nil
	for {
		// First the terminal echoes the command, and ends that line as terminals do,
		// with a carriage return; the shell may have put its own codes in front of ours.
		line, err := c.in.ReadBytes('\n')
		if err != nil {
			return fmt.Errorf("cannot start the agent: the shell says %q: %w", append(said, line...), err)
		}
		if bytes.HasSuffix(line, []byte(ready)) {
			return nil
		}
		said = append(said, line...)
	}
}
