package main

// What people run. The data sets have no attributes but those of a ustar, yet GNU tar
// is told to look for others, as it has to be where there may be some: chainroot does
// as well. Busybox has no option for that, and gives owners and modes back by itself
// when it is root.
const (
	gnuExtract = "tar --xattrs --xattrs-include=* --numeric-owner -xpf - -C "
	busybox    = "busybox tar"
)

// gnuTar writes a tar of a data set to standard output.
func gnuTar(d *dataSet) job {
	return pipe("tar --xattrs --xattrs-include=* --pax-option=delete=atime,delete=ctime --numeric-owner --sort=name -C " + d.tree() + " -cf - .")
}

// unpacking is a way to unpack.
type unpacking struct {
	name string
	job  func(d *dataSet, to string) job
}

func unpackings() []unpacking {
	return []unpacking{
		{"busybox tar+gzip", func(d *dataSet, to string) job { return pipe(busybox + " -xzpf " + d.file("tar.gz") + " -C " + to) }},
		{"GNU tar+gzip", func(d *dataSet, to string) job { return pipe("gzip -dc "+d.file("tar.gz"), gnuExtract+to) }},
		{"lz4|GNU tar", func(d *dataSet, to string) job { return pipe("lz4 -dqc "+d.file("tar.lz4"), gnuExtract+to) }},
		{"bsdtar with lz4", func(d *dataSet, to string) job {
			return pipe("bsdtar --numeric-owner -xpf " + d.file("tar.lz4") + " -C " + to)
		}},
		{"zstd|GNU tar", func(d *dataSet, to string) job { return pipe("zstd -dqc "+d.file("tar.zst"), gnuExtract+to) }},
		{"cp -a", func(d *dataSet, to string) job { return pipe("cp -a " + d.tree() + "/. " + to) }},
	}
}

// packing is a way to save a tree to a file.
type packing struct {
	name string
	jobs func(d *dataSet, file string) []job // one after the other
}

func packings() []packing {
	through := func(compress string) func(*dataSet, string) []job {
		return func(d *dataSet, file string) []job {
			j := gnuTar(d).to(file)
			j.programs = append(j.programs, pipe(compress).programs...)
			return []job{j}
		}
	}
	return []packing{
		{"GNU tar+gzip", through("gzip -c")},
		{"GNU tar+lz4", through("lz4 -qc")},
		{"GNU tar+lz4 -9", through("lz4 -9 -qc")},
		{"lbu (busybox tar+gzip)", func(d *dataSet, file string) []job {
			return []job{
				pipe(busybox + " -C " + d.tree() + " -czf " + file + ".new ."),
				pipe("sync " + file + ".new"),
				pipe("mv " + file + ".new " + file),
			}
		}},
	}
}
