package price

import (
	"fmt"
	"time"
)

// Date is a day. The zero Date is none.
type Date struct{ midnight time.Time } // UTC

const dateForm = "2006-01-02"

// ParseDate reads a day such as "2026-08-21".
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(dateForm, text)
	if err != nil {
		return Date{}, fmt.Errorf("date %q: expected a day such as \"2026-08-21\"", text)
	}
	return Date{t}, nil
}

// DateOf is the day of a moment, in the moment's own place.
func DateOf(t time.Time) Date {
	y, m, d := t.Date()
	return Date{time.Date(y, m, d, 0, 0, 0, 0, time.UTC)}
}

// Time is the day's midnight, UTC.
func (d Date) Time() time.Time { return d.midnight }

// IsZero says that there is no date.
func (d Date) IsZero() bool { return d.midnight.IsZero() }

// String is the day as it is written in files, "" for none.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.midnight.Format(dateForm)
}

// MarshalText is String.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	*d, err = ParseDate(string(text))
	return err
}
