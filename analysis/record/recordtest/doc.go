// Package recordtest writes run directories whose numbers are made up by a formula,
// for tests of what reads them. Nothing in them was measured, and run.json says so.
package recordtest
