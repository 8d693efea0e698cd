package host

import (
	"math"
	"runtime/metrics"
	"testing"
	"time"
)

// TestPressure counts by hand what kept processes from running, in both versions of control groups.
func TestPressure(t *testing.T) {
	stat := "cpu  9 9 9 9 9 9 9 9\ncpu0 10 0 5 80 2 1 1 3 0 0\ncpu1 20 0 0 80 0 0 0 0 0 0\ncpu10 99 0 0 1\n"
	const heat = "sys/devices/system/cpu/cpu0/thermal_throttle/"
	two := tree("proc/stat", stat, "proc/self/cgroup", "0::/p/c\n",
		"sys/fs/cgroup/p/cpu.stat", "nr_throttled 3\nthrottled_usec 4500\n", "sys/fs/cgroup/p/c/cpu.stat", "nr_throttled 1\nthrottled_usec 20\n",
		heat+"core_throttle_count", "4\n", heat+"package_throttle_count", "1\n", "sys/devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "2\n")
	got := readPressure(two, []int{0, 1})
	want := Pressure{Throttled: 3, ThrottledBy: 4500 * time.Microsecond, Thermal: 7, CPUs: 2, CPUsBusy: (10 + 5 + 1 + 1 + 20) * tick}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	one := tree("proc/self/cgroup", "4:cpu,cpuacct:/d\n", "sys/fs/cgroup/cpu,cpuacct/d/cpu.stat", "nr_periods 9\nnr_throttled 2\nthrottled_time 7000000\n")
	if got := readPressure(one, nil); got != (Pressure{Throttled: 2, ThrottledBy: 7 * time.Millisecond}) {
		t.Errorf("version 1: %+v", got)
	}
	if got := readPressure(tree("proc/stat", "x", "proc/self/cgroup", "0::/\n", "sys/fs/cgroup/cpu.stat", "throttled_usec -4\n"), []int{0}); got != (Pressure{CPUs: 1}) {
		t.Errorf("nothing to read: %+v", got)
	}
	if got := want.Sub(Pressure{Throttled: 1, Thermal: 9, CPUsBusy: tick}); got.Throttled != 2 || got.Thermal != 0 || got.CPUsBusy != want.CPUsBusy-tick || got.CPUs != 2 {
		t.Errorf("difference %+v", got)
	}
}

// TestClockSteps: a jump counts, a correction in small pieces and a reading that was interrupted do not.
func TestClockSteps(t *testing.T) {
	zero := time.Now()
	at := func(since, ahead, took time.Duration) clocks {
		return clocks{before: zero.Add(since), wall: zero.Round(0).Add(since + ahead), after: zero.Add(since + took)}
	}
	ms, us := time.Millisecond, time.Microsecond
	for _, c := range []struct {
		name    string
		reads   []clocks
		n       int
		largest time.Duration
	}{
		{"quiet", []clocks{at(0, 0, us), at(5*ms, 20*us, us), at(10*ms, -20*us, us)}, 0, 0},
		{"forwards and back", []clocks{at(0, 0, us), at(5*ms, 3*time.Second, us), at(10*ms, -ms, us)}, 2, -3*time.Second - ms},
		{"corrected by a tenth", []clocks{at(0, 0, us), at(100*ms, 10*ms, us), at(200*ms, 20*ms, us)}, 0, 0},
		{"interrupted between the clocks", []clocks{at(0, 0, us), at(5*ms, 20*ms, 21*ms), at(30*ms, 0, us)}, 0, 0},
	} {
		var s steps
		for _, r := range c.reads {
			s.add(r)
		}
		if s.n != c.n || s.largest != c.largest {
			t.Errorf("%s: %d steps, the largest %v; want %d, %v", c.name, s.n, s.largest, c.n, c.largest)
		}
	}
	var s steps
	for range 100 {
		s.add(readClocks())
	}
	if s.n != 0 {
		t.Errorf("%d steps between readings one after the other", s.n)
	}
}

func TestHistogramQuantile(t *testing.T) {
	buckets := []float64{0, 1e-6, 1e-3, 1, math.Inf(1)}
	h := func(counts ...uint64) metrics.Float64Histogram {
		return metrics.Float64Histogram{Counts: counts, Buckets: buckets}
	}
	for _, c := range []struct {
		now, before metrics.Float64Histogram
		p           float64
		want        int64
	}{
		{h(99, 1, 0, 0), metrics.Float64Histogram{}, 0.99, 1e3},
		{h(98, 2, 0, 0), h(0, 0, 0, 0), 0.99, 1e6},
		{h(50, 7, 1, 0), h(50, 7, 0, 0), 0.5, 1e9},
		{h(1, 0, 0, 1), h(0, 0, 0, 0), 1, 1e9},
		{h(5, 5, 5, 5), h(5, 5, 5, 5), 0.99, 0},
	} {
		if got := quantile(c.now, c.before, c.p); got != c.want {
			t.Errorf("%v since %v at %v: %d, want %d", c.now.Counts, c.before.Counts, c.p, got, c.want)
		}
	}
}

// TestWatch: ticks come at their times or later, and those before what is watched are left out.
func TestWatch(t *testing.T) {
	seen := false
	for range 50 { // a machine may be too busy to wake for a while
		w := StartWatch()
		time.Sleep(4 * TickEvery)
		from := time.Now()
		time.Sleep(6 * TickEvery)
		got := w.Stop(from)
		if most := int(time.Since(from)/TickEvery) + 1; got.Ticks > most || got.LateP50NS < 0 || got.LateP50NS > got.LateP99NS || got.LateP99NS > got.LateMaxNS {
			t.Fatalf("at most %d ticks: %+v", most, got)
		}
		if seen = got.Ticks >= 4; seen {
			break
		}
	}
	if !seen {
		t.Error("the clock never woke")
	}
	if w := StartWatch().Stop(time.Now().Add(time.Hour)); w.Ticks != 0 || w.LateMaxNS != 0 {
		t.Errorf("nothing was watched, but %+v", w)
	}
}
