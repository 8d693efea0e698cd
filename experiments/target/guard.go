package target

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"
)

// guardVerb is the first argument of this binary where it is to be a guard. No command of the lab has its name.
const guardVerb = "guard-process"

// What a guard reports, a line each: the first word, a space, and a value.
const (
	reportPID = "pid"
	reportEnd = "end" // in words
)

// guardable says that this binary can be a guard.
var guardable atomic.Bool

// BecomeGuard turns this process into the guard of an external command where its arguments ask for that, and then does not return.
// The main function of a program whose code starts external systems calls it before anything else; so does the TestMain of a
// package whose tests do. Without it they are refused: the program would start itself as if it were its user.
func BecomeGuard() {
	if len(os.Args) > 1 && os.Args[1] == guardVerb {
		os.Exit(runGuard(os.Args[2:]))
	}
	guardable.Store(true)
}

// guardOrder is what a guard is told by its arguments.
type guardOrder struct {
	Grace   time.Duration
	Finally []string
	args    []string
}

// guardArgs are the arguments of the guard of a command, whose program is at path.
func guardArgs(c command, path string) []string {
	order, err := json.Marshal(guardOrder{Grace: cmp.Or(c.Grace, termGrace), Finally: c.Finally})
	if err != nil {
		panic(err) // strings and a number
	}
	return append([]string{guardVerb, string(order), path}, c.Args[1:]...)
}

func readGuardArgs(args []string) (o guardOrder, err error) {
	if len(args) < 2 {
		return o, errors.New("expected an order and a command")
	}
	if err := json.Unmarshal([]byte(args[0]), &o); err != nil {
		return o, fmt.Errorf("order: %w", err)
	}
	o.args = args[1:]
	return o, nil
}
