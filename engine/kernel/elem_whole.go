//go:build amd64 || arm64

package kernel

// whole has asm do whole units of a row, and rest the elements behind them.
func whole(unit int, asm, rest func(*rowArgs)) func(*rowArgs) {
	return func(a *rowArgs) {
		if a.n >= unit {
			asm(a)
		}
		if a.n%unit != 0 {
			a.from = a.n - a.n%unit
			rest(a)
			a.from = 0
		}
	}
}
