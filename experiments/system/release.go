package system

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// release is a version as Python packages have them: numbers, and whether it comes before the release of these numbers.
type release struct {
	numbers []int
	pre     bool // an alpha, beta, candidate or development version
}

// parseRelease reads what it can of a version; no numbers where it is none.
func parseRelease(version string) (r release) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "+") // what is behind a plus says who built it
	for rest := version; rest != ""; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.Atoi(rest[:digits])
		if err != nil {
			r.pre = preRelease(rest)
			return r
		}
		r.numbers = append(r.numbers, n)
		if rest = rest[digits:]; !strings.HasPrefix(rest, ".") {
			r.pre = preRelease(rest)
			return r
		}
		rest = rest[1:]
	}
	return r
}

func preRelease(rest string) bool {
	rest = strings.TrimLeft(rest, ".-_")
	return slices.ContainsFunc([]string{"a", "b", "c", "rc", "dev"}, func(mark string) bool { return strings.HasPrefix(rest, mark) })
}

// before says that a version is known and of a release before the numbers: all candidates of a release count as that release,
// because they have most of what it brings.
func before(version string, numbers ...int) bool {
	r := parseRelease(version)
	return r.numbers != nil && slices.CompareFunc(padded(r.numbers, len(numbers)), numbers, cmp.Compare[int]) < 0
}

// since says that a version is known and of the release of the numbers or a later one: candidates of the release itself do not
// count, because they may still have what it takes away.
func since(version string, numbers ...int) bool {
	r := parseRelease(version)
	if r.numbers == nil {
		return false
	}
	c := slices.CompareFunc(padded(r.numbers, len(numbers)), numbers, cmp.Compare[int])
	return c > 0 || c == 0 && !r.pre
}

// padded are the first n numbers, with zeros for those that are missing.
func padded(numbers []int, n int) []int {
	all := slices.Clone(numbers)
	for len(all) < n {
		all = append(all, 0)
	}
	return all[:n]
}
