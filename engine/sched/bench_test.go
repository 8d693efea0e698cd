package sched

import (
	"testing"
)

// BenchmarkStep is one step of a full batch with as many sequences waiting: plan and commit.
func BenchmarkStep(b *testing.B) {
	for _, row := range []struct {
		name string
		cfg  Config
	}{
		{"continuous", Config{}},
		{"static", Config{Policy: Static}},
		{"mixed", Config{Order: Mixed, TokenBudget: 32}},
		{"fair", Config{Queue: Fair}},
		{"shortest", Config{Queue: Shortest, Ageing: 1}},
	} {
		b.Run(row.name, func(b *testing.B) {
			c := row.cfg
			c.MaxBatch, c.Chunked = 64, true
			if c.TokenBudget == 0 {
				c.TokenBudget = 256
			}
			b.ReportAllocs()
			s, id := New(c, newPool(1<<14, 16, true)), uint64(0)
			var p Plan
			for b.Loop() {
				if s.Waiting() < 64 { // fresh ones: what Add costs is not a step's
					b.StopTimer()
					for range 256 {
						id++
						if err := s.Add(sequence(id, 64, 1064, 0)); err != nil {
							b.Fatal(err)
						}
					}
					b.StartTimer()
				}
				s.Next(&p, 0)
				commitAll(s, &p)
			}
		})
	}
}
