package memory

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestLimit(t *testing.T) {
	for _, test := range []struct {
		free uint64
		want int64
	}{{0, 8 << 20}, {22 << 20, 8 << 20}, {64 << 20, 8 << 20}, {128 << 20, 16 << 20}, {1 << 40, 64 << 20}} {
		if got := limit(test.free); got != test.want {
			t.Errorf("with %d bytes free the limit is %d, want %d", test.free, got, test.want)
		}
	}
}

// Garbage below the limit is left lying, and above it the process does not grow for
// ever.
func TestBoot(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer debug.SetGCPercent(debug.SetGCPercent(100))
	Boot()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sink = make([]byte, 5<<20)
	runtime.ReadMemStats(&after)
	if after.NumGC != before.NumGC {
		t.Error("the collector ran for 5 MiB")
	}
	for range 100 {
		sink = make([]byte, 4<<20)
	}
	runtime.ReadMemStats(&after)
	if after.NumGC == before.NumGC {
		t.Error("the collector never ran")
	}
	if after.HeapSys > 3*most {
		t.Errorf("the heap has grown to %d bytes", after.HeapSys)
	}
}

var sink []byte
