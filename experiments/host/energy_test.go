package host

import (
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/assaylab/assay/analysis/record"
)

const rapl = "sys/class/powercap/intel-rapl:"

// counters is a machine of two packages, one of which has memory with a counter, and with
// domains that contain others or are contained.
func counters() fstest.MapFS {
	return tree(rapl+"0/name", "package-0\n", rapl+"0/energy_uj", "900\n", rapl+"0/max_energy_range_uj", "999\n",
		rapl+"0:0/name", "core\n", rapl+"0:0/energy_uj", "7\n", rapl+"0:0/max_energy_range_uj", "999\n",
		rapl+"0:1/name", "dram\n", rapl+"0:1/energy_uj", "50\n", rapl+"0:1/max_energy_range_uj", "999\n",
		rapl+"1/name", "package-1\n", rapl+"1/energy_uj", "10\n", rapl+"1/max_energy_range_uj", "999\n",
		rapl+"2/name", "psys\n", rapl+"2/energy_uj", "5\n", rapl+"2/max_energy_range_uj", "999\n",
		"sys/class/powercap/intel-rapl-mmio:0/name", "package-0\n", "sys/class/powercap/intel-rapl-mmio:0/energy_uj", "900\n")
}

func set(root fstest.MapFS, file, text string) { root[file].Data = []byte(text) }

// TestJoules counts by hand, over a wrap of one counter and of the other.
func TestJoules(t *testing.T) {
	root := counters()
	j := newJoules(root)
	set(root, rapl+"0/energy_uj", "950")
	set(root, rapl+"0:1/energy_uj", "60")
	set(root, rapl+"2/energy_uj", "500")
	set(root, rapl+"0:0/energy_uj", "500")
	j.add() // 50 + 10 + 0
	set(root, rapl+"0/energy_uj", "20")
	j.add() // 950 to 999, one more to 0, 20 more: 70
	set(root, rapl+"0/energy_uj", "30")
	set(root, rapl+"1/energy_uj", "9")
	j.add() // 10, and 989 + 1 + 9 = 999 of a counter that came all but round
	want := &record.Energy{MicroJoules: 60 + 70 + 10 + 999, Domains: []string{"package-0", "package-0/dram", "package-1"}}
	if got := j.record(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// TestJoulesUnread: what cannot be read whole is not read at all, and one line says why.
func TestJoulesUnread(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(fstest.MapFS)
		want string
	}{
		"none": {func(r fstest.MapFS) { clear(r) }, "no energy counters"},
		"no package": {func(r fstest.MapFS) {
			set(r, rapl+"0/name", "psys")
			set(r, rapl+"1/name", "psys")
			set(r, rapl+"0:1/name", "core")
		}, "no intel-rapl package"},
		"no range":    {func(r fstest.MapFS) { delete(r, rapl+"1/max_energy_range_uj") }, "/" + rapl + "1/max_energy_range_uj cannot be read"},
		"no number":   {func(r fstest.MapFS) { set(r, rapl+"0:1/energy_uj", "-4") }, "/" + rapl + "0:1/energy_uj holds no number"},
		"not counted": {func(r fstest.MapFS) { delete(r, rapl+"1/energy_uj") }, "1/energy_uj cannot be read"},
	} {
		root := counters()
		c.edit(root)
		j := newJoules(root)
		j.add()
		got := j.record()
		if !strings.Contains(got.Unread, c.want) || strings.Contains(got.Unread, "\n") || got.MicroJoules != 0 || got.Domains != nil {
			t.Errorf("%s: %+v, want %q", name, got, c.want)
		}
	}
	j := newJoules(forbidden{counters()})
	if got := j.record(); !strings.Contains(got.Unread, "no permission to read /"+rapl+"0/energy_uj") {
		t.Errorf("%+v", got)
	}
	root := counters()
	j = newJoules(root)
	delete(root, rapl+"0/energy_uj")
	j.add()
	j.add()
	if got := j.record(); got.Unread == "" || got.MicroJoules != 0 {
		t.Errorf("a counter went away: %+v", got)
	}
}

// forbidden keeps the counters for root, as kernels do.
type forbidden struct{ fstest.MapFS }

func (f forbidden) ReadFile(name string) ([]byte, error) {
	if strings.HasSuffix(name, "energy_uj") {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.ReadFile(name)
}

// TestMeter: the machine's own counters, where it has them, go up; else there is a reason.
func TestMeter(t *testing.T) {
	got := StartMeter().Stop()
	if (got.Unread == "") == (len(got.Domains) == 0) {
		t.Errorf("%+v", got)
	}
}
