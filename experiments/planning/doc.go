// Package planning reads what a plan file names (prices, a history of demand, run directories) into the inputs of a plan,
// and holds the plan that comes of them against a simulation.
//
//	Read    a plan file -> plan.Inputs: every problem names the file, the line and the key
//	Check   the busiest hour of each month on the planned replicas, simulated
//
// What is concluded is package analysis/plan's; nothing here decides.
package planning
