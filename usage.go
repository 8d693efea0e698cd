package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// arguments accepts one argument for each name. The name of the last may end in
// "..." for one or more.
func arguments(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		many := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "...")
		switch {
		case len(args) < len(names):
			return usageError(c, "%s is missing", strings.TrimSuffix(names[len(args)], "..."))
		case len(args) > len(names) && !many:
			return usageError(c, "unexpected argument %q", args[len(names)])
		}
		return nil
	}
}

// usageError ends a message with where the right usage is described.
func usageError(c *cobra.Command, format string, args ...any) error {
	return verbError(c, "%s; usage: %s (see %s)", fmt.Sprintf(format, args...), c.UseLine(), helpLine(c))
}

// verbError names the verb; the program's own name is in front of every message.
func verbError(c *cobra.Command, format string, args ...any) error {
	if c.HasParent() {
		format = c.Name() + ": " + format
	}
	return fmt.Errorf(format, args...)
}

func helpLine(c *cobra.Command) string {
	if c.HasParent() {
		return "assay help " + strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
	}
	return "assay help"
}

// flagError words what the flag parser found, once, with the flag that was likely meant.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		hint := ""
		if near := nearestFlag(c, unknown.GetSpecifiedName()); near != "" {
			hint = fmt.Sprintf("; did you mean --%s?", near)
		}
		return verbError(c, "%w%s (see %s)", err, hint, helpLine(c))
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		cause := strings.TrimPrefix(invalid.Unwrap().Error(), strings.ReplaceAll(f.Name, "-", "_")+": ")
		if _, isSetting := f.Value.(*settingValue); !isSetting {
			words := map[string]string{"int": "a whole number", "bool": "true or false"}
			cause = fmt.Sprintf("found %q, expected %s", invalid.GetValue(), cmp.Or(words[f.Value.Type()], f.Value.Type()))
		}
		return verbError(c, "--%s: %s", f.Name, cause)
	}
	return verbError(c, "%w (see %s)", err, helpLine(c))
}

// nearestFlag borrows cobra's measure of nearness, which is made for names of commands.
func nearestFlag(c *cobra.Command, name string) string {
	names := &cobra.Command{SuggestionsMinimumDistance: 2}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		names.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	if near := names.SuggestionsFor(name); len(near) > 0 {
		return near[0]
	}
	return ""
}

// newHelp is cobra's help verb, but a verb that does not exist is an error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [VERB]",
		Short:   "Explain a verb and its flags",
		Long:    "Help prints what a verb does, its flags with their defaults, and examples.",
		Example: "  assay help run",
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return usageError(c, "unexpected argument %q", rest[0])
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
		ValidArgsFunction: func(c *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var verbs []string
			for _, v := range c.Root().Commands() {
				if len(args) == 0 && v.IsAvailableCommand() {
					verbs = append(verbs, cobra.CompletionWithDesc(v.Name(), v.Short))
				}
			}
			return verbs, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
