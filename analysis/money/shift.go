package money

// Shift is a times 10^places, exactly: Shift(-6) is the price of one where a is that of a million.
func (a Amount) Shift(places int32) Amount { return Amount{a.value.Shift(places), a.currency} }
