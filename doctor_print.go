package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/assaylab/assay/engine/machine"
	"github.com/assaylab/assay/reports/table"
)

func (d *diagnosis) print(w io.Writer) error {
	if err := d.printFacts(w); err != nil {
		return err
	}
	for _, t := range []table.Table{d.bandTable(), d.peakTable(), d.limitTable()} {
		if len(t.Rows) == 0 {
			continue
		}
		fmt.Fprintln(w)
		if err := t.Text(w); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nWhat to know")
	for _, a := range d.Advice {
		fmt.Fprintf(w, "- %s\n", a.Found)
		if a.Do != "" {
			fmt.Fprintf(w, "  -> %s\n", a.Do)
		}
	}
	_, err := fmt.Fprint(w, `
Figures are medians, with the range where it is wider than 2 %. What bounds a model
is what the bytes of its weights and cache need at the bandwidth of reading as much
memory, or its operations at the peak, whichever takes longer; both are the best
samples.
`)
	return err
}

func (d *diagnosis) printFacts(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(name, format string, args ...any) {
		if text := fmt.Sprintf(format, args...); text != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, text)
		}
	}
	line("Processor", "%s, %s/%s", d.Host.CPU, d.Host.OS, d.Host.Arch)
	line("Cores", "%s", d.cores())
	line("Features", "%s", strings.Join(d.Host.Features, " "))
	chosen := "the best one"
	if d.Forced {
		chosen = "by " + kernelVariable
	}
	line("Kernels", "%s; in use: %s, %s", strings.Join(d.Kernels, ", "), d.Host.Kernels, chosen)
	line("Caches", "%s", caches(d.Facts.Caches))
	line("Memory", "%s", d.memory())
	line("Huge pages", "transparent: %s; reserved: %d of %s", cmp.Or(d.Facts.TransparentHuge, "not known"), d.Facts.HugePages, bytesOf(d.Facts.HugePageBytes))
	line("Governor", "%s", cmp.Or(strings.Join(d.Facts.Governors, ", "), "not shown by this system"))
	waits := d.Measured.Waits
	line("Clock", "steps of %v; a sleep of 1 ms is %s us late", waits.Resolution, waits.Oversleep.In(microsecond))
	line("Wake-up", "%s us for a sleeping thread", waits.Wake.In(microsecond))
	line("Disturbed", "%.1f %% of all CPU time by other guests, %.1f %% by other processes, in %.0f s", 100*d.During.Steal, 100*d.During.Others, d.During.Seconds)
	return t.Flush()
}

func (d *diagnosis) cores() string {
	s := fmt.Sprintf("%d usable", d.Host.Cores)
	if d.CPUs != nil {
		s += fmt.Sprintf(", %d in the affinity mask (%s)", len(d.CPUs), ranges(d.CPUs))
	}
	if n := d.Facts.ThreadsPerCore; n > 0 {
		s += fmt.Sprintf(", %d a core", n)
	}
	if n := d.Facts.Nodes; n > 0 {
		s += fmt.Sprintf(", NUMA nodes: %d", n)
	}
	return s + fmt.Sprintf("; measured with %d", d.Threads)
}

func (d *diagnosis) memory() string {
	s := bytesOf(d.Facts.MemoryBytes) + ", " + bytesOf(d.Facts.AvailableBytes) + " free"
	if d.Host.MemoryBytes < d.Facts.MemoryBytes {
		s += ", limited to " + bytesOf(d.Host.MemoryBytes) + " by the control group"
	}
	return s
}

// ranges words sorted numbers, as in "0-3,8".
func ranges(sorted []int) string {
	var parts []string
	for i := 0; i < len(sorted); {
		j := i
		for j+1 < len(sorted) && sorted[j+1] == sorted[j]+1 {
			j++
		}
		part := fmt.Sprint(sorted[i])
		if j > i {
			part += fmt.Sprintf("-%d", sorted[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

func caches(all []machine.Cache) string {
	var parts []string
	for _, c := range all {
		parts = append(parts, fmt.Sprintf("L%d %d KiB for %d", c.Level, c.Bytes>>10, max(1, c.CPUs)))
	}
	return cmp.Or(strings.Join(parts, ", "), "not shown by this system")
}

// threadColumns are a first column and one for each number of threads.
func (d *diagnosis) threadColumns(first, unit string) []table.Column {
	return []table.Column{
		{Title: first}, {Title: "1 thread", Unit: unit, Align: table.Right},
		{Title: fmt.Sprintf("%d threads", d.Threads), Unit: unit, Align: table.Right},
	}
}

func (d *diagnosis) bandTable() table.Table {
	t := table.Table{Caption: "Reading memory", Columns: d.threadColumns("again and again", "GB/s")}
	for _, b := range d.Measured.Bands {
		name := fmt.Sprintf("%s (%s)", b.Name, bytesOf(b.Bytes))
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(name), table.Text(b.One.In(gigabyte)), table.Text(b.All.In(gigabyte))}})
	}
	return t
}

func (d *diagnosis) peakTable() table.Table {
	t := table.Table{Caption: "Peak of each class of instructions", Columns: append(d.threadColumns("class", "G operations/s"), table.Column{Title: "in kernels"})}
	for _, p := range d.Measured.Peaks {
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(p.Class), table.Text(p.One.In(1e9)), table.Text(p.All.In(1e9)), table.Text(p.Set)}})
	}
	return t
}

func (d *diagnosis) limitTable() table.Table {
	if d.Model == nil {
		return table.Table{}
	}
	m := d.Model
	t := table.Table{
		Caption: fmt.Sprintf("At most, for %s (%s, %s of weights, %s cache) with the %s kernels", m.Model, m.Format, bytesOf(m.WeightBytes), limitsKV, m.Kernel),
		Columns: []table.Column{{Title: "work"}, {Title: "speed", Unit: "tok/s", Align: table.Right}, {Title: "bound by", Prose: true}},
	}
	for _, x := range m.Limits {
		speed := "not known"
		if x.Speed > 0 {
			speed = fmt.Sprintf("%.0f", x.Speed)
		}
		t.Rows = append(t.Rows, table.Row{Cells: []table.Cell{table.Text(x.Work), table.Text(speed), table.Text(x.words(m.Rates))}})
	}
	return t
}
