package machine

import (
	"context"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
	"unsafe"
)

// tree makes a file system out of path, text pairs.
func tree(pairs ...string) fstest.MapFS {
	m := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1] + "\n")}
	}
	return m
}

func TestRead(t *testing.T) {
	cache := "sys/devices/system/cpu/cpu0/cache/index"
	root := tree(
		"proc/meminfo", "MemTotal:       24000 kB\nMemFree:  1 kB\nMemAvailable:    12000 kB\nHugePages_Total:       8\nHugepagesize:       2048 kB",
		"sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never",
		"sys/devices/system/node/node0/cpulist", "0-3", "sys/devices/system/node/node1/cpulist", "4-7", "sys/devices/system/node/possible", "0-1",
		"sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0,4",
		"sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "schedutil",
		"sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3800000",
		"sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "performance",
		"sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "schedutil",
		cache+"0/type", "Data", cache+"0/level", "1", cache+"0/size", "48K", cache+"0/shared_cpu_list", "0,4",
		cache+"1/type", "Instruction", cache+"1/level", "1", cache+"1/size", "64K",
		cache+"2/type", "Unified", cache+"2/level", "3", cache+"2/size", "480M", cache+"2/shared_cpu_list", "0-7",
		cache+"3/type", "Unified", cache+"3/level", "2", cache+"3/size", "2048K", cache+"3/shared_cpu_list", "0-1,4",
		cache+"4/type", "Unified", cache+"4/level", "4", cache+"4/size", "many",
	)
	want := Facts{
		Caches: []Cache{{1, 48 << 10, 2}, {2, 2 << 20, 3}, {3, 480 << 20, 8}}, Nodes: 2, ThreadsPerCore: 2,
		MemoryBytes: 24000 << 10, AvailableBytes: 12000 << 10, TransparentHuge: "madvise", HugePages: 8, HugePageBytes: 2 << 20,
		Governors: []string{"performance", "schedutil"}, MaxMHz: 3800,
	}
	got := Read(root)
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if got.Find(2) != 2<<20 || got.Find(5) != 0 {
		t.Errorf("level 2 has %d bytes, level 5 %d", got.Find(2), got.Find(5))
	}
	if got := Read(tree()); !reflect.DeepEqual(got, Facts{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

func TestListed(t *testing.T) {
	for list, want := range map[string]int{"": 0, "0": 1, "0-3": 4, "0,4": 2, "0-1,8-9,12": 5, "3-1": 0, "x": 0} {
		if got := listed(list); got != want {
			t.Errorf("%q: %d, want %d", list, got, want)
		}
	}
}

func TestFigure(t *testing.T) {
	f := FigureOf([]float64{30, 10, 20, 100})
	if f.Median != 25 || f.Min != 10 || f.Max != 100 || !slices.Equal(f.Samples, []float64{30, 10, 20, 100}) {
		t.Errorf("%+v", f)
	}
	for _, c := range []struct {
		samples []float64
		unit    float64
		want    string
	}{
		{nil, 1, "not measured"}, {[]float64{5e9}, 1e9, "5.00"}, {[]float64{500, 505, 510}, 1, "505"},
		{[]float64{5e10, 6e10, 2e11}, 1e9, "60.0 [50.0-200]"},
	} {
		if got := FigureOf(c.samples).In(c.unit); got != c.want {
			t.Errorf("%v: %q, want %q", c.samples, got, c.want)
		}
	}
}

func TestRoof(t *testing.T) {
	at := func(class, set string, integer bool, rate float64) Peak {
		return Peak{Class: class, Set: set, Integer: integer, All: FigureOf([]float64{rate})}
	}
	peaks := []Peak{at("go", "generic", false, 1), at("fma", "avx2", false, 10), at("madd", "avx2", true, 8), at("vnni", "avx512", true, 40),
		{Class: "unmeasured", Set: "avx512"}, at("tiles", "amx", true, 400), at("bf16", "amx", false, 200)}
	for _, c := range []struct {
		set     string
		integer bool
		want    string
	}{
		{"generic", true, "go"}, {"avx2", true, "fma"}, {"avx2", false, "fma"}, {"avx512", true, "vnni"},
		{"amx", true, "tiles"}, {"amx", false, "bf16"},
		{"avx512", false, ""}, // its one float class is not measured: the lesser one's rate is no roof
		{"neon", true, ""}, {"", false, ""},
	} {
		got, ok := Roof(peaks, c.set, c.integer)
		if ok != (c.want != "") || ok && got.Class != c.want {
			t.Errorf("%s, integer %v: %q %v, want %q", c.set, c.integer, got.Class, ok, c.want)
		}
	}
}

// TestClasses runs every class of this machine: an instruction encoded wrongly faults.
func TestClasses(t *testing.T) {
	all := Classes()
	for _, c := range all {
		if !slices.Contains(sets, c.Set) {
			t.Errorf("%s belongs to the unknown kernel set %q", c.Name, c.Set)
		}
		if rate := c.Rate(t.Context(), 2, time.Millisecond); rate < 1e6 {
			t.Errorf("%s: %g operations a second", c.Name, rate)
		}
	}
	if len(all) == 0 || all[0].Set != "generic" {
		t.Errorf("classes %v, expected a portable one first", all)
	}
}

func TestBandwidth(t *testing.T) {
	for _, huge := range []bool{false, true} {
		b, err := NewBuffer(1<<20+1, 2, huge)
		if err != nil {
			t.Fatal(err)
		}
		if b.Size() != 5*2*chunk {
			t.Errorf("size %d", b.Size())
		}
		for _, c := range []struct {
			size    int64
			threads int
		}{{0, 1}, {0, 2}, {1, 2}, {512 << 10, 1}, {1 << 40, 2}} {
			if rate := b.Bandwidth(t.Context(), c.size, c.threads, time.Millisecond); rate < 1e6 {
				t.Errorf("%d bytes on %d threads: %g bytes a second", c.size, c.threads, rate)
			}
		}
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestReadsStayInside ends a read where the mapped memory ends: the lines asked for
// behind that must not fault. A loop that read there would.
func TestReadsStayInside(t *testing.T) {
	page := os.Getpagesize()
	data, free, err := allocate(16*page, false)
	if err != nil {
		t.Fatal(err)
	}
	defer free()
	readMemory(unsafe.Pointer(&data[0]), len(data))
	readWords(unsafe.Pointer(&data[0]), len(data))
}

func TestRaceEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	steps := make([]int, 3)
	race(ctx, 3, time.Hour, func(thread int) float64 { steps[thread]++; return 1 })
	if !slices.Equal(steps, []int{2, 2, 2}) { // one each of the warm-up and the race
		t.Errorf("steps %v after the context had ended", steps)
	}
}

func TestWaits(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	if w := MeasureWaits(ctx); w.Resolution <= 0 || len(w.Wake.Samples) != wakes || w.Oversleep.Min < 0 || w.Wake.Min <= 0 {
		t.Errorf("%+v", w)
	}
	cancel()
	if w := MeasureWaits(ctx); w.Wake.Known() || w.Oversleep.Known() {
		t.Errorf("measured after the end: %+v", w)
	}
	if s := (Figure{}).In(1); !strings.Contains(s, "not measured") {
		t.Error(s)
	}
}

func TestBands(t *testing.T) {
	facts := func(l2, l3, free int64) Facts {
		return Facts{Caches: []Cache{{2, l2, 1}, {3, l3, 2}}, AvailableBytes: free}
	}
	type set struct {
		name  string
		bytes int64
	}
	for _, c := range []struct {
		name  string
		facts Facts
		plan  Plan
		want  []set
	}{
		{"server", facts(2<<20, 480<<20, 24<<30), Plan{Threads: 2}, []set{{"L2", 2 << 20}, {"L3", 100 << 20}, {DRAM, 960 << 20}, {"memory, small pages", 960 << 20}}},
		{"quick", facts(2<<20, 480<<20, 24<<30), Plan{Threads: 2, Small: true, Working: 7}, []set{{"L2", 2 << 20}, {"L3", 100 << 20}, {WorkingSet, 7}, {DRAM, 960 << 20}}},
		{"laptop", facts(1<<20, 12<<20, 2<<30), Plan{Threads: 8, Small: true}, []set{{"L2", 4 << 20}, {DRAM, 256 << 20}}},
		{"little memory", facts(1<<20, 32<<20, 400<<20), Plan{Threads: 1, Small: true, Working: 1 << 30}, []set{{"L2", 512 << 10}, {"L3", 16 << 20}, {WorkingSet, 100 << 20}, {DRAM, 100 << 20}}},
		{"nothing known", Facts{}, Plan{Threads: 4, Small: true}, []set{{DRAM, 256 << 20}}},
	} {
		var got []set
		for _, b := range bands(c.facts, c.plan) {
			got = append(got, set{b.Name, b.Bytes})
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestMeasure(t *testing.T) {
	little := Facts{Caches: []Cache{{2, 512 << 10, 1}}, AvailableBytes: 16 << 20}
	var said []string
	m, err := Measure(t.Context(), little, Plan{Threads: 2, Rounds: 2, Each: 2 * time.Millisecond}, func(s string) { said = append(said, s) })
	if err != nil || len(said) < 5 {
		t.Fatal(err, said)
	}
	for _, b := range m.Bands {
		if len(b.One.Samples) != 2 || len(b.All.Samples) != 2 {
			t.Errorf("%+v", b)
		}
	}
	for _, p := range m.Peaks {
		if len(p.One.Samples) != 2 || len(p.All.Samples) != 2 {
			t.Errorf("%+v", p)
		}
	}
	if _, ok := m.Find(DRAM); !ok {
		t.Error("no band of memory")
	}
	if _, ok := m.Find(WorkingSet); ok {
		t.Error("a working set that nobody asked for")
	}
	ctx, cancel := context.WithCancel(t.Context())
	stopped, err := Measure(ctx, little, Plan{Threads: 1, Rounds: 2, Each: time.Millisecond, Small: true}, func(s string) {
		if strings.HasPrefix(s, "round 2") {
			cancel()
		}
	})
	if err != context.Canceled || len(stopped.Peaks[0].All.Samples) != 1 {
		t.Errorf("%v, %+v", err, stopped.Peaks[0])
	}
}
