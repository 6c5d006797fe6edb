package qemu

import (
	"fmt"
	"time"
)

// Enter waits for a shell on the second serial line, where a firmware starts one
// and no agent, and types a command that starts the agent. Commands run then.
func (v *VM) Enter(command string) error {
	v.line.SetDeadline(time.Now().Add(BootTimeout))
	if err := v.agent.Enter(command); err != nil {
		return fmt.Errorf("cannot boot to the point where commands run: %w", v.reason(err))
	}
	return nil
}
