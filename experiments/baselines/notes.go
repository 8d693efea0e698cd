package baselines

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/assaylab/assay/analysis/baseline"
)

// Notes is a store in the git notes refs/notes/REF: a line of JSON for each summary, at the commit that was checked out when it was
// kept. `git push origin refs/notes/REF` shares it.
type Notes struct {
	Ref string
	Dir string // of the repository, "" for the working directory
}

var _ Store = Notes{}

// String implements Store.
func (n Notes) String() string { return "git notes refs/notes/" + n.Ref }

// All implements Store.
func (n Notes) All(ctx context.Context) ([]baseline.Summary, error) {
	commits, err := n.commits(ctx)
	if err != nil {
		return nil, err
	}
	var all []baseline.Summary
	for _, c := range commits {
		of, err := n.at(ctx, c)
		if err != nil {
			return nil, err
		}
		all = append(all, of...)
	}
	baseline.ByAge(all)
	return all, nil
}

// Put implements Store.
func (n Notes) Put(ctx context.Context, s baseline.Summary) error {
	if err := n.Remove(ctx, []string{s.ID}); err != nil {
		return err
	}
	head, err := n.git(ctx, nil, "rev-parse", "--verify", "HEAD^{commit}")
	if err != nil {
		return fmt.Errorf("git notes are kept at a commit: %w", err)
	}
	commit := strings.TrimSpace(string(head))
	have, err := n.at(ctx, commit)
	if err != nil {
		return err
	}
	return n.set(ctx, commit, append(have, s))
}

// Remove implements Store.
func (n Notes) Remove(ctx context.Context, ids []string) error {
	commits, err := n.commits(ctx)
	if err != nil {
		return err
	}
	for _, c := range commits {
		have, err := n.at(ctx, c)
		if err != nil {
			return err
		}
		left := slices.DeleteFunc(slices.Clone(have), func(s baseline.Summary) bool { return slices.Contains(ids, s.ID) })
		if len(left) == len(have) {
			continue
		}
		if err := n.set(ctx, c, left); err != nil {
			return err
		}
	}
	return nil
}

// commits are those with a note.
func (n Notes) commits(ctx context.Context) ([]string, error) {
	out, err := n.git(ctx, nil, "notes", "--ref", n.Ref, "list")
	if err != nil {
		return nil, err
	}
	var all []string
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) == 2 {
			all = append(all, fields[1])
		}
	}
	return all, nil
}

// at are the summaries of a commit.
func (n Notes) at(ctx context.Context, commit string) ([]baseline.Summary, error) {
	commits, err := n.commits(ctx)
	if err != nil || !slices.Contains(commits, commit) {
		return nil, err
	}
	text, err := n.git(ctx, nil, "notes", "--ref", n.Ref, "show", commit)
	if err != nil {
		return nil, err
	}
	var all []baseline.Summary
	for i, line := range bytes.Split(text, []byte("\n")) {
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		s, err := decode(fmt.Sprintf("%s, commit %.10s, line %d", n, commit, i+1), line)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// set writes the summaries of a commit; a note of none is removed.
func (n Notes) set(ctx context.Context, commit string, all []baseline.Summary) error {
	if len(all) == 0 {
		_, err := n.git(ctx, nil, "notes", "--ref", n.Ref, "remove", commit)
		return err
	}
	var lines bytes.Buffer
	for _, s := range all {
		text, err := json.Marshal(s)
		if err != nil {
			return fmt.Errorf("encode a baseline: %w", err)
		}
		lines.Write(append(text, '\n'))
	}
	_, err := n.git(ctx, lines.Bytes(), "notes", "--ref", n.Ref, "add", "-f", "-F", "-", commit)
	return err
}

// git runs one command, and words its failure by what it said last.
func (n Notes) git(ctx context.Context, in []byte, args ...string) ([]byte, error) {
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = n.Dir, bytes.NewReader(in), &out, &said
	err := cmd.Run()
	switch {
	case err == nil:
		return out.Bytes(), nil
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("git notes need git: %w", err)
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	}
	lines := strings.Split(strings.TrimSpace(said.String()), "\n")
	return nil, fmt.Errorf("git %s: %s", args[0], lines[len(lines)-1])
}
