package invariant

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	message := recovered(func() { Check(1 > 2, "%d is not above %d", 1, 2) })
	if Enabled && !strings.Contains(message, "1 is not above 2") {
		t.Errorf("enabled: a false condition gave %q", message)
	}
	if !Enabled && message != "" {
		t.Errorf("disabled: a false condition panicked with %q", message)
	}
	if message := recovered(func() { Check(true, "never said") }); message != "" {
		t.Errorf("a true condition panicked with %q", message)
	}
}

func recovered(f func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = r.(string)
		}
	}()
	f()
	return ""
}
