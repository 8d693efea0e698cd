// Package arrival decides when requests are due. A Process is a description
// ("poisson 20/s, 200 requests"); Start turns it into a Run, which is the
// vegeta.Pacer of one attack.
//
// Open-loop processes are tables of absolute offsets, computed before the attack:
// how the target fares cannot move them, and the intended time of every request is
// known afterwards. In the closed loop a request is due the moment a slot is free.
//
// It sends nothing and knows no request, only numbers and times.
package arrival
