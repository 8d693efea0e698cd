package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/assaylab/assay/analysis/record"
)

// powercap is where the kernel shows the processor's energy counters (RAPL, running average
// power limit; AMD's are under the same name).
const powercap = "sys/class/powercap"

// energyEvery is how often the counters are read: one of a package that draws 500 W wraps
// after some nine minutes.
const energyEvery = 30 * time.Second

// domain is one counter: a package, or the memory beside it, which is not in the package's.
type domain struct {
	name string
	dir  string
	wrap uint64 // the largest value, after which it begins at 0
	last uint64
}

// joules adds up what the domains used between readings.
type joules struct {
	root        fs.FS
	domains     []domain
	microjoules uint64
	why         error // nothing is known from here on
}

// Meter reads the energy counters from its start to its stop.
type Meter struct {
	stop, done chan struct{}
	sum        *joules
}

// StartMeter begins to count. Stop has to be called.
func StartMeter() *Meter {
	m := &Meter{stop: make(chan struct{}), done: make(chan struct{}), sum: newJoules(os.DirFS("/"))}
	go m.run()
	return m
}

func (m *Meter) run() {
	defer close(m.done)
	if m.sum.why != nil {
		return
	}
	t := time.NewTicker(energyEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			m.sum.add()
		case <-m.stop:
			return
		}
	}
}

// Stop ends the count and says what was used, or why that is not known.
func (m *Meter) Stop() *record.Energy {
	close(m.stop)
	<-m.done
	m.sum.add()
	return m.sum.record()
}

// newJoules finds the counters and takes the first reading.
func newJoules(root fs.FS) *joules {
	j := &joules{root: root}
	if j.domains, j.why = domains(root); j.why != nil {
		return j
	}
	for i := range j.domains {
		d := &j.domains[i]
		if d.last, j.why = counter(root, path.Join(d.dir, "energy_uj")); j.why != nil {
			return j
		}
	}
	return j
}

// add takes a further reading. A counter that is below its last value has wrapped, once.
func (j *joules) add() {
	for i := range j.domains {
		if j.why != nil {
			return
		}
		d := &j.domains[i]
		var now uint64
		if now, j.why = counter(j.root, path.Join(d.dir, "energy_uj")); j.why != nil {
			return
		}
		used := now - d.last
		if now < d.last {
			used = d.wrap - d.last + now + 1
		}
		j.microjoules += used
		d.last = now
	}
}

func (j *joules) record() *record.Energy {
	if j.why != nil {
		return &record.Energy{Unread: j.why.Error()}
	}
	e := &record.Energy{MicroJoules: int64(min(j.microjoules, 1<<62))}
	for _, d := range j.domains {
		e.Domains = append(e.Domains, d.name)
	}
	return e
}

// domains are the packages and the memory beside them. The platform's own domain (psys) contains
// the packages, and the cores are in theirs: they would be counted twice.
func domains(root fs.FS) ([]domain, error) {
	zones, _ := fs.Glob(root, powercap+"/intel-rapl:*") // the pattern is well-formed
	names := map[string]string{}
	for _, dir := range zones {
		names[path.Base(dir)] = line(root, path.Join(dir, "name"))
	}
	var all []domain
	for _, dir := range zones {
		name := names[path.Base(dir)]
		switch parent, inside := within(path.Base(dir)); {
		case !inside && strings.HasPrefix(name, "package"):
		case inside && name == "dram":
			name = names[parent] + "/" + name
		default:
			continue
		}
		wrap, err := counter(root, path.Join(dir, "max_energy_range_uj"))
		if err != nil {
			return nil, err
		}
		all = append(all, domain{name: name, dir: dir, wrap: wrap})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("the system shows no energy counters: /%s has no intel-rapl package", powercap)
	}
	return all, nil
}

// within splits intel-rapl:0:1, which is a part of intel-rapl:0.
func within(zone string) (parent string, inside bool) {
	i := strings.LastIndex(zone, ":")
	return zone[:i], strings.Count(zone, ":") > 1
}

// counter reads a whole number, and words in one line why it cannot be read.
func counter(root fs.FS, file string) (uint64, error) {
	text, err := fs.ReadFile(root, file)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return 0, fmt.Errorf("no permission to read /%s, which the kernel keeps for root", file)
	case err != nil:
		return 0, fmt.Errorf("/%s cannot be read", file)
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 63)
	if err != nil {
		return 0, fmt.Errorf("/%s holds no number", file)
	}
	return n, nil
}
