package experiments

import (
	"context"
	"net/http"
	"time"

	"github.com/assaylab/assay/experiments/offers"
	"github.com/assaylab/assay/experiments/target"
)

// identifyTime bounds how long a server may take to say what it is: it need not.
const identifyTime = 10 * time.Second

// identify asks a server that is there what it is, for the run's notes. Nothing is generated, and what is paid for is not asked.
func (a *aim) identify(ctx context.Context) {
	if a.server.Paid() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, identifyTime)
	defer cancel()
	s := offers.Server{Base: a.server.Base, Kind: a.Dialect, Key: a.options.Key, Model: a.options.Model, Client: &http.Client{CheckRedirect: target.SameServer}}
	if r, err := offers.Identify(ctx, s, false); err == nil {
		a.said = r.Notes()
	}
}
