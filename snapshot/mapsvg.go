package main

import (
	"fmt"
	"strings"

	"chainroot/chain"
)

// The picture of a map: a row of blocks under the other, then the legend.
const (
	mapWidth   = 64 * mapCell // of a row
	mapCell    = 14           // of a block, where all have room
	mapRowMost = 32           // rows, where they have not
	mapTop     = 58
	mapLegend  = 20 // a line of the legend
)

// svg draws a map so that each block shows, however narrow.
func (m *flashMap) svg() []byte {
	columns := max(mapColumns, (m.Blocks+mapRowMost-1)/mapRowMost)
	rows := (m.Blocks + columns - 1) / columns
	legend := mapTop + rows*mapCell + 28
	var told []string
	for i := range m.Uses {
		told = append(told, m.Uses[i].sum())
	}
	s := newSVG(mapWidth+2*svgMargin, legend+len(m.Uses)*mapLegend+4, "Flash map of "+m.Device,
		fmt.Sprintf("What %s of %d bytes hold: %s.", count(m.Blocks, "erase block", "erase blocks"), m.EraseSize, strings.Join(told, "; ")))
	row := ""
	if rows > 1 {
		row = fmt.Sprintf(", %d in a row", columns)
	}
	s.text(svgMargin, 46, "small", fmt.Sprintf("%s of %d bytes%s", count(m.Blocks, "erase block", "erase blocks"), m.EraseSize, row))
	cell := float64(mapWidth) / float64(columns)
	for _, r := range m.Runs {
		u := &m.Uses[m.cells[r.Block]]
		for from, end := r.Block, r.Block+r.Blocks; from < end; {
			n := min(end-from, columns-from%columns)
			s.rect(svgMargin+float64(from%columns)*cell, mapTop+float64(from/columns*mapCell), float64(n)*cell, mapCell-2, u.class(),
				fmt.Sprintf("%s: %s at %d", u.name(), count(r.Blocks, "block", "blocks"), r.Block))
			from += n
		}
	}
	for column := 1; columns == mapColumns && column < columns; column++ {
		x := svgMargin + float64(column)*cell
		s.line(x, mapTop, x, mapTop+float64(rows*mapCell))
	}
	for i := range m.Uses {
		u, y := &m.Uses[i], float64(legend+i*mapLegend)
		s.rect(svgMargin, y-11, 13, 13, u.class(), u.name())
		s.text(svgMargin+22, y, "", u.sum())
	}
	return s.end()
}

// sum says how much of the flash a use takes.
func (u *mapUse) sum() string {
	return fmt.Sprintf("%s: %s, %s", u.name(), count(u.Blocks, "block", "blocks"), bytesText(u.Bytes))
}

// class is that of a use in svgStyle.
func (u *mapUse) class() string {
	switch u.use.Kind {
	case chain.UseBad:
		return "bad"
	case chain.UseBack:
		return "back"
	case chain.UseRolledBack:
		return "lost"
	case chain.UseEntry:
		if u.use.Volatile {
			return "volatile"
		}
		return fmt.Sprint("entry", (u.use.Number-1)%6)
	}
	return "free"
}
