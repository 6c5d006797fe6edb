package main

import "chainroot/flash"

// counting is a flash that counts how often it is read.
type counting struct {
	flash.Device
	reads int
}

func (c *counting) ReadAt(p []byte, off int64) (int, error) {
	c.reads++
	return c.Device.ReadAt(p, off)
}
