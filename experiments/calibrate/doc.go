// Package calibrate measures the instrument before the instrument measures anything: the load generator as it is, over a real
// socket, against a server in this process that gives known answers and keeps the times at which it wrote them. It says by
// how much every metric is off, and refuses to go on where an answer is told wrongly.
//
// It knows no engine and no scenario, and it judges no error of time: analysis does, from the record.
package calibrate
