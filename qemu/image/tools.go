package image

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// Package is the one package of each repository among the tools: a service that
// runs when it is installed, and at boot. Its configuration file and VersionFile
// differ from version to version.
const Package = "chainroot-test"

// VersionFile is a file of Package, which holds the version.
const VersionFile = "/usr/share/" + Package + "/version"

// Breaks is a file that Package 3.0 cannot be configured with.
const Breaks = "/etc/" + Package + ".breaks"

// repositories are those among the tools, with the version of Package that each has.
var repositories = []struct{ name, version string }{{"/repository", "1.0"}, {"/upgrade", "2.0"}, {"/next", "3.0"}}

// control is the control file of Package.
func control(version string) string {
	return "Package: " + Package + `
Version: ` + version + `
Architecture: all
Maintainer: nobody <nobody@localhost>
Description: package that tests install
`
}

// packageFile is what Package is built of.
type packageFile struct {
	name, content string
	mode          os.FileMode
}

func packageFiles(version string) []packageFile {
	postinst := "#!/bin/sh\nset -e\n"
	if version == "3.0" {
		postinst += "[ ! -e " + Breaks + " ]\n"
	}
	postinst += "systemctl daemon-reload\nsystemctl restart " + Package + "\n"
	return []packageFile{
		{"DEBIAN/control", control(version), 0o644},
		{"DEBIAN/conffiles", "/etc/" + Package + ".conf\n", 0o644},
		{"DEBIAN/postinst", postinst, 0o755},
		{"etc/" + Package + ".conf", "as packaged in " + version + "\n", 0o644},
		{VersionFile[1:], version + "\n", 0o644},
		{"usr/lib/systemd/system/" + Package + ".service", `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/cp ` + VersionFile + ` /run/` + Package + `
`, 0o644},
	}
}

// Tools writes the squashfs of a further disk, for a firmware that has no probe:
// /probe, and the repositories for apt.
func (i *Image) Tools() (string, error) {
	dir := filepath.Dir(i.Root)
	work, err := os.MkdirTemp(dir, "work-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	t := newTree()
	t.program("/probe", filepath.Join(dir, "probe"))
	for _, r := range repositories {
		deb, err := buildPackage(filepath.Join(work, r.version), r.version)
		if err != nil {
			return "", err
		}
		t.file(r.name+"/"+Package+".deb", 0o644, string(deb))
		t.file(r.name+"/Packages", 0o644, index(r.version, deb))
	}
	tools := filepath.Join(dir, "tools.squashfs")
	return tools, t.squash(tools, lz4)
}

// buildPackage builds a version of Package in a directory and returns it.
func buildPackage(work, version string) ([]byte, error) {
	top := filepath.Join(work, Package)
	for _, f := range packageFiles(version) {
		name := filepath.Join(top, f.name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(name, []byte(f.content), f.mode); err != nil {
			return nil, err
		}
	}
	wants := filepath.Join(top, "usr/lib/systemd/system/multi-user.target.wants")
	if err := os.Mkdir(wants, 0o755); err != nil {
		return nil, err
	}
	if err := os.Symlink("../"+Package+".service", filepath.Join(wants, Package+".service")); err != nil {
		return nil, err
	}
	deb := top + ".deb"
	stamp := fmt.Sprint("SOURCE_DATE_EPOCH=", built.Unix())
	if err := run(work, "env", stamp, "dpkg-deb", "--root-owner-group", "--build", top, deb); err != nil {
		return nil, err
	}
	return os.ReadFile(deb)
}

// index is the Packages file of a repository with nothing but deb.
func index(version string, deb []byte) string {
	return control(version) + fmt.Sprintf("Filename: ./%s.deb\nSize: %d\nSHA256: %x\n", Package, len(deb), sha256.Sum256(deb))
}
