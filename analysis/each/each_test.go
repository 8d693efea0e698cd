package each

import (
	"errors"
	"sync/atomic"
	"testing"
)

// Every number comes once, and of several errors the one of the lowest number is returned.
func TestIndex(t *testing.T) {
	seen := make([]atomic.Int32, 100)
	if err := Index(len(seen), func(i int) error { seen[i].Add(1); return nil }); err != nil {
		t.Fatal(err)
	}
	for i := range seen {
		if n := seen[i].Load(); n != 1 {
			t.Errorf("%d came %d times", i, n)
		}
	}
	low, high := errors.New("low"), errors.New("high")
	for range 20 {
		begun := make(chan struct{})
		err := Index(max(2, Workers(2)), func(i int) error {
			if i == 1 {
				close(begun)
				return high
			}
			if Workers(2) > 1 { // with one worker the first error is the lowest anyhow
				<-begun
			}
			return low
		})
		if err != low {
			t.Fatalf("error %v", err)
		}
	}
	if err := Index(0, nil); err != nil {
		t.Error(err)
	}
}
