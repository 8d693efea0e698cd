package strict

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Decimal prints without an exponent where that stays short.
func Decimal(x float64) string {
	if size := math.Abs(x); size >= 1e-6 && size < 1e15 {
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}

// Describe words a TOML value as found.
func Describe(v any) string {
	switch x := v.(type) {
	case string:
		return "string " + strconv.Quote(Shorten(x))
	case int64:
		return "integer " + strconv.FormatInt(x, 10)
	case float64:
		return "float " + Decimal(x)
	case bool:
		return "boolean " + strconv.FormatBool(x)
	case []any:
		return fmt.Sprintf("an array of %d", len(x))
	case []map[string]any:
		return fmt.Sprintf("an array of %d tables", len(x))
	case map[string]any:
		return "a table"
	case time.Time:
		return "a date or time"
	}
	return fmt.Sprintf("a value of type %T", v)
}

// Shorten is the beginning of a string, for messages.
func Shorten(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
