package qemu

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"chainroot/qemu/agent"
)

// Time limits, generous: an emulated machine on a busy host is slow.
const (
	BootTimeout    = 2 * time.Minute
	CommandTimeout = 2 * time.Minute
)

// VM is a machine that was started. Kill must be called in the end.
type VM struct {
	Console *Console

	process *exec.Cmd
	line    net.Conn // to the agent
	agent   *agent.Client
	journal *Console      // what Follow reads from it; or nil
	ended   chan struct{} // closed when the process is no more, and its console read
}

// Start starts the machine and returns at once.
func (m *Machine) Start() (*VM, error) {
	if limit := m.board().maxParams; limit != 0 && len(m.CommandLine()) > limit {
		return nil, fmt.Errorf("cannot start the machine: it takes %d bytes of kernel parameters, not %q", limit, m.CommandLine())
	}
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("cannot make a socket pair: %w", err)
	}
	theirs := os.NewFile(uintptr(fds[1]), "agent")
	defer theirs.Close()
	ours := os.NewFile(uintptr(fds[0]), "agent")
	line, err := net.FileConn(ours)
	ours.Close()
	if err != nil {
		return nil, fmt.Errorf("cannot use a socket pair: %w", err)
	}
	const inherited = 3 // the first of ExtraFiles
	args := m.Args(Serial{Console: "stdio", AgentFD: inherited})
	process := exec.Command(args[0], args[1:]...)
	process.ExtraFiles = []*os.File{theirs}
	// Ctrl-C is for the tests, and the machine ends with them whatever happens.
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	in, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, printed, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	process.Stdout, process.Stderr = printed, printed
	err = process.Start()
	printed.Close()
	if err != nil {
		line.Close()
		out.Close()
		return nil, fmt.Errorf("cannot start the machine: %w", err)
	}
	vm := &VM{
		Console: NewConsole(out, in),
		process: process,
		line:    line,
		agent:   agent.NewClient(line),
		ended:   make(chan struct{}),
	}
	go func() {
		process.Wait()
		<-vm.Console.done
		close(vm.ended)
	}()
	return vm, nil
}

// Boot starts the machine and waits until it takes commands. The VM is returned
// with an error too, if it was started: for its console.
func (m *Machine) Boot() (*VM, error) {
	vm, err := m.Start()
	if err != nil {
		return nil, err
	}
	return vm, vm.Ready()
}

// Ready waits until the machine takes commands.
func (v *VM) Ready() error { return v.ready(BootTimeout) }

func (v *VM) ready(timeout time.Duration) error {
	v.line.SetDeadline(time.Now().Add(timeout))
	if err := v.agent.Ready(); err != nil {
		return fmt.Errorf("cannot boot to the point where commands run: %w", v.reason(err))
	}
	return nil
}

// ReadyAt waits until the machine takes commands in its nth boot since Start. What
// it does before that is its own affair: it may reset in any boot, whether that
// took commands or not. No command may be under way meanwhile.
func (v *VM) ReadyAt(n int, timeout time.Duration) error {
	end := time.Now().Add(timeout)
	for {
		if err := v.ready(time.Until(end)); err != nil {
			return fmt.Errorf("boot %d is awaited, the machine is in boot %d: %w", n, v.Boots(), err)
		}
		switch boot := v.Boots(); {
		case boot == n:
			return nil
		case boot > n:
			return fmt.Errorf("boot %d is awaited, the machine is in boot %d", n, boot)
		}
	}
}

// Boots is how often a kernel was started since Start, as the console has it.
func (v *VM) Boots() int { return strings.Count(v.Console.Text(), "Linux version ") }

// Run runs a shell command in the machine and returns what it printed and its
// exit status; that it failed is no error.
func (v *VM) Run(command string) (agent.Result, error) {
	v.line.SetDeadline(time.Now().Add(CommandTimeout))
	r, err := v.agent.Run(command)
	if err != nil {
		return r, fmt.Errorf("cannot run %q: %w", command, v.reason(err))
	}
	return r, nil
}

func (v *VM) reason(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	return fmt.Errorf("the machine ended (%w)", err)
}

// Wait waits until the machine ends by itself.
func (v *VM) Wait(timeout time.Duration) error {
	select {
	case <-v.ended:
		return nil
	case <-time.After(timeout):
		return fmt.Errorf("the machine still runs after %v", timeout)
	}
}

// Follow starts a shell command that writes to the second serial line by itself,
// the Agent of its Board, and returns that line. Run is of no use any more.
func (v *VM) Follow(command string) (*Console, error) {
	v.line.SetDeadline(time.Time{})
	out, err := v.agent.Follow(command)
	if err != nil {
		return nil, fmt.Errorf("cannot run %q: %w", command, v.reason(err))
	}
	v.journal = NewConsole(io.NopCloser(out), v.line)
	return v.journal, nil
}

// Kill cuts the power: SIGKILL to the emulator. It returns when that is gone,
// and all that it sent was read.
func (v *VM) Kill() {
	v.process.Process.Kill()
	<-v.ended
	if v.journal != nil {
		<-v.journal.done
	}
	v.line.Close()
}
