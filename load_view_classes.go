package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/assaylab/assay/experiments"
	"github.com/assaylab/assay/loadgen"
)

// widestName is how much of a class's name the panel shows, in characters.
const widestName = 20

// standing are the lines about classes and limits: figures of each class, and under them its own limits; of a load
// without classes its limits.
func standing(names []string, classes []loadgen.ClassProgress, limits []experiments.LimitCount) (lines []string) {
	of := func(class string) (own []string) {
		for _, l := range limits {
			if l.Class == class {
				own = append(own, limitLine(l))
			}
		}
		return own
	}
	if len(names) == 0 {
		return of("")
	}
	width := len("class")
	for _, n := range names {
		width = max(width, utf8.RuneCountInString(fitted(n, widestName+1)))
	}
	lines = append(lines, fmt.Sprintf("%-*s%10s%8s%11s%10s%10s%10s", width, "class", "done", "failed", "TTFT p50", "p95", "ITL p50", "p95"))
	for _, n := range names {
		lines = append(lines, classLine(classNamed(n, classes), width))
		for _, l := range of(n) {
			lines = append(lines, "  "+l)
		}
	}
	return lines
}

// classNamed is the class of a name, which is not among those that there are if no request has drawn it.
func classNamed(name string, classes []loadgen.ClassProgress) loadgen.ClassProgress {
	if i := slices.IndexFunc(classes, func(c loadgen.ClassProgress) bool { return c.Name == name }); i >= 0 {
		return classes[i]
	}
	return loadgen.ClassProgress{Name: name}
}

// classesLine is all classes in one line of a log.
func classesLine(names []string, classes []loadgen.ClassProgress) string {
	var all []string
	for _, n := range names {
		c := classNamed(n, classes)
		all = append(all, fmt.Sprintf("%s: %d/%d, %d failed, TTFT p95 %s", n, c.Done, c.Planned, c.Failed, orDash(c.TTFT.P95)))
	}
	return strings.Join(all, "; ")
}

func classLine(c loadgen.ClassProgress, width int) string {
	return fmt.Sprintf("%-*s%10s%8d%11s%10s%10s%10s", width, fitted(c.Name, widestName+1), fmt.Sprintf("%d/%d", c.Done, c.Planned), c.Failed,
		orDash(c.TTFT.P50), orDash(c.TTFT.P95), orDash(c.ITL.P50), orDash(c.ITL.P95))
}

// limitLine says what has become of a limit. It is no verdict: one that is looked at again and again would be met at some time.
func limitLine(l experiments.LimitCount) string {
	s := fmt.Sprintf("p%g %s %s: %d of %d beyond it", 100*l.Percentile, strings.ToUpper(l.Metric), threeDigits(time.Duration(l.LimitNS)), l.Misses, l.N)
	if l.N > 0 {
		s += fmt.Sprintf(", %.1f %%", 100*float64(l.Misses)/float64(l.N))
	}
	return s
}
