package agent_test

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"

	"chainroot/qemu/agent"
)

// terminal is a shell on a serial line, up to the command that is typed, and what
// it says to that.
func terminal(t *testing.T, greeting string, answer func(typed string, line net.Conn)) *agent.Client {
	t.Helper()
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		io.WriteString(there, greeting)
		typed, err := bufio.NewReader(there).ReadString('\n')
		if err == nil {
			answer(strings.TrimSuffix(typed, "\n"), there)
		}
	}()
	t.Cleanup(func() { here.Close() })
	return agent.NewClient(here)
}

func TestEnter(t *testing.T) {
	c := terminal(t, "\r\nroot's shell\r\n# ", func(typed string, line net.Conn) {
		io.WriteString(line, typed+"\r\n\x1b[?2004l\r")
		agent.Serve(line)
	})
	if err := c.Enter("serve when ready"); err != nil {
		t.Fatal(err)
	}
	if r, err := c.Run("echo it serves"); err != nil || r.Output != "it serves\n" {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestEnterWithoutAgent(t *testing.T) {
	c := terminal(t, "# ", func(typed string, line net.Conn) {
		io.WriteString(line, typed+"\r\nserve: not found\r\n# ")
	})
	if err := c.Enter("serve"); err == nil || !strings.Contains(err.Error(), "not found") {
		t.Errorf("error %v", err)
	}
}

func TestEnterWithoutShell(t *testing.T) {
	here, there := net.Pipe()
	go func() {
		io.WriteString(there, "login: ")
		there.Close()
	}()
	if err := agent.NewClient(here).Enter("serve"); err == nil || !strings.Contains(err.Error(), "login") {
		t.Errorf("error %v", err)
	}
}
