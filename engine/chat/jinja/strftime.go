package jinja

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// goLayouts are the directives of C's strftime, in the C locale, that Go formats with a layout.
var goLayouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02", 'D': "01/02/06",
	'e': "_2", 'F': "2006-01-02", 'h': "Jan", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'n': "\n", 'p': "PM",
	'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 't': "\t", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05",
	'y': "06", 'Y': "2006",
}

// strftime formats t as Python's datetime.strftime does on Linux. A time without zone, as datetime.now()
// gives, has empty %z and %Z.
func strftime(t time.Time, format string) string {
	var b strings.Builder
	for format != "" {
		at := strings.IndexByte(format, '%')
		if at < 0 || at+1 == len(format) {
			break
		}
		b.WriteString(format[:at])
		directive := format[at+1 : at+2]
		if strings.Contains("-_0^", directive) && at+2 < len(format) {
			directive = format[at+1 : at+3]
		}
		b.WriteString(formatDirective(t, directive))
		format = format[at+1+len(directive):]
	}
	return b.String() + format
}

// formatDirective is one directive, perhaps with a flag of glibc before it: - for no padding, _ for spaces, 0 for
// zeros, ^ for capitals.
func formatDirective(t time.Time, directive string) string {
	if len(directive) == 1 {
		return plainDirective(t, directive[0])
	}
	s := plainDirective(t, directive[1])
	digits := strings.TrimLeft(s, "0 ")
	if digits == "" && s != "" {
		digits = s[len(s)-1:]
	}
	switch directive[0] {
	case '-':
		return digits
	case '_':
		return strings.Repeat(" ", len(s)-len(digits)) + digits
	case '0':
		return strings.Repeat("0", len(s)-len(digits)) + digits
	}
	return strings.ToUpper(s)
}

func plainDirective(t time.Time, c byte) string {
	if layout, ok := goLayouts[c]; ok {
		return t.Format(layout)
	}
	isoYear, isoWeek := t.ISOWeek()
	switch c {
	case '%':
		return "%"
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100)
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000)
	case 'g':
		return fmt.Sprintf("%02d", isoYear%100)
	case 'G':
		return strconv.Itoa(isoYear)
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay())
	case 'k':
		return fmt.Sprintf("%2d", t.Hour())
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1)
	case 's':
		return strconv.FormatInt(t.Unix(), 10)
	case 'u':
		return strconv.Itoa((int(t.Weekday())+6)%7 + 1)
	case 'U':
		return fmt.Sprintf("%02d", (t.YearDay()+6-int(t.Weekday()))/7)
	case 'V':
		return fmt.Sprintf("%02d", isoWeek)
	case 'w':
		return strconv.Itoa(int(t.Weekday()))
	case 'W':
		return fmt.Sprintf("%02d", (t.YearDay()+6-(int(t.Weekday())+6)%7)/7)
	case 'z', 'Z':
		return ""
	}
	return "%" + string(rune(c))
}
