package delta

// Stats counts what was packed or replayed.
type Stats struct {
	Entries int   // in the tar; after Pack, 0: nothing differs
	Bytes   int64 // of the tar, with its end mark
}
