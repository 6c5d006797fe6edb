package agent_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"chainroot/qemu/agent"
)

func connect(t *testing.T) *agent.Client {
	t.Helper()
	here, there := net.Pipe()
	go func() {
		agent.Serve(there)
		there.Close()
	}()
	t.Cleanup(func() { here.Close() })
	c := agent.NewClient(here)
	if err := c.Ready(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRun(t *testing.T) {
	c := connect(t)
	for _, test := range []struct {
		name, command string
		want          agent.Result
	}{
		{"silent", "true", agent.Result{}},
		{"status", "exit 66", agent.Result{Status: 66}},
		{"both outputs", "echo out; echo err >&2; exit 3", agent.Result{Output: "out\n", Errors: "err\n", Status: 3}},
		{"any bytes", `printf '\000\377done 0 0 0\nready\n'`, agent.Result{Output: "\x00\xffdone 0 0 0\nready\n"}},
		{"several lines", "a=1\nb=2\necho $a$b", agent.Result{Output: "12\n"}},
		{"killed", "kill -9 $$", agent.Result{Status: -1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := c.Run(test.command)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

func TestRunRefusesLongCommands(t *testing.T) {
	c := connect(t)
	if _, err := c.Run(strings.Repeat("x", agent.MaxCommand+1)); err == nil {
		t.Error("accepted")
	}
	if r, err := c.Run("echo still here"); err != nil || r.Output != "still here\n" {
		t.Errorf("afterwards: %+v, %v", r, err)
	}
}

// What a command writes to the line itself comes back until the line ends.
func TestFollow(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	go func() {
		buf := make([]byte, 100)
		n, _ := there.Read(buf)
		there.Write(append([]byte("one\ntwo\n"), buf[:n]...))
		there.Close()
	}()
	c := agent.NewClient(here)
	if _, err := c.Follow(strings.Repeat("x", agent.MaxCommand+1)); err == nil {
		t.Error("a long command was accepted")
	}
	out, err := c.Follow("loop")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if want := "one\ntwo\nrun 4\nloop"; err != nil || string(text) != want {
		t.Errorf("%q, %v, want %q", text, err, want)
	}
}

func TestRunNoticesNoiseAndTheEnd(t *testing.T) {
	for name, answer := range map[string]string{"noise": "Kernel panic\n", "end": "", "size": "done 0 -1 5\n", "huge": "done 0 1 99999999999\n"} {
		here, there := net.Pipe()
		go func() {
			buf := make([]byte, 100)
			there.Read(buf)
			there.Write([]byte(answer))
			there.Close()
		}()
		if r, err := agent.NewClient(here).Run("true"); err == nil {
			t.Errorf("%s: taken for %+v", name, r)
		}
	}
}
