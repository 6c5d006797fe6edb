package examples

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// network is a unit and a peer on a switch, each a network name space. The unit
// keeps its carrier when the peer goes.
type network struct {
	t    *testing.T
	dir  string // with bin, for PATH, and health.conf
	unit string
	peer string
}

const (
	unitAddress = "10.99.0.2"
	peerAddress = "10.99.0.1"
)

func newNetwork(t *testing.T) *network {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes network name spaces")
	}
	name := fmt.Sprint("chainroot-", os.Getpid(), "-")
	n := &network{t: t, dir: t.TempDir(), unit: name + "unit", peer: name + "peer"}
	hub := name + "switch"
	for _, ns := range []string{n.unit, n.peer, hub} {
		n.run("ip", "netns", "add", ns)
		t.Cleanup(func() { n.run("ip", "netns", "del", ns) })
		n.run("ip", "-n", ns, "link", "set", "lo", "up")
	}
	n.run("ip", "netns", "exec", hub, "busybox", "sysctl", "-q", "-w", "net.ipv6.conf.default.disable_ipv6=1") // it is no neighbour
	n.run("ip", "-n", hub, "link", "add", "br0", "up", "type", "bridge")
	for ns, address := range map[string]string{n.unit: unitAddress, n.peer: peerAddress} {
		port := "p" + address[len(address)-1:]
		n.run("ip", "-n", ns, "link", "add", "eth0", "type", "veth", "peer", "name", port, "netns", hub)
		n.run("ip", "-n", hub, "link", "set", port, "up", "master", "br0")
		n.run("ip", "-n", ns, "addr", "add", address+"/24", "dev", "eth0")
		n.run("ip", "netns", "exec", ns, "busybox", "sysctl", "-q", "-w", "net.ipv6.conf.eth0.accept_dad=0")
		n.run("ip", "-n", ns, "link", "set", "eth0", "up")
	}
	n.run("ip", "-n", n.unit, "route", "add", "default", "via", peerAddress)
	busybox(t, filepath.Join(n.dir, "bin"))
	return n
}

// busybox fills a directory with the programs of busybox, and nothing else.
func busybox(t *testing.T, dir string) {
	t.Helper()
	must(t, os.Mkdir(dir, 0o755))
	if out, err := exec.Command("busybox", "--install", "-s", dir).CombinedOutput(); err != nil {
		t.Fatalf("busybox: %v: %s", err, out)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (n *network) run(name string, args ...string) {
	n.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		n.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// down and up are about the link of the peer.
func (n *network) down() { n.t.Helper(); n.run("ip", "-n", n.peer, "link", "set", "eth0", "down") }
func (n *network) up()   { n.t.Helper(); n.run("ip", "-n", n.peer, "link", "set", "eth0", "up") }

// program adds a program to those of busybox.
func (n *network) program(name, script string) {
	n.t.Helper()
	must(n.t, os.WriteFile(filepath.Join(n.dir, "bin", name), []byte("#!/bin/sh\n"+script+"\n"), 0o755))
}

// check runs a check on the unit, with what health.conf has; resolv.conf is
// nothing but the peer.
func (n *network) check(name, conf string) (said string, ok bool) {
	n.t.Helper()
	script, err := filepath.Abs(filepath.Join("health", name))
	must(n.t, err)
	confFile, resolv := filepath.Join(n.dir, "health.conf"), filepath.Join(n.dir, "resolv.conf")
	must(n.t, os.WriteFile(confFile, []byte(conf), 0o644))
	must(n.t, os.WriteFile(resolv, []byte("nameserver "+peerAddress+"\n"), 0o644))
	cmd := exec.Command("ip", "netns", "exec", n.unit, "sh", "-c", `mount --bind "$1" /etc/resolv.conf && PATH=$2 && exec busybox ash "$3"`, "sh", resolv, filepath.Join(n.dir, "bin"), script)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HEALTH_CONF=" + confFile}
	start := time.Now()
	out, err := cmd.CombinedOutput()
	n.t.Logf("%s with %q: %v in %v: %s", name, conf, err, time.Since(start).Round(time.Millisecond), out)
	return string(out), err == nil
}

// passes and fails run a check, and say how it has to end.
func (n *network) passes(name, conf string) {
	n.t.Helper()
	if said, ok := n.check(name, conf); !ok {
		n.t.Errorf("%s with %q fails: %s", name, conf, said)
	}
}

func (n *network) fails(name, conf, want string) {
	n.t.Helper()
	said, ok := n.check(name, conf)
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if last := lines[len(lines)-1]; ok || !strings.Contains(last, want) {
		n.t.Errorf("%s with %q: passes %v; it should fail, and the last line be %q: %s", name, conf, ok, want, said)
	}
}

// in calls f in a thread that is in the network name space: sockets that it opens
// are there.
func (n *network) in(ns string, f func() error) {
	n.t.Helper()
	ended := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		h, err := os.Open("/run/netns/" + ns)
		if err == nil {
			if err = unix.Setns(int(h.Fd()), unix.CLONE_NEWNET); err == nil {
				err = f()
			}
			h.Close()
		}
		ended <- err
	}()
	must(n.t, <-ended)
}

// serve accepts connections at an address in a name space until the test ends.
func (n *network) serve(ns, address string, talk func(net.Conn)) {
	n.t.Helper()
	n.in(ns, func() error {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		n.t.Cleanup(func() { l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				talk(c)
				c.Close()
			}
		}()
		return nil
	})
}
