package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
)

// format is the version of the tables.
const format = 1

const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE files (
	id     INTEGER PRIMARY KEY,
	path   TEXT NOT NULL,
	source TEXT NOT NULL,
	size   INTEGER NOT NULL, -- bytes that were read
	lines  INTEGER NOT NULL,
	digest BLOB NOT NULL     -- SHA-256 of these bytes
) STRICT;
CREATE INDEX files_size ON files (source, size);
CREATE TABLE uses (
	key       BLOB PRIMARY KEY, -- of the record
	content   BLOB NOT NULL,    -- digest of all that follows, up to lost
	time      INTEGER NOT NULL, -- nanoseconds since 1970, UTC
	source    TEXT NOT NULL,
	id        TEXT NOT NULL,
	team      TEXT NOT NULL,
	model     TEXT NOT NULL,
	api_key   TEXT NOT NULL,    -- its name
	rung      TEXT NOT NULL,
	outcome   TEXT NOT NULL,
	failed    INTEGER NOT NULL,
	prompt    INTEGER NOT NULL,
	cached    INTEGER NOT NULL,
	output    INTEGER NOT NULL,
	timed     INTEGER NOT NULL,
	engine    INTEGER NOT NULL, -- nanoseconds
	blocks    INTEGER NOT NULL, -- block microseconds
	spend     INTEGER NOT NULL, -- 10^-12 of currency
	currency  TEXT NOT NULL,
	lost      INTEGER NOT NULL,
	file      INTEGER NOT NULL REFERENCES files (id),
	line      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX uses_time ON uses (time);
CREATE TABLE samples (
	target TEXT NOT NULL,
	metric TEXT NOT NULL,
	labels TEXT NOT NULL,
	time   INTEGER NOT NULL,
	value  REAL NOT NULL,
	file   INTEGER NOT NULL REFERENCES files (id),
	line   INTEGER NOT NULL,
	PRIMARY KEY (target, metric, labels, time)
) STRICT, WITHOUT ROWID;
`

// ErrNone says that there is no ledger.
var ErrNone = errors.New("no such ledger")

// Ledger is an open ledger. One process at a time writes to it.
type Ledger struct {
	path string
	db   *sql.DB
}

// Open opens a ledger, and makes it where there is none. Close it.
func Open(ctx context.Context, path string) (*Ledger, error) { return open(ctx, path, true) }

// OpenExisting opens a ledger; the error is ErrNone where there is none.
func OpenExisting(ctx context.Context, path string) (*Ledger, error) { return open(ctx, path, false) }

func open(ctx context.Context, path string, create bool) (*Ledger, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist) && !create:
		return nil, fmt.Errorf("ledger %s: %w: make one with assay cost ingest", path, ErrNone)
	case errors.Is(err, os.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return nil, fmt.Errorf("ledger: %w", err)
		}
	case err != nil:
		return nil, fmt.Errorf("ledger: %w", err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("ledger %s: found what is no file, expected a file of a ledger", path)
	}
	db, err := openDB(path, create)
	if err != nil {
		return nil, fmt.Errorf("ledger %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // what is asked within a transaction sees it
	l := &Ledger{path: path, db: db}
	if err := l.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("ledger %s: %w", path, surroundings(err)), db.Close())
	}
	return l, nil
}

// Close closes the ledger.
func (l *Ledger) Close() error { return l.db.Close() }

// prepare makes the tables of a new file, and refuses another program's.
func (l *Ledger) prepare(ctx context.Context) error {
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	var tables int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return err
	}
	if tables == 0 {
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO meta VALUES ('assay_ledger', ?)`, strconv.Itoa(format)); err != nil {
			return err
		}
		return tx.Commit()
	}
	var version string
	if err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'assay_ledger'`).Scan(&version); err != nil {
		return errors.New("found a database of another program, expected a ledger")
	}
	if version != strconv.Itoa(format) {
		return fmt.Errorf("found version %s, expected %d: it was made by another version of assay", version, format)
	}
	return nil
}
