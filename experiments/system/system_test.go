package system

import (
	"errors"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assaylab/assay/loadgen/dialect"
)

// made is a system with a setting of each type.
func made() Kind {
	return Kind{Name: "made", Title: "Made", Started: true, Settings: []Setting{
		{Name: "seats", Type: Integer, Min: 1, Max: 64},
		{Name: "share", Type: Number, Min: 0, Max: math.Inf(1)},
		{Name: "eager", Type: Boolean},
		{Name: "cache", Type: Choice, Choices: []string{"auto", "fp8"}},
		{Name: "method", Type: Text, Check: func(v string) string {
			if strings.Contains(v, " ") {
				return "a word"
			}
			return ""
		}},
	}}
}

// Every value has one text, and what is not accepted says what would be.
func TestParse(t *testing.T) {
	for _, tc := range []struct {
		name string
		v    any
		want string // of the error where it begins with "!"
	}{
		{"seats", int64(4), "4"},
		{"seats", int64(0), "!seats: found 0, expected a whole number from 1 to 64"},
		{"seats", int64(65), "!seats: found 65, expected a whole number from 1 to 64"},
		{"seats", 4.0, "!seats: found 4, expected a whole number from 1 to 64"},
		{"seats", "4", "!seats: found 4, expected a whole number from 1 to 64; write seats = 4 without quotes"},
		{"seats", "four", "!seats: found four, expected a whole number from 1 to 64"},
		{"share", 0.50, "0.5"},
		{"share", int64(2), "2"},
		{"share", -0.1, "!share: found -0.1, expected a number of 0 or more"},
		{"share", math.NaN(), "!share: found NaN, expected a number of 0 or more"},
		{"share", true, "!share: found true, expected a number of 0 or more"},
		{"eager", true, "true"},
		{"eager", "true", "!eager: found true, expected true or false"},
		{"cache", "fp8", "fp8"},
		{"cache", "fp88", `!cache: found fp88, expected one of auto, fp8; did you mean "fp8"?`},
		{"cache", int64(8), "!cache: found 8, expected one of auto, fp8"},
		{"method", "awq", "awq"},
		{"method", "a b", "!method: found a b, expected a word"},
		{"method", "", "!method: found , expected a text of one line in quotes"},
		{"method", "a\nb", "!method: found a\nb, expected a text of one line in quotes"},
		{"method", []any{"a"}, "!method: found [a], expected a text of one line in quotes"},
		{"seat", int64(4), `!seat: found 4, expected a setting of Made; did you mean "seats"?`},
	} {
		got, err := made().Parse(tc.name, tc.v)
		if wrong, isError := strings.CutPrefix(tc.want, "!"); isError {
			var bad *ValueError
			if !errors.As(err, &bad) || err.Error() != wrong {
				t.Errorf("%s = %v: %q, %v, want %s", tc.name, tc.v, got, err, wrong)
			}
			continue
		}
		if err != nil || got != tc.want {
			t.Errorf("%s = %v: %q, %v, want %q", tc.name, tc.v, got, err, tc.want)
		}
		if again, err := made().ParseText(tc.name, got); err != nil || again != got {
			t.Errorf("%s: the text %q of a value is read as %q, %v", tc.name, got, again, err)
		}
	}
}

// Values come in the order of the settings, and those of no setting do not come.
func TestNames(t *testing.T) {
	v := Values{"method": "awq", "seats": "4", "other": "1"}
	if got := v.Names(made()); !slices.Equal(got, []string{"seats", "method"}) {
		t.Errorf("%q", got)
	}
}

// Every system is found by its name, has settings of different names with ranges that hold something, and dialects that there
// are. What is not started has no settings that could be set by starting it.
func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range Kinds() {
		if seen[k.Name] || k.Title == "" {
			t.Errorf("%q, %q", k.Name, k.Title)
		}
		seen[k.Name] = true
		if found, ok := Named(k.Name); !ok || !reflect.DeepEqual(found.SettingNames(), k.SettingNames()) {
			t.Errorf("%s is not found by its name", k.Name)
		}
		if k.Started != (k.Dialects != nil) {
			t.Errorf("%s: started %v, dialects %q", k.Name, k.Started, k.Dialects)
		}
		for _, name := range k.Dialects {
			if _, ok := dialect.Named(name); !ok || !k.Speaks(name) {
				t.Errorf("%s speaks %q", k.Name, name)
			}
		}
		checkSettings(t, k)
		if why := k.Refuses(Values{}, ""); why != "" {
			t.Errorf("%s refuses to run as it is: %s", k.Name, why)
		}
	}
	if server, ok := Named(Server); !ok || server.Started || !server.Speaks("gemini") || len(server.Settings) > 0 {
		t.Errorf("a server that is there: %+v", server)
	}
	if _, ok := Named("nothing"); ok {
		t.Error("found nothing")
	}
}

func checkSettings(t *testing.T, k Kind) {
	t.Helper()
	names := map[string]bool{}
	for _, s := range k.Settings {
		if names[s.Name] || s.Doc == "" || strings.ContainsAny(s.Name, " .-") {
			t.Errorf("%s: setting %q: %q", k.Name, s.Name, s.Doc)
		}
		names[s.Name] = true
		numeric := s.Type == Integer || s.Type == Number
		if numeric != (s.Min < s.Max) || (s.Type == Choice) != (len(s.Choices) > 1) {
			t.Errorf("%s: %s: type %d, from %v to %v, choices %q", k.Name, s.Name, s.Type, s.Min, s.Max, s.Choices)
		}
	}
}
