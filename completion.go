package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/assaylab/assay/engine/convert"
	"github.com/assaylab/assay/engine/quant"
	"github.com/assaylab/assay/experiments/scenario"
	"github.com/assaylab/assay/loadgen/dialect"
)

var shells = []string{"bash", "zsh", "fish", "powershell"}

func newCompletion() *cobra.Command {
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print a completion script for bash, zsh, fish or powershell",
		Long: `Completion prints a script that completes verbs, flags and their values. Load it in
the running shell, or put it where the shell looks for such scripts:

  bash        source <(assay completion bash), in ~/.bashrc
  zsh         assay completion zsh > "${fpath[1]}/_assay"
  fish        assay completion fish > ~/.config/fish/completions/assay.fish
  powershell  assay completion powershell | Out-String | Invoke-Expression`,
		Example:   "  assay completion bash",
		ValidArgs: shells,
		Args:      arguments("SHELL"),
		RunE: func(c *cobra.Command, args []string) error {
			w, root := c.OutOrStdout(), c.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(w, true)
			case "zsh":
				return root.GenZshCompletion(w)
			case "fish":
				return root.GenFishCompletion(w, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(w)
			}
			return usageError(c, "unknown shell %q, expected one of %s", args[0], strings.Join(shells, ", "))
		},
	}
}

// completeArguments says which files the arguments of the verbs are, and completes
// the flags that have a list of values.
func completeArguments(root *cobra.Command) {
	for _, c := range root.Commands() {
		switch c.Name() {
		case "run", "check":
			c.ValidArgsFunction = cobra.FixedCompletions([]string{"toml"}, cobra.ShellCompDirectiveFilterFileExt)
		case "load":
			c.ValidArgsFunction = cobra.NoFileCompletions
			_ = c.MarkFlagFilename("classes", "toml") // fails for an unknown flag only
			completeFlag(c, "dialect", dialect.Names())
			completeFlag(c, "arrival", []string{scenario.Poisson, scenario.Constant, scenario.Gamma, scenario.Closed})
			completeFlag(c, "cache", []string{scenario.Cold, scenario.Warm, scenario.Declared})
		case "report":
			c.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
		case "quantize":
			var formats []string
			for _, f := range quant.Formats {
				formats = append(formats, f.Name)
			}
			completeFlag(c, "to", formats)
		case "convert":
			c.ValidArgsFunction = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
			completeFlag(c, "type", convert.Types())
			completeFlag(c, "dtype", convert.Types())
			completeFlag(c, "to", []string{"gguf", "hf"})
		case "prices":
			c.ValidArgsFunction = cobra.NoFileCompletions
			completeFlag(c, "kind", kindNames())
		case "serve":
			c.ValidArgsFunction = cobra.NoFileCompletions
			for _, d := range scenario.EngineSettings() {
				if len(d.Choices) > 0 {
					completeFlag(c, flagName(d.Name), d.Choices)
				}
			}
		}
	}
}

func completeFlag(c *cobra.Command, name string, values []string) {
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // fails for an unknown flag only
}
