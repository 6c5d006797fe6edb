package man_test

import (
	"os"
	"path/filepath"
	"testing"
)

// generated returns the parts of each page that are made, by their names.
func generated(t *testing.T) map[string]map[string]string {
	t.Helper()
	s := build(t)
	part := func(write func(p *page)) string {
		p := &page{}
		write(p)
		return p.String()
	}
	readme, format := read(t, "../README.md"), read(t, "../chain/FORMAT.md")
	story(t, filepath.Join(s.dir, "rootfs_data.img"))
	image := []string{"--device", "rootfs_data.img"}
	example := func(args ...string) string {
		return part(func(p *page) { p.example(s, append(image[:2:2], args...)...) })
	}
	return map[string]map[string]string{
		"snapshot.8": {
			"commands": part(func(p *page) { p.commands(s) }),
			"flags":    part(func(p *page) { p.help(section(t, s.run("help"), "Flags of every command:")) }),
			"codes":    part(func(p *page) { p.codes(section(t, s.run("help"), "Exit codes:")) }),
			"info":     example("info"),
			"log":      example("log"),
			"map":      example("map"),
			"verify":   example("verify"),
			"rollback": example("rollback", "1"),
			"status":   example("status"),
			"undo":     example("rollback", "--undo"),
			"boot":     part(func(p *page) { p.onUnit(s, "boot") }),
		},
		"preinit.8": {
			"parameters": part(func(p *page) { p.named(table(t, readme, "parameter")) }),
			"devices":    part(func(p *page) { p.named(table(t, readme, "name")) }),
		},
		"chainroot.5": {
			"format": part(func(p *page) { p.document(format) }),
		},
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return string(b)
}

// codes writes the exit codes.
func (p *page) codes(text string) {
	p.macro("Bl", "-tag", "-width", "000", "-compact")
	for _, c := range codeRow.FindAllStringSubmatch(text, -1) {
		p.macro("It", c[1])
		p.text(inline(c[2]))
	}
	p.macro("El")
}

// named writes a table of two columns as a list.
func (p *page) named(rows [][]string) {
	var items []item
	for _, r := range rows {
		items = append(items, item{inline(r[0]), inline(r[1])})
	}
	p.tagged(items)
}
