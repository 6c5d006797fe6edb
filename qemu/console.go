package qemu

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"sync"
	"time"
)

// Console is the serial console of a machine: all that was printed so far, and
// a place in it up to which Expect has read.
type Console struct {
	in io.Writer // what is typed

	mu     sync.Mutex
	text   bytes.Buffer  // without carriage returns
	read   int           // by Expect
	change chan struct{} // closed and made anew when text grows or ends
	ended  bool

	done chan struct{} // closed when all was read
}

// NewConsole returns a console that reads out until it ends, and closes it; it
// types into in.
func NewConsole(out io.ReadCloser, in io.Writer) *Console {
	c := &Console{in: in, change: make(chan struct{}), done: make(chan struct{})}
	go c.follow(out)
	return c
}

func (c *Console) follow(out io.ReadCloser) {
	defer close(c.done)
	defer out.Close()
	buf := make([]byte, 4096)
	for {
		n, err := out.Read(buf)
		c.mu.Lock()
		c.text.Write(bytes.ReplaceAll(buf[:n], []byte("\r"), nil))
		c.ended = err != nil
		close(c.change)
		c.change = make(chan struct{})
		c.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// Expect waits until the console prints what pattern, a regular expression,
// matches, after the place the last Expect stopped at. It returns the match,
// and fails when the machine ends or the time is over.
func (c *Console) Expect(pattern string, timeout time.Duration) (string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	deadline := time.After(timeout)
	for {
		c.mu.Lock()
		unread := c.text.Bytes()[c.read:]
		if at := re.FindIndex(unread); at != nil {
			match := string(unread[at[0]:at[1]])
			c.read += at[1]
			c.mu.Unlock()
			return match, nil
		}
		ended, change := c.ended, c.change
		c.mu.Unlock()
		if ended {
			return "", fmt.Errorf("cannot find %q on the console: the machine ended", pattern)
		}
		select {
		case <-change:
		case <-deadline:
			return "", fmt.Errorf("cannot find %q on the console within %v", pattern, timeout)
		}
	}
}

// Type types text, as it is: a line ends with "\n".
func (c *Console) Type(text string) error {
	_, err := io.WriteString(c.in, text)
	return err
}

// Text is all that was printed so far.
func (c *Console) Text() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}
