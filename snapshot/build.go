package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"chainroot/chain"
	"chainroot/chain/delta"
)

var buildCommand = command{
	name:    "build",
	args:    "DIR | TAR [-o FILE] [--label TEXT] [--owner UID:GID]",
	summary: "make a snapshot for import of a directory or a tar, on a workstation",
	maxArgs: 1,
	details: `Makes a snapshot of a directory, which is taken for an upper directory, or of a tar
(- is standard input), for import. The tar may be a layer of an OCI image: files
called .wh.NAME delete what the layers below have of that name, and .wh..wh..opq all
that they have in a directory. It may be compressed with gzip. Directories that it
leaves out belong to root, with mode 0755.

It can be imported on top of any state. With --device it stands on that of the
chain in an image, and is refused by a chain that has another one.

  -o FILE          write to FILE (default: standard output)
  --label TEXT     a name for the snapshot, at most 80 bytes
  --owner UID:GID  whose the files are (default: as in DIR or TAR)

The time of the snapshot is that of SOURCE_DATE_EPOCH in the environment, or now:
the same content, label and time give the same file.
`,
	register: func(fs *flag.FlagSet) func(*cli, []string) error {
		b := &building{}
		fs.StringVar(&b.file, "o", "-", "")
		fs.StringVar(&b.label, "label", "", "")
		fs.Func("owner", "", b.setOwner)
		return func(c *cli, args []string) error {
			if len(args) == 0 {
				return usageError("build takes a directory or a tar")
			}
			if err := checkLabel(b.label); err != nil {
				return err
			}
			b.from = args[0]
			return c.build(b)
		}
	},
}

// building is what build is asked for.
type building struct {
	from, file, label string
	owner             *delta.Owner // nil: as they are
}

// maxTime is the end of the year 9999, in seconds since 1970: what others can write.
const maxTime int64 = 253_402_300_799

func (b *building) setOwner(s string) error {
	u, g, _ := strings.Cut(s, ":")
	uid, e1 := strconv.ParseUint(u, 10, 32)
	gid, e2 := strconv.ParseUint(g, 10, 32)
	if e1 != nil || e2 != nil || uid > delta.MaxID || gid > delta.MaxID {
		return errors.New("it takes two numbers, such as 0:0")
	}
	b.owner = &delta.Owner{UID: uint32(uid), GID: uint32(gid)}
	return nil
}

func (c *cli) build(b *building) error {
	created := c.now().Unix()
	if epoch := c.env("SOURCE_DATE_EPOCH"); epoch != "" {
		var err error
		if created, err = strconv.ParseInt(epoch, 10, 64); err != nil || created < 0 || created > maxTime {
			return usageError("SOURCE_DATE_EPOCH is %q, and no number of seconds since 1970", epoch)
		}
	}
	p, stats, err := c.payloadOf(b)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return &codeError{exitDevice, fmt.Errorf("cannot build a snapshot: %w", err)}
	case err != nil:
		return fmt.Errorf("cannot build a snapshot of %s: %w", b.from, err)
	case stats.Entries == 0:
		return usageError("%s is empty: there is nothing to build a snapshot of", b.from)
	}
	var x *chain.Export
	if c.device == "" {
		x, err = chain.NewExport(nil, p, b.label, created)
	} else {
		err = c.with(false, func(s *session) error {
			if err := s.Check(); err != nil {
				return err
			}
			c.damage(s)
			if s.Volatile() != nil {
				return stateError("the last entry in %s is volatile, and no snapshot stands on that: `snapshot push` makes it one", s.path)
			}
			x, err = chain.NewExport(s.Chain, p, b.label, created)
			return err
		})
	}
	if err != nil {
		return err
	}
	size, err := c.output(b.file, x.Encode)
	if err != nil || b.file == "-" || c.dryRun {
		return err
	}
	fmt.Fprintf(c.out, "A snapshot of %s is in %s: %s.\n", count(stats.Entries, "file", "files"), b.file, bytesText(size))
	return nil
}

// payloadOf packs what the snapshot is built of.
func (c *cli) payloadOf(b *building) (*chain.Payload, delta.Stats, error) {
	if b.from != "-" {
		if st, err := os.Stat(b.from); err != nil {
			return nil, delta.Stats{}, err
		} else if st.IsDir() {
			return c.directory(b.from, b.owner)
		}
		f, err := os.Open(b.from)
		if err != nil {
			return nil, delta.Stats{}, err
		}
		defer f.Close()
		return c.layer(f, b.owner)
	}
	if isTerminal(c.in) {
		return nil, delta.Stats{}, usageError("standard input is a terminal: name a file, or take it out of a pipe")
	}
	return c.layer(c.in, b.owner)
}

// directory packs an upper directory. Its own attributes are those of a directory
// somewhere, and left out.
func (c *cli) directory(path string, owner *delta.Owner) (*chain.Payload, delta.Stats, error) {
	root, err := delta.ReadAttr(path)
	if err != nil {
		return nil, delta.Stats{}, err
	}
	o := &delta.PackOptions{Root: root}
	if owner == nil {
		return c.pack(path, o)
	}
	var tar bytes.Buffer
	if _, err := delta.Pack(&tar, path, o); err != nil {
		return nil, delta.Stats{}, err
	}
	return finish(func(w io.Writer) (delta.Stats, error) { return delta.Own(w, &tar, *owner) })
}

// finish returns the payload of the tar that write writes.
func finish(write func(io.Writer) (delta.Stats, error)) (*chain.Payload, delta.Stats, error) {
	w := chain.NewPayloadWriter()
	stats, err := write(w)
	if err != nil {
		return nil, stats, err
	}
	p, err := w.Finish()
	return p, stats, err
}

// layer packs a tar that anybody has made.
func (c *cli) layer(r io.Reader, owner *delta.Owner) (*chain.Payload, delta.Stats, error) {
	in := bufio.NewReader(c.progress.reader("reading the tar", r))
	start, _ := in.Peek(6)
	for _, z := range [...]struct{ magic, name string }{{"\x28\xb5\x2f\xfd", "zstd"}, {"\xfd7zXZ\x00", "xz"}, {"BZh", "bzip2"}} {
		if bytes.HasPrefix(start, []byte(z.magic)) {
			return nil, delta.Stats{}, fmt.Errorf("%w: it is compressed with %s, unpack it first: %[2]s -dc FILE | snapshot build -", delta.ErrFormat, z.name)
		}
	}
	if r = in; bytes.HasPrefix(start, []byte{0x1F, 0x8B}) { // RFC 1952
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, delta.Stats{}, gzipError(err)
		}
		r = readerFunc(func(b []byte) (int, error) {
			n, err := z.Read(b)
			return n, gzipError(err)
		})
	}
	return finish(func(w io.Writer) (delta.Stats, error) { return delta.Layer(w, r, owner) })
}

// gzipError says that what was to be unpacked is damaged, unless it cannot be read.
func gzipError(err error) error {
	var file *fs.PathError
	if err == nil || err == io.EOF || errors.As(err, &file) {
		return err
	}
	return fmt.Errorf("%w: what gzip has made is damaged: %w", delta.ErrFormat, err)
}
