package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program builds snapshot, and returns the directory it is in.
func program(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "snapshot"), ".")
	cmd.Env = append(os.Environ(), "GOARCH=") // of this host, also where the tests are of another
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return dir
}

// shell returns the path of a shell, with those of its arguments that make it one.
func shell(t *testing.T, name string, args ...string) []string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	return append([]string{path}, args...)
}

func TestCompletionBash(t *testing.T) {
	bash := shell(t, "bash")
	i := newImage(t, 2<<20)
	for range 3 {
		i.must("push", "--upper", i.upper("etc/a", fmt.Sprint(time.Now().UnixNano())))
	}
	i.must("config", "--upper", i.upper("etc/b", "1"))
	bin := program(t)
	script, _, code := run(t, "/nowhere", "completion", "bash")
	if code != 0 {
		t.Fatalf("exit %d", code)
	}
	dir := mkdir(t, filepath.Join(i.dir, "files"))
	mkdir(t, dir+"/sub dir")
	must(t, os.Rename(i.path, dir+"/flash.img"))
	must(t, os.WriteFile(dir+"/x;touch hacked", nil, 0o644))
	var names []string
	for _, c := range commands() {
		if !c.hidden {
			names = append(names, c.name)
		}
	}
	slices.Sort(names)
	global := "--device --dry-run --erase-size --force --wait --write-size"
	files := "flash.img|sub dir|x;touch hacked"
	for _, c := range []struct {
		name  string
		words []string // the last is where Tab is pressed
		want  string   // sorted, by |
	}{
		{"commands", []string{""}, strings.Join(names, "|")},
		{"some of them", []string{"co"}, "compact|completion|config|confirm|convert"},
		{"not the hidden one", []string{"tim"}, ""},
		{"global flags", []string{"--"}, strings.ReplaceAll(global, " ", "|")},
		{"command behind a flag", []string{"--force", "rol"}, "rollback"},
		{"command behind a value", []string{"--device", "info", "rol"}, "rollback"},
		{"command behind a value with =", []string{"--device", "=", "info", "rol"}, "rollback"},
		{"flags", []string{"map", "--"}, "--device|--dry-run|--erase-size|--force|--json|--svg|--wait|--write-size"},
		{"flag", []string{"map", "--j"}, "--json"},
		{"flags where nothing else can be", []string{"verify", ""}, "--device|--dry-run|--erase-size|--force|--json|--wait|--write-size"},
		{"flag of a trial", []string{"push", "--tr"}, "--try"},
		{"files of a global flag", []string{"--device", ""}, files},
		{"files of --device=", []string{"--device", "="}, files},
		{"a file of --device=", []string{"info", "--device", "=", "fl"}, "flash.img"},
		{"files of a flag", []string{"convert", "--via", "fl"}, "flash.img"},
		{"files of another", []string{"boot", "--svg", "x"}, "x;touch hacked"},
		{"directories", []string{"config", "--upper", ""}, "sub dir"},
		{"a value of which nothing is known", []string{"push", "--label", ""}, ""},
		{"numbers", []string{"--device", "flash.img", "rollback", ""}, "0|1|2|3"},
		{"numbers, with =", []string{"rollback", "--device", "=", "flash.img", ""}, "0|1|2|3"},
		{"one number", []string{"rollback", "--device", "flash.img", "2"}, "2"},
		{"flag in place of a number", []string{"rollback", "--u"}, "--undo"},
		{"numbers of no chain", []string{"rollback", "--device", "x;touch hacked", ""}, "0"},
		{"behind the number", []string{"rollback", "1", "--u"}, "--undo"},
		{"nothing is run", []string{"--device", "$(touch hacked)", "rollback", ""}, "0"},
		{"a directory or a tar", []string{"build", "s"}, "sub dir"},
		{"the file of an import", []string{"import", "fl"}, "flash.img"},
		{"the file of -o", []string{"export", "1", "-o", "fl"}, "flash.img"},
		{"commands of help", []string{"help", "inf"}, "info"},
		{"shells", []string{"completion", ""}, "ash|bash"},
		{"no such command", []string{"nonsense", ""}, ""},
		{"timer", []string{"timer", "--"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			test := script + "\nCOMP_WORDS=(\"$@\") COMP_CWORD=$(($# - 1))\n_snapshot\n((${#COMPREPLY[@]})) && printf '%s\\n' \"${COMPREPLY[@]}\"\ncomplete -p snapshot\n"
			cmd := exec.Command(bash[0], append([]string{"--norc", "--noprofile", "-c", test, "bash", filepath.Join(bin, "snapshot")}, c.words...)...)
			cmd.Dir = dir
			out, err := cmd.CombinedOutput()
			lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
			last := len(lines) - 1
			if err != nil || lines[last] != "complete -F _snapshot snapshot" {
				t.Fatalf("%v: %s", err, out)
			}
			got := lines[:last]
			slices.Sort(got)
			if all := strings.Join(got, "|"); all != c.want {
				t.Errorf("%q\ncompletes %s\nwant      %s", c.words, all, c.want)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(dir, "hacked")); err == nil {
		t.Error("a word of the command line was run")
	}
}

// typed starts a shell on a terminal, types the lines, and returns what the screen
// shows once it says done.
func typed(t *testing.T, argv, env []string, lines ...string) string {
	t.Helper()
	person, terminal := terminal(t)
	cmd := &exec.Cmd{Path: argv[0], Args: argv, Env: append([]string{"TERM=dumb", "PS1=> ", "HOME=/nowhere"}, env...),
		Stdin: terminal, Stdout: terminal, Stderr: terminal, SysProcAttr: &syscall.SysProcAttr{Setsid: true, Setctty: true}}
	must(t, cmd.Start())
	defer cmd.Wait()
	defer cmd.Process.Kill()
	screen := make(chan string)
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := person.Read(b)
			if err != nil {
				close(screen)
				return
			}
			screen <- string(b[:n])
		}
	}()
	var shown strings.Builder
	deadline := time.After(30 * time.Second)
	prompt := regexp.MustCompile(`> (\x1b\[6n)?$`)
	for _, line := range lines {
		// A shell throws away what comes before its prompt.
		for from := shown.Len(); !prompt.MatchString(shown.String()[from:]); {
			select {
			case s := <-screen:
				shown.WriteString(s)
			case <-deadline:
				t.Fatalf("there is no prompt, the screen shows %q", shown.String())
			}
		}
		_, err := person.WriteString(line)
		must(t, err)
	}
	for !strings.Contains(shown.String(), "done\r\n") {
		select {
		case s, ok := <-screen:
			if shown.WriteString(s); !ok {
				t.Fatalf("the shell ended, the screen shows %q", shown.String())
			}
		case <-deadline:
			t.Fatalf("nothing is done, the screen shows %q", shown.String())
		}
	}
	return shown.String()
}

// TestTabInBash presses Tab at a real prompt.
func TestTabInBash(t *testing.T) {
	bash := shell(t, "bash", "--norc", "--noprofile", "-i")
	bin := program(t)
	screen := typed(t, bash, []string{"PATH=" + bin + ":/usr/bin:/bin"},
		"eval \"$(snapshot completion bash)\"\n", "echo snapshot; snapshot verif\t --js\t --device /nowhere/at/all || echo do''ne\n")
	if !strings.Contains(screen, "snapshot verify  --json") && !strings.Contains(screen, "snapshot verify --json") || !strings.Contains(screen, "/nowhere/at/all") {
		t.Errorf("the screen shows %q", screen)
	}
}

// TestTabInAsh: the aliases work in any ash, and are known to Tab from busybox 1.37 on.
func TestTabInAsh(t *testing.T) {
	ash := shell(t, "busybox", "ash", "-i")
	bin := program(t)
	env := []string{"PATH=" + bin + ":/usr/bin:/bin"}
	load := "eval \"$(snapshot completion ash)\"\n"
	screen := typed(t, ash, env, load, "snapshot-verify --device /nowhere/at/all || echo do''ne\n")
	if !strings.Contains(screen, "snapshot: ") || !strings.Contains(screen, "/nowhere/at/all: no such file") {
		t.Errorf("the alias did not run the command, the screen shows %q", screen)
	}
	banner, _ := exec.Command(ash[0]).CombinedOutput()
	var major, minor int
	if fmt.Sscanf(string(banner), "BusyBox v%d.%d", &major, &minor); major == 1 && minor < 37 {
		t.Logf("busybox %d.%d does not complete aliases, as the help says", major, minor)
		return
	}
	screen = typed(t, ash, env, load, "snapshot-veri\t --device /nowhere/at/all || echo do''ne\n")
	if !strings.Contains(screen, "snapshot-verify ") || !strings.Contains(screen, "/nowhere/at/all: no such file") {
		t.Errorf("Tab did not complete the alias, the screen shows %q", screen)
	}
	screen = typed(t, ash, env, load, "snapshot-\t\t\x15echo do''ne\n")
	for _, c := range commands() {
		if strings.Contains(screen, "snapshot-"+c.name) == c.hidden {
			t.Errorf("Tab Tab, snapshot-%s: hidden %v, the screen shows %q", c.name, c.hidden, screen)
		}
	}
}

func TestCompletionAsh(t *testing.T) {
	out, _, code := run(t, "/nowhere", "completion", "ash")
	for _, c := range commands() {
		if line := fmt.Sprintf("\nalias snapshot-%s='snapshot %s'\n", c.name, c.name); code != 0 || strings.Contains(out, line) == c.hidden {
			t.Errorf("exit %d, %s: hidden %v:\n%s", code, c.name, c.hidden, out)
		}
	}
}

func TestCompletionBadInput(t *testing.T) {
	for _, c := range []struct {
		args []string
		say  string
	}{
		{nil, "bash or ash"}, {[]string{"fish"}, `"fish"`}, {[]string{"bash", "ash"}, `"ash"`}, {[]string{""}, `""`},
	} {
		out, errs, code := run(t, "/nowhere", append([]string{"completion"}, c.args...)...)
		if code != exitUsage || out != "" || !strings.Contains(errs, c.say) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%q: exit %d: %s%s", c.args, code, out, errs)
		}
	}
}

// TestArgumentsOf reads what the help says of arguments.
func TestArgumentsOf(t *testing.T) {
	for _, c := range []struct{ help, want string }{
		{"", "[]"},
		{"[--json]", "[]"},
		{"[N | --undo]", "[[N]]"},
		{"[--json | --motd]", "[]"},
		{"[--svg FILE | --json]", "[]"},
		{"bash | ash", "[[bash ash]]"},
		{"bash|ash", "[[bash ash]]"},
		{"[N] [M] [--patch]", "[[N] [M]]"},
		{"[STATE [STATE]] [--patch | --json]", "[[STATE] [STATE]]"},
		{"[--patch | N] DIR", "[[N] [DIR]]"},
		{"FILE [--patch | N]", "[[FILE] [N]]"},
		{"FILE [--label TEXT | N]", "[[FILE] [N]]"},
		{"N DIR", "[[N] [DIR]]"},
		{"N|config|live PATH", "[[N config live] [PATH]]"},
		{"[--label TEXT] [--try[=BOOTS]] FILE", "[[FILE]]"},
		{"N [-o FILE]", "[[N]]"},
		{"[COMMAND]", "[[COMMAND]]"},
	} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		fs.String("label", "", "")
		fs.String("svg", "", "")
		fs.String("o", "", "")
		fs.Bool("json", false, "")
		fs.Bool("motd", false, "")
		fs.Bool("patch", false, "")
		fs.Bool("undo", false, "")
		fs.Bool("try", false, "")
		if got := fmt.Sprint(argumentsOf(c.help, fs)); got != c.want {
			t.Errorf("%q: %s, want %s", c.help, got, c.want)
		}
	}
}

func TestBashWords(t *testing.T) {
	for _, c := range []struct{ arg, want string }{
		{"N", "N"}, {"N config live", "N config live"}, {"STATE", "N config live"}, {"COMMAND", "one two"}, {"FILE", "FILE"}, {"DIR", "DIR"}, {"PATH", ""}, {"DIR TAR", "FILE"}, {"TEXT", ""}, {"bash ash", "bash ash"},
	} {
		if got := strings.Join(bashWords(strings.Fields(c.arg), []string{"one", "two"}), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.arg, got, c.want)
		}
	}
}

// TestHelpTellsWhatFlagsTake: completion, and the reader, must learn from the help what
// a flag takes.
func TestHelpTellsWhatFlagsTake(t *testing.T) {
	for _, c := range completions() {
		for _, f := range c.flags {
			if f.takes && f.value == "" {
				t.Errorf("help %s does not say what %s takes", c.name, f.name)
			}
		}
	}
}
