package recordtest

import (
	"path/filepath"
	"testing"

	"github.com/assaylab/assay/analysis/record"
)

// Make writes the run directory of a plan below the test's own, and reads it.
func Make(t testing.TB, p Plan) *record.Set {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := Write(dir, p); err != nil {
		t.Fatal(err)
	}
	set, err := record.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
