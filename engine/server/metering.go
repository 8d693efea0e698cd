package server

import (
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/assaylab/assay/engine"
	"github.com/assaylab/assay/engine/meter"
)

// Whose a request is, in the words of Metering.TeamFrom.
const (
	TeamFromKey    = "key"    // what the API key's file says
	TeamFromHeader = "header" // Metering.Header
	TeamFromUser   = "user"   // the request's user
)

// TeamSources are all values of Metering.TeamFrom.
var TeamSources = []string{TeamFromKey, TeamFromHeader, TeamFromUser}

// DefaultTeamHeader names the team of a request where no other header is given.
const DefaultTeamHeader = "X-Team"

// maxTeam bounds the bytes of a team's name.
const maxTeam = 128

// Metering has a record be made of every request to the generating endpoints that had a key, where
// there are keys.
type Metering struct {
	Put       func(meter.Record) // must not wait
	BlockSize int                // positions of a block of the cache
	// TeamFrom is where a request's team is looked for; the first that names one counts.
	TeamFrom []string
	Header   string // empty is DefaultTeamHeader
}

// metered is a request on its way to a record. A nil one is not metered.
type metered struct {
	s       *Server
	w       *response
	r       *http.Request
	arrived time.Time
	job     *job // nil before the request was checked
	// refusal is of a header that names no team.
	refusal *Error
}

func (s *Server) newMetered(w *response, r *http.Request, arrived time.Time) *metered {
	m := &metered{s: s, w: w, r: r, arrived: arrived}
	if s.config.Metering != nil {
		m.refusal = s.config.Metering.checkHeader(r)
	}
	return m
}

// checkHeader refuses a team that would spoil reports, rather than charge somebody else.
func (c *Metering) checkHeader(r *http.Request) *Error {
	if !slices.Contains(c.TeamFrom, TeamFromHeader) {
		return nil
	}
	if team := r.Header.Get(c.header()); team != "" && !acceptableTeam(team) {
		return invalid(c.header(), "%s: expected a team's name of at most %d printable bytes.", c.header(), maxTeam)
	}
	return nil
}

func (c *Metering) header() string {
	if c.Header == "" {
		return DefaultTeamHeader
	}
	return c.Header
}

func acceptableTeam(name string) bool {
	return name != "" && len(name) <= maxTeam && utf8.ValidString(name) && strings.TrimSpace(name) == name &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// end makes the record. It is deferred, and so comes also after a panic.
func (m *metered) end() {
	c := m.s.config.Metering
	if c == nil {
		return
	}
	r := meter.Record{ID: m.w.id, Time: m.arrived.UTC(), Model: m.s.config.Model, Team: m.team(), Status: m.w.status, Error: m.w.code,
		Outcome: m.outcome(), BlockSize: c.BlockSize}
	if client := m.w.client; client != nil {
		r.Key = client.Tenant
	}
	if m.job != nil {
		m.job.meter(&r)
	}
	c.Put(r)
}

// team is the first that is named. A user that is no name for a team is none.
func (m *metered) team() string {
	for _, source := range m.s.config.Metering.TeamFrom {
		name := ""
		switch {
		case source == TeamFromKey && m.w.client != nil:
			name = m.w.client.Team
		case source == TeamFromHeader:
			name = m.r.Header.Get(m.s.config.Metering.header())
		case source == TeamFromUser && m.job != nil:
			name = m.job.request.user
		}
		if acceptableTeam(name) {
			return name
		}
	}
	return ""
}

func (m *metered) outcome() string {
	j := m.job
	switch {
	case j != nil && len(j.outcome.reasons) == j.choices():
		return meter.OK
	case j != nil && (j.outcome.left || j.outcome.failed == codeSlowConsumer) || m.w.status == 0 && m.r.Context().Err() != nil:
		return meter.Cancelled
	case j == nil || j.group == nil:
		return meter.Refused
	}
	return meter.Failed
}

// meter fills in what a job was and took.
func (j *job) meter(r *meter.Record) {
	r.ID, r.Choices = j.id, j.choices()
	if r.Error == "" {
		r.Error = j.outcome.failed
	}
	if j.group == nil {
		return
	}
	u, o := j.counts.usage(), &j.outcome
	r.Prompt, r.Cached, r.Output, r.Drafted = int64(u.PromptTokens), int64(u.PromptDetails.CachedTokens), int64(u.CompletionTokens), int64(j.counts.drafted)
	if !o.started.IsZero() {
		r.Queue = max(0, o.started.Sub(j.arrived).Nanoseconds())
	}
	if !o.started.IsZero() && !o.first.IsZero() {
		r.Prefill, r.Decode = max(0, o.first.Sub(o.started).Nanoseconds()), max(0, o.last.Sub(o.first).Nanoseconds())
	}
	j.group.meter(r)
}

// meter adds up what the choices took of the engine.
func (g *group) meter(r *meter.Record) {
	var all engine.Use
	for _, s := range g.streams {
		u := s.Used()
		all.PrefillOps += u.PrefillOps
		all.DecodeOps += u.DecodeOps
		all.Time += u.Time
		all.BlockTime += u.BlockTime
	}
	r.PrefillOps, r.DecodeOps, r.Engine, r.BlockTime = all.PrefillOps, all.DecodeOps, all.Time.Nanoseconds(), all.BlockTime.Nanoseconds()
}
