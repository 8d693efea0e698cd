package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
	"github.com/assaylab/assay/loadgen/workload"
)

// TestDialectTables holds the tables of docs/dialects.md to what dialects do.
func TestDialectTables(t *testing.T) {
	var sent, read strings.Builder
	sent.WriteString("| dialect | what speaks it | request | header of the key | variable with the key | cannot be asked for |\n|---|---|---|---|---|---|\n")
	read.WriteString("| dialect | an answer is | tokens are counted by | what it does not tell |\n|---|---|---|---|\n")
	for _, k := range dialect.Kinds() {
		call, err := k.Dialect.Encode(workload.Prompt{Text: "x", MaxTokens: 1}, dialect.Options{Model: "MODEL"})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&sent, "| `%s` | %s | `%s` | `%s` | `%s` | %s |\n", k.Name, k.Usage, call.Path, strings.TrimSpace(call.Auth.Header+": "+call.Auth.Prefix+"KEY"), k.KeyVariable, dash(cannot(k)))
		by := "the client"
		if k.Counts {
			by = "the server"
		}
		shape := map[dialect.Shape]string{dialect.Marked: "events up to an end mark", dialect.Unmarked: "events until the body ends", dialect.Whole: "one document", dialect.Framed: "gRPC messages up to a status"}[k.Dialect.NewDecoder().Shape()]
		fmt.Fprintf(&read, "| `%s` | %s | %s | %s |\n", k.Name, shape, by, dash(strings.Join(k.Untold, "; ")))
	}
	generated(t, "docs/dialects.md", "requests", sent.String())
	generated(t, "docs/dialects.md", "answers", read.String())
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// cannot lists what a dialect refuses to send.
func cannot(k dialect.Kind) string {
	seed := uint64(1)
	var all []string
	for _, c := range []struct {
		o        dialect.Options
		priority int
	}{{o: dialect.Options{IgnoreEOS: true}}, {o: dialect.Options{Seed: &seed}}, {o: dialect.Options{TopK: 1}}, {o: dialect.Options{Stop: []string{"x"}}}, {priority: 1}} {
		c.o.Model = "x"
		_, err := k.Dialect.Encode(workload.Prompt{MaxTokens: 1, Priority: c.priority}, c.o)
		var u *dialect.UnsupportedError
		if errors.As(err, &u) {
			all = append(all, u.Option)
		}
	}
	return strings.Join(all, ", ")
}
