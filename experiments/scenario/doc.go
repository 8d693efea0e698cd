// Package scenario reads a scenario: the TOML file that names a model, the engine
// settings to sweep, the load, the quality probe, the prices and the limits.
//
// Reading is strict and complete. Every key of the file must be known, every value
// must have the right type and range, and all problems of a file are reported at
// once, each with its line, what was found, what was expected and what to do.
// The result is a Scenario with every default filled in; nothing changes it later.
// Files of budgets (LoadBudgets) and capacity plans (LoadPlan) are read the same way.
//
// The package does not expand a sweep into arms (package sweep does), opens no
// model and starts nothing.
package scenario
