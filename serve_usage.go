package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/assaylab/assay/engine/meter"
	"github.com/assaylab/assay/engine/server"
)

// usageOptions are those of the usage log.
type usageOptions struct {
	path     string
	bytes    int64
	teamFrom []string
	header   string
}

func (o *usageOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.path, "usage-log", "", "file to which a line of JSON is added for every request: whose it was, and what it took")
	f.Int64Var(&o.bytes, "usage-log-bytes", 0, "rename the usage log before it grows larger, and begin another; 0 never does")
	f.StringSliceVar(&o.teamFrom, "team-from", server.TeamSources, "where the usage log's team is looked for, in this order: key, header, user")
	f.StringVar(&o.header, "team-header", server.DefaultTeamHeader, "header that names a request's team")
}

func (o *usageOptions) check() error {
	if o.bytes < 0 {
		return fmt.Errorf("serve: --usage-log-bytes: found %d, expected 0 or more", o.bytes)
	}
	for _, source := range o.teamFrom {
		if !slices.Contains(server.TeamSources, source) {
			return fmt.Errorf("serve: --team-from: found %q, expected some of %s, separated by commas", source, strings.Join(server.TeamSources, ", "))
		}
	}
	if strings.ContainsFunc(o.header, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("()<>@,;:\\\"/[]?={}", r) }) {
		return fmt.Errorf("serve: --team-header: found %q, expected the name of a header", o.header)
	}
	return nil
}

// meter opens the usage log, if there is one, and opens it again on SIGHUP. Stop is for when
// no request runs any more.
func (o *usageOptions) meter(ctx context.Context, blockSize int, log *slog.Logger) (m *server.Metering, stop func() error, err error) {
	if o.path == "" {
		return nil, func() error { return nil }, nil
	}
	l, err := meter.Open(o.path, meter.Options{MaxBytes: o.bytes, Failed: func(err error) {
		log.Error("the usage log cannot be written: records are lost until it can", "error", err)
	}})
	if err != nil {
		return nil, nil, fmt.Errorf("serve: --usage-log: %w", err)
	}
	again := reopenOnHangup(ctx, l)
	stop = func() error {
		again()
		lost, err := l.Close()
		if lost > 0 {
			log.Warn("the usage log lacks records: its file could not be written fast enough, or not at all", "file", o.path, "lost", lost)
		}
		if err != nil {
			return environment(fmt.Errorf("serve: --usage-log: %s: %w", o.path, err))
		}
		return nil
	}
	return &server.Metering{Put: l.Put, BlockSize: blockSize, TeamFrom: o.teamFrom, Header: o.header}, stop, nil
}

// reopenOnHangup has the log follow its name when the signal for that comes.
func reopenOnHangup(ctx context.Context, l *meter.Log) (stop func()) {
	if len(hangup) == 0 {
		return func() {}
	}
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, hangup...)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		for {
			select {
			case <-signals:
				l.Reopen()
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { signal.Stop(signals); cancel() }
}
