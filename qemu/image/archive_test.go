package image

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// testArchive is an archive whose state is all in a directory of the test.
func testArchive(t *testing.T, arch string) *archive {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	a, err := newArchive(arch)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestDependency(t *testing.T) {
	a := testArchive(t, "mipsel")
	stub(t, "apt-get", "exit 0")
	stub(t, "apt-cache", `printf '%s\n' "$5" '  Depends: linux-image-6.1.0-9-4kc-malta'`)
	if name, err := a.dependency("linux-image-4kc-malta"); err != nil || name != "linux-image-6.1.0-9-4kc-malta" {
		t.Errorf("%q, %v", name, err)
	}
	stub(t, "apt-cache", `echo linux-image-4kc-malta`)
	if name, err := a.dependency("linux-image-4kc-malta"); err == nil {
		t.Errorf("no dependency is taken for %q", name)
	}
}

func TestListsAreFetchedWhereTheyAreNeeded(t *testing.T) {
	for name, test := range map[string]struct{ apt, want string }{
		"good lists": {`touch "$5_1_mipsel.deb"`, "download"},
		"no lists":   {`[ -e lists ] || exit 100; touch "$5_1_mipsel.deb"`, "download update download"},
		"no network": {`exit 100`, "download update"},
		"no package": {`[ "$4" = update ]`, "download update download"},
	} {
		t.Run(name, func(t *testing.T) {
			a := testArchive(t, "mipsel")
			dir := t.TempDir()
			calls := filepath.Join(t.TempDir(), "calls")
			stub(t, "apt-get", `echo "$4" >> `+calls+`; if [ "$4" = update ]; then touch `+dir+`/lists; fi; `+test.apt)
			_, err := a.download(dir, "hello")
			if good := strings.Contains(test.apt, "touch"); (err == nil) != good {
				t.Errorf("error %v", err)
			}
			if got, _ := os.ReadFile(calls); strings.Join(strings.Fields(string(got)), " ") != test.want {
				t.Errorf("apt-get was called to %q, want %s", got, test.want)
			}
		})
	}
}

// TestConfiguration asks apt what it makes of the configuration.
func TestConfiguration(t *testing.T) {
	if _, err := exec.LookPath("apt-config"); err != nil {
		t.Skip("needs apt-config: ", err)
	}
	for _, arch := range []string{"mipsel", sources} {
		a := testArchive(t, arch)
		out, err := exec.Command("apt-config", "-c", a.path("apt.conf"), "dump").Output()
		if err != nil {
			t.Fatal(err)
		}
		dump := string(out)
		want := []string{"Dir::State \"" + a.dir, "Dir::Cache \"" + a.dir, "Dir::State::status \"" + a.dir}
		if arch == sources {
			want = append(want, "Dir::Etc::sourcelist \""+a.dir, "Dir::Etc::sourceparts \""+a.dir)
		} else {
			want = append(want, `APT::Architecture "mipsel"`, `APT::Architectures:: "mipsel"`)
		}
		for _, w := range want {
			if !strings.Contains(dump, "\n"+w) {
				t.Errorf("%s: apt does not take %s", arch, w)
			}
		}
		for _, w := range []string{"APT::Update::Post-Invoke::", "APT::Update::Post-Invoke-Success::"} {
			if strings.Contains(dump, w) {
				t.Errorf("%s: apt still takes %s", arch, w)
			}
		}
		if arch != sources && strings.Count(dump, "APT::Architectures::") != 1 {
			t.Errorf("%s: the host's architectures count too", arch)
		}
	}
}

func TestSourceEntries(t *testing.T) {
	for name, test := range map[string]struct{ file, in, want string }{
		"line":          {"a.list", "deb http://host/debian stable main\n", "deb-src http://host/debian stable main\n"},
		"options":       {"a.list", "deb [signed-by=/key] http://host/debian stable main", "deb-src [signed-by=/key] http://host/debian stable main"},
		"spaces, tabs":  {"a.list", " \tdeb\thttp://host a b", "deb-src\thttp://host a b"},
		"source line":   {"a.list", "deb-src http://host a b\n", "deb-src http://host a b\n"},
		"comment":       {"a.list", "# deb http://host a b\n", "# deb http://host a b\n"},
		"paragraph":     {"a.sources", "Types: deb\nURIs: http://host\n", "Types: deb-src\nURIs: http://host\n"},
		"both types":    {"a.sources", "Types: deb deb-src\n", "Types: deb-src\n"},
		"two":           {"a.sources", "types: deb\nSuites: a\n\nTypes: deb\nSuites: b\n", "Types: deb-src\nSuites: a\n\nTypes: deb-src\nSuites: b\n"},
		"not a type":    {"a.sources", "X-Types: deb\n", "X-Types: deb\n"},
		"line as field": {"a.sources", "Description:\n deb files\n", "Description:\n deb files\n"},
	} {
		if got := string(sourceEntries(test.file, []byte(test.in))); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestSourcesOfTheHost(t *testing.T) {
	etc := t.TempDir()
	parts := filepath.Join(etc, "parts")
	if err := os.Mkdir(parts, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"list": "deb http://one a b", "parts/2.list": "deb http://two a b", "parts/off.list.disabled": "deb http://off a b",
		"parts/3.sources": "Types: deb\nURIs: http://three", "parts/4.sources": "Types: deb\nURIs: http://four",
	} {
		if err := os.WriteFile(filepath.Join(etc, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stub(t, "apt-config", "echo \"list='"+etc+"/list'\"; echo \"parts='"+parts+"/'\"")
	a := testArchive(t, sources)
	for name, want := range map[string]string{
		"sources.list":                "deb-src http://one a b\n\ndeb-src http://two a b\n\n",
		"sources.list.d/host.sources": "Types: deb-src\nURIs: http://three\n\nTypes: deb-src\nURIs: http://four\n\n",
	} {
		if got, err := os.ReadFile(a.path(name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
