package main

import "fmt"

// The picture of a boot: a bar under the other.
const (
	bootLine  = 22
	bootTop   = 46
	bootNames = 220 // where the bars begin
	bootBars  = 520 // the longest
	bootWidth = bootNames + bootBars + 140
)

// svg draws the chart of a boot.
func (t *bootTimes) svg() []byte {
	said := "How long each part of the boot took:"
	for _, b := range t.bars {
		said += fmt.Sprintf(" %s %s;", b.name, millisecondsText(b.took))
	}
	s := newSVG(bootWidth, bootTop+len(t.bars)*bootLine+12, t.title(), said)
	longest := t.longest()
	for i, b := range t.bars {
		y := float64(bootTop + i*bootLine)
		x, class, bar := float64(bootNames-8), "end", "entry1"
		if b.entry {
			class, bar = "end small", fmt.Sprint("entry", 2+b.of%4)
		}
		took := fmt.Sprintf("%s, %s", millisecondsText(b.took), t.share(b.took))
		s.text(x, y+14, class, clip(b.name, 30))
		length := float64(b.took) / float64(longest) * bootBars
		if b.took > 0 {
			length = max(length, 1)
		}
		s.rect(bootNames, y+3, length, bootLine-8, bar, b.name+": "+took)
		s.text(bootNames+length+8, y+14, "small", took)
	}
	return s.end()
}
