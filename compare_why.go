package main

import (
	"github.com/assaylab/assay/analysis/compare"
	cpu "github.com/assaylab/assay/analysis/profile" // bench.go has a function of that name
)

// jsonReason is where the difference in one cell comes from, in nanoseconds of processor time per generated token.
type jsonReason struct {
	Arm       string     `json:"arm"`
	Load      string     `json:"load"`
	Missing   string     `json:"missing,omitempty"` // why there is nothing else
	All       *jsonTime  `json:"all,omitempty"`
	Stages    []jsonTime `json:"stages,omitempty"`
	Functions []jsonTime `json:"functions,omitempty"`
}

type jsonTime struct {
	Name     string  `json:"name"`
	Stage    string  `json:"stage,omitempty"` // of a function
	First    float64 `json:"first_ns"`
	Second   float64 `json:"second_ns"`
	Change   float64 `json:"change_ns"`
	Low      float64 `json:"change_low_ns"`
	High     float64 `json:"change_high_ns"`
	Adjusted float64 `json:"p_adjusted"`
	Within   bool    `json:"samples_only"` // how much runs differ is not in the interval
}

func reasonJSON(r compare.Reason) jsonReason {
	out := jsonReason{Arm: r.Arm, Load: r.Load, Missing: r.Missing}
	if r.Missing != "" {
		return out
	}
	all := timeJSON(r.Time.All)
	out.All = &all
	for _, c := range r.Time.Stages {
		out.Stages = append(out.Stages, timeJSON(c))
	}
	for _, c := range r.Time.Functions {
		t := timeJSON(c)
		t.Stage = string(c.Stage)
		out.Functions = append(out.Functions, t)
	}
	return out
}

func timeJSON(c cpu.Change) jsonTime {
	return jsonTime{Name: c.Name, First: c.First, Second: c.Second, Change: c.Delta, Low: c.Interval.Low, High: c.Interval.High, Adjusted: c.P, Within: c.Within}
}
