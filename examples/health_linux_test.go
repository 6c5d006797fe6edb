package examples

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestChecksAreExecutable(t *testing.T) {
	files, err := filepath.Glob("health/*.d/*")
	must(t, err)
	if len(files) != 4 {
		t.Errorf("%d checks: %q", len(files), files)
	}
	for _, f := range files {
		if st, err := os.Stat(f); err != nil || st.Mode().Perm()&0o111 != 0o111 {
			t.Errorf("%s: %v, %v", f, st.Mode(), err)
		}
	}
}

// TestConf: the file with all that can be set sets nothing as it is, and names
// what the checks read.
func TestConf(t *testing.T) {
	b, err := os.ReadFile("health/health.conf")
	must(t, err)
	files, err := filepath.Glob("health/*.d/*")
	must(t, err)
	for line := range strings.Lines(string(b)) {
		if line != "\n" && line[0] != '#' {
			t.Errorf("%q is set", line)
		}
		name, _, ok := strings.Cut(strings.TrimPrefix(line, "#"), "=")
		if !ok || strings.Contains(name, " ") {
			continue
		}
		found := false
		for _, f := range files {
			script, err := os.ReadFile(f)
			must(t, err)
			found = found || strings.Contains(string(script), "$"+name) || strings.Contains(string(script), "${"+name+":")
		}
		if !found {
			t.Errorf("no check reads %s", name)
		}
	}
}

func TestProcess(t *testing.T) {
	n := newNetwork(t)
	const check = "required.d/10-process"
	// A name that no other process has, in the 15 characters that the kernel keeps.
	name := fmt.Sprint("guard", os.Getpid())
	path := filepath.Join(t.TempDir(), name)
	program, err := os.ReadFile("/bin/sleep")
	must(t, err)
	must(t, os.WriteFile(path, program, 0o755))
	daemon := exec.Command(path, "1000")
	must(t, daemon.Start())
	t.Cleanup(func() { daemon.Process.Kill(); daemon.Wait() })
	pidfile := filepath.Join(t.TempDir(), "pid")
	must(t, os.WriteFile(pidfile, fmt.Appendln(nil, daemon.Process.Pid), 0o644))

	n.passes(check, "processes="+name)
	n.passes(check, "pidfiles="+pidfile)
	n.passes(check, fmt.Sprintf("processes='%s %[1]s' pidfiles='%s %[2]s'", name, pidfile))
	n.fails(check, "processes='"+name+" nosuchd'", "nosuchd does not run")
	n.fails(check, "pidfiles=/nowhere", "/nowhere")
	n.fails(check, "", "set processes= or pidfiles= in ")

	// Dead, and not waited for.
	must(t, daemon.Process.Kill())
	must(t, unix.Waitid(unix.P_PID, daemon.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil))
	n.fails(check, "processes="+name, name+" does not run")
	n.fails(check, "pidfiles="+pidfile, "does not run")
	daemon.Wait()
	n.fails(check, "processes="+name, name+" does not run")
	n.fails(check, "pidfiles="+pidfile, "does not run")
	must(t, os.WriteFile(pidfile, nil, 0o644))
	n.fails(check, "pidfiles="+pidfile, "does not run")
}

func TestGateway(t *testing.T) {
	n := newNetwork(t)
	const check = "required.d/20-gateway"
	n.passes(check, "")
	n.passes(check, "gateway="+peerAddress)
	n.fails(check, "gateway=10.99.0.77 gateway_wait=1", "the gateway 10.99.0.77 does not answer")
	n.fails(check, "gateway=192.0.2.77 gateway_wait=1", "the gateway 192.0.2.77 does not answer")

	// One that answers no ping, but ARP.
	n.run("ip", "netns", "exec", n.peer, "busybox", "sysctl", "-q", "-w", "net.ipv4.icmp_echo_ignore_all=1")
	n.passes(check, "")
	n.passes(check, "gateway="+peerAddress)

	n.down()
	n.fails(check, "gateway_wait=2", "the gateway "+peerAddress+" does not answer")
	defer time.AfterFunc(3*time.Second, n.up).Stop()
	n.passes(check, "gateway_wait=20") // it is waited for

	n.run("ip", "-n", n.unit, "route", "del", "default")
	n.fails(check, "gateway_wait=1", "there is no default route")
	n.run("ip", "-n", n.unit, "-6", "route", "add", "default", "via", linkLocal(n, n.peer), "dev", "eth0")
	n.passes(check, "gateway_wait=5")
	n.down()
	n.fails(check, "gateway_wait=2", "does not answer")
}

// linkLocal returns the address that eth0 has by itself.
func linkLocal(n *network, ns string) string {
	n.t.Helper()
	out, err := exec.Command("ip", "-n", ns, "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link").Output()
	must(n.t, err)
	for _, word := range strings.Fields(string(out)) {
		if address, _, ok := strings.Cut(word, "/"); ok && strings.HasPrefix(address, "fe80:") {
			return address
		}
	}
	n.t.Fatalf("no address: %s", out)
	return ""
}

func TestNeighbour(t *testing.T) {
	const check = "required.d/30-neighbour"
	n := newNetwork(t)
	n.fails(check, "", "set mesh_device= in ")
	n.fails(check, "mesh_device=nosuch", "there is no interface nosuch")
	n.fails(check, "mesh_device=eth0 mesh_by=smoke", "is none of")
	peer := linkLocal(n, n.peer)
	for _, conf := range []string{"mesh_device=eth0", "mesh_device=eth0 mesh_by=ip"} {
		n.passes(check, conf)
		n.passes(check, conf+" mesh_neighbour="+peer)
		n.fails(check, conf+" mesh_neighbour=02:00:00:00:00:77", "no neighbour 02:00:00:00:00:77 on eth0, by ip")
	}
	n.down() // the unit still knows it, and has its carrier
	n.fails(check, "mesh_device=eth0", "no neighbour on eth0, by ip")
	n.up()
	n.passes(check, "mesh_device=eth0")
}

// TestNeighbourBatman has a real mesh where the kernel can make one, and programs
// that print what such a one makes batctl print.
func TestNeighbourBatman(t *testing.T) {
	const check = "required.d/30-neighbour"
	n := newNetwork(t)
	for _, line := range []string{
		"        eth0	  02:ca:ff:ee:00:01    0.370s",
		"02:ca:ff:ee:00:01    0.370s (       10.0) [      eth0]",
	} {
		n.program("batctl", "[ \"$*\" = 'meshif eth0 n' ] && cat <<'X'\n[B.A.T.M.A.N. adv 2023.0, MainIF/MAC: eth0/02:ca:ff:ee:00:02 (bat0/02:ca:ff:ee:00:03)]\nIF             Neighbor              last-seen\n"+line+"\nX")
		n.passes(check, "mesh_device=eth0")
		n.passes(check, "mesh_device=eth0 mesh_neighbour=02:ca:ff:ee:00:01")
		n.fails(check, "mesh_device=eth0 mesh_neighbour=02:ca:ff:ee:00:02", "by batman")
		n.fails(check, "mesh_device=eth0 mesh_seconds=0", "no neighbour on eth0, by batman")
	}
	n.program("batctl", "echo 'IF             Neighbor              last-seen'; echo '        eth0	  02:ca:ff:ee:00:01   15.010s'")
	n.fails(check, "mesh_device=eth0", "no neighbour on eth0, by batman")

	if out, err := exec.Command("ip", "-n", n.unit, "link", "add", "bat0", "type", "batadv").CombinedOutput(); err != nil {
		t.Logf("NOT RUN: a real mesh, for this kernel has no batman-adv: %s", out)
		return
	}
	batctl, err := exec.LookPath("batctl")
	must(t, err)
	must(t, os.Remove(filepath.Join(n.dir, "bin", "batctl")))
	must(t, os.Symlink(batctl, filepath.Join(n.dir, "bin", "batctl")))
	n.run("ip", "-n", n.peer, "link", "add", "bat0", "type", "batadv")
	for _, ns := range []string{n.unit, n.peer} {
		n.run("ip", "-n", ns, "link", "set", "eth0", "master", "bat0")
		n.run("ip", "-n", ns, "link", "set", "bat0", "up")
	}
	time.Sleep(5 * time.Second) // a neighbour is told of every second
	n.passes(check, "mesh_device=bat0")
	n.down()
	time.Sleep(6 * time.Second)
	n.fails(check, "mesh_device=bat0 mesh_seconds=5", "no neighbour on bat0, by batman")
}

// TestNeighbour11s has no radio: iw prints what it prints for a mesh point.
func TestNeighbour11s(t *testing.T) {
	const check = "required.d/30-neighbour"
	n := newNetwork(t)
	station := func(inactive int, plink string) {
		n.program("iw", fmt.Sprintf(`case "$*" in
'dev eth0 info') printf 'Interface eth0\n\tifindex 5\n\taddr 02:ca:ff:ee:00:02\n\ttype mesh point\n' ;;
'dev eth0 station dump') printf 'Station 02:ca:ff:ee:00:01 (on eth0)\n\tinactive time:\t%d ms\n\tsignal:  \t-54 [-57, -58] dBm\n\tmesh plink:\t%s\n\tconnected time:\t3600 seconds\n' ;;
*) exit 1 ;;
esac`, inactive, plink))
	}
	station(40, "ESTAB")
	n.passes(check, "mesh_device=eth0")
	n.passes(check, "mesh_device=eth0 mesh_neighbour=02:ca:ff:ee:00:01")
	n.fails(check, "mesh_device=eth0 mesh_neighbour=02:ca:ff:ee:00:03", "by 11s")
	station(15000, "ESTAB")
	n.fails(check, "mesh_device=eth0", "no neighbour on eth0, by 11s")
	n.passes(check, "mesh_device=eth0 mesh_seconds=16")
	station(40, "LISTEN")
	n.fails(check, "mesh_device=eth0", "no neighbour on eth0, by 11s")
}

// TestNeighbourBabel talks to what babeld 1.12 says on its local port.
func TestNeighbourBabel(t *testing.T) {
	const check = "required.d/30-neighbour"
	n := newNetwork(t)
	n.fails(check, "mesh_device=eth0 mesh_by=babel", "no neighbour on eth0, by babel") // none that listens
	var reach atomic.Value
	n.serve(n.unit, "[::1]:33123", func(c net.Conn) {
		fmt.Fprint(c, "BABEL 1.0\nversion babeld-1.12.1\nhost unit\nmy-id 02:ca:ff:ff:fe:ee:00:02\nok\n")
		c.SetDeadline(time.Now().Add(5 * time.Second))
		b := make([]byte, 100)
		if k, err := c.Read(b); err == nil && string(b[:k]) == "dump\n" {
			fmt.Fprintf(c, "add interface eth0 up true ipv6 fe80::2 ipv4 10.99.0.2\nadd neighbour 55d0 address fe80::1 if eth0 reach %s ureach 0000 rxcost 96 txcost 96 cost 96\nok\n", reach.Load())
		}
		time.Sleep(100 * time.Millisecond) // it waits for more
	})
	reach.Store("ffff")
	n.passes(check, "mesh_device=eth0 mesh_by=babel")
	n.passes(check, "mesh_device=eth0 mesh_by=babel mesh_neighbour=fe80::1")
	n.fails(check, "mesh_device=eth0 mesh_by=babel mesh_neighbour=fe80::3", "by babel")
	n.fails(check, "mesh_device=lo mesh_by=babel", "no neighbour on lo, by babel")
	reach.Store("1fff") // three hellos are missing
	n.passes(check, "mesh_device=eth0 mesh_by=babel")
	reach.Store("0fff")
	n.fails(check, "mesh_device=eth0 mesh_by=babel", "no neighbour on eth0, by babel")
}

// TestDNS asks a server on the peer that knows one name.
func TestDNS(t *testing.T) {
	const check = "wanted.d/50-dns"
	n := newNetwork(t)
	n.fails(check, "", "openwrt.org does not resolve") // nobody listens
	n.nameServer("unit.example")
	n.passes(check, "dns_name=unit.example") // by /etc/resolv.conf
	n.passes(check, "dns_name=unit.example dns_server="+peerAddress)
	n.fails(check, "dns_name=other.example", "other.example does not resolve")
	n.fails(check, "dns_name=unit.example dns_server=10.99.0.2", "unit.example does not resolve by 10.99.0.2")
	n.down()
	start := time.Now()
	n.fails(check, "dns_name=unit.example", "unit.example does not resolve")
	if took := time.Since(start); took > 25*time.Second {
		t.Errorf("it took %v, and would be killed", took)
	}
}

// nameServer answers on the peer (RFC 1035): a name has an IPv4 address, the rest
// does not exist.
func (n *network) nameServer(name string) {
	n.t.Helper()
	question := []byte{}
	for label := range strings.SplitSeq(name, ".") {
		question = append(append(question, byte(len(label))), label...)
	}
	question = append(question, 0)
	n.in(n.peer, func() error {
		c, err := net.ListenPacket("udp4", peerAddress+":53")
		if err != nil {
			return err
		}
		n.t.Cleanup(func() { c.Close() })
		go func() {
			b := make([]byte, 512)
			for {
				k, from, err := c.ReadFrom(b)
				if err != nil {
					return
				}
				answer := append([]byte(nil), b[:k]...)
				answer[2], answer[3] = 0x81, 0x80 // a response, recursion available
				known := strings.HasPrefix(string(b[12:k]), string(question))
				switch {
				case !known:
					answer[3] |= 3 // no such name
				case b[12+len(question)+1] == 1: // its IPv4 address
					answer[7] = 1
					answer = append(answer, 0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 1)
				}
				c.WriteTo(answer, from)
			}
		}()
		return nil
	})
}
