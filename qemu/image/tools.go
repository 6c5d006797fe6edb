package image

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
)

// Package is the one package of the repository among the tools: a service that
// runs when it is installed, and at boot.
const Package = "chainroot-test"

// control is the control file of Package.
const control = "Package: " + Package + `
Version: 1.0
Architecture: all
Maintainer: nobody <nobody@localhost>
Description: package that tests install
`

// packageFiles are what Package is built of.
var packageFiles = []struct {
	name, content string
	mode          os.FileMode
}{
	{"DEBIAN/control", control, 0o644},
	{"DEBIAN/conffiles", "/etc/" + Package + ".conf\n", 0o644},
	{"DEBIAN/postinst", "#!/bin/sh\nset -e\nsystemctl daemon-reload\nsystemctl start " + Package + "\n", 0o755},
	{"etc/" + Package + ".conf", "as packaged\n", 0o644},
	{"usr/lib/systemd/system/" + Package + ".service", `[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/touch /run/` + Package + `
`, 0o644},
}

// Tools writes the squashfs of a further disk, for a firmware that has no probe:
// /probe, and /repository for apt, with Package.
func (i *Image) Tools() (string, error) {
	dir := filepath.Dir(i.Root)
	work, err := os.MkdirTemp(dir, "work-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	deb, err := buildPackage(work)
	if err != nil {
		return "", err
	}
	t := newTree()
	t.program("/probe", filepath.Join(dir, "probe"))
	t.file("/repository/"+Package+".deb", 0o644, string(deb))
	t.file("/repository/Packages", 0o644, index(deb))
	tools := filepath.Join(dir, "tools.squashfs")
	return tools, t.squash(tools, lz4)
}

// buildPackage builds Package in a directory and returns it.
func buildPackage(work string) ([]byte, error) {
	top := filepath.Join(work, Package)
	for _, f := range packageFiles {
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
func index(deb []byte) string {
	return control + fmt.Sprintf("Filename: ./%s.deb\nSize: %d\nSHA256: %x\n", Package, len(deb), sha256.Sum256(deb))
}
