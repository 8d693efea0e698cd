package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/experiments/gateway"
)

func newLadder() *cobra.Command {
	var format string
	var asJSON bool
	c := &cobra.Command{
		Use:   "ladder FILE",
		Short: "Print a ladder of deployments, or export it for another gateway",
		Long: `Ladder reads a ladder file, as serve --ladder does, and prints its rungs: what they are,
what is known of them and by whom, and what would be started. Nothing is started.

With --export it writes the configuration of another gateway, with comments on what that
one cannot say.`,
		Example: `  assay ladder scenarios/ladders/gopherling.toml
  assay ladder scenarios/ladders/gopherling.toml --export litellm > config.yaml`,
		Args: arguments("FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			return ladder(c.OutOrStdout(), args[0], format, asJSON)
		},
	}
	c.Flags().StringVar(&format, "export", "", "configuration to write: "+strings.Join(gateway.Formats, ", "))
	c.Flags().BoolVar(&asJSON, "json", false, "print what is known of the rungs as JSON")
	return c
}

func ladder(w io.Writer, file, format string, asJSON bool) error {
	if format != "" && !slices.Contains(gateway.Formats, format) {
		return fmt.Errorf("ladder: --export: found %q, expected one of %s", format, strings.Join(gateway.Formats, ", "))
	}
	l, facts, _, err := readLadder(file, nil)
	switch {
	case err != nil:
		return err
	case format != "":
		return gateway.Export(w, l, format)
	case asJSON:
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"name": l.Name, "currency": l.Currency, "rungs": facts})
	}
	if err := checkModels(l); err != nil {
		return err
	}
	return printLadder(w, l, facts)
}
