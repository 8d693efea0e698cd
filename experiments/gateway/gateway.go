package gateway

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/assaylab/assay/analysis/money"
	"github.com/assaylab/assay/analysis/record"
	"github.com/assaylab/assay/experiments/scenario"
)

// HeaderRung names the rung that served a request, or "refused".
const HeaderRung = "X-Assay-Rung"

// HeaderTeam names the team of a request, where the gateway asks for no keys.
const HeaderTeam = "X-Assay-Team"

// refusedRung is what HeaderRung says of a request that no rung had.
const refusedRung = "refused"

// Config is what a gateway has beside its ladder. The zero value of a field is its default.
type Config struct {
	Facts    []record.LadderRung // of the rungs, for the trace; nil for what the ladder declares
	Teams    map[string]string   // by API key, which requests then need
	Version  string
	MaxBody  int64         // bytes of a request, 0 for 10 MiB
	Patience time.Duration // how long a client may take to read a message, 0 for 30 s
	Client   *http.Client  // nil for one that keeps connections and follows no redirect
	Logger   *slog.Logger  // nil for none
	Trace    io.Writer     // gets a line of JSON for every request; nil for none
	Now      func() time.Time
}

// Gateway is the HTTP side of a ladder. It implements http.Handler.
type Gateway struct {
	ladder   *scenario.Ladder
	config   Config
	backends []*Backend // as the controller numbers servers
	prices   []price    // by rung
	purse    *Purse
	metrics  *metrics
	trace    *trace
	born     time.Time
	keys     map[[sha256.Size]byte]string // teams by digest: how long a look takes tells nothing of a key
	ready    chan struct{}                // closed once every server was there, or given up on
	once     sync.Once

	mu      sync.Mutex // of control; what is decided is reserved and counted under it
	control *Controller
	perByte float64 // tokens per byte of a prompt, learned
}

// New makes a gateway whose servers are not there yet: Backends are to be told where they are.
func New(l *scenario.Ladder, c Config) (*Gateway, error) {
	g := &Gateway{ladder: l, config: c.withDefaults(), control: NewController(l), perByte: 1.0 / perToken, ready: make(chan struct{})}
	g.born, g.keys = g.config.Now(), map[[sha256.Size]byte]string{}
	for key, team := range c.Teams {
		g.keys[sha256.Sum256([]byte(key))] = team
	}
	for i, r := range l.Rungs {
		p, err := newPrice(r, l.Currency)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", l.File, l.Key(i, "price_output"), err)
		}
		g.prices = append(g.prices, p)
		if r.Like == "" {
			g.addBackends(i, r)
		}
	}
	var err error
	if g.purse, err = NewPurse(l.Spend.PerHour, l.Spend.PerDay, l.Currency); err != nil {
		return nil, fmt.Errorf("%s: spend: %w", l.File, err)
	}
	if l.Spend.State != "" {
		if err := g.purse.Keep(l.Resolve(l.Spend.State)); err != nil {
			return nil, fmt.Errorf("%s: spend.state: %w", l.File, err)
		}
	}
	g.metrics = newMetrics(g)
	g.trace, err = newTrace(g.config.Trace, g.header())
	return g, err
}

func (g *Gateway) addBackends(i int, r scenario.Rung) {
	for n := range r.Replicas {
		b := &Backend{Name: r.Name, Rung: i, Model: servedName}
		if r.Replicas > 1 {
			b.Name = fmt.Sprintf("%s/%d", r.Name, n+1)
		}
		g.backends = append(g.backends, b)
	}
}

// servedName is what servers that a gateway starts call their model.
const servedName = "model"

func (c Config) withDefaults() Config {
	if c.MaxBody == 0 {
		c.MaxBody = 10 << 20
	}
	if c.Patience == 0 {
		c.Patience = 30 * time.Second
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		c.Client = NewClient()
	}
	return c
}

// NewClient keeps as many connections as there are requests, asks for no compression, and follows no redirect.
func NewClient() *http.Client {
	return &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 1024, DisableCompression: true, IdleConnTimeout: time.Minute},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// Backends are the servers of all rungs, in order.
func (g *Gateway) Backends() []*Backend { return g.backends }

// Seed tells how fast a rung was measured to be.
func (g *Gateway) Seed(rung int, step time.Duration, prefill float64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.control.Seed(rung, step, prefill)
}

// SetServer says where a server is, "" for nowhere.
func (g *Gateway) SetServer(i int, base string) {
	g.backends[i].Moved(base)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.control.SetUp(i, base != "")
}

// Ready says that all servers are there that are expected to be: /health is 503 before.
func (g *Gateway) Ready() { g.once.Do(func() { close(g.ready) }) }

// price is what a rung costs per million tokens.
type price struct {
	paid          bool
	input, output money.Amount
}

func newPrice(r scenario.Rung, currency string) (p price, err error) {
	if !r.Priced() {
		return price{input: money.Zero(currency), output: money.Zero(currency)}, nil
	}
	p.paid = true
	var errs [2]error
	p.input, errs[0] = money.Parse(r.PriceInput, currency)
	p.output, errs[1] = money.Parse(r.PriceOutput, currency)
	return p, errors.Join(errs[0], errs[1])
}

// cost is exact: a price of a million times a whole number, and the decimal point moved.
func (p price) cost(input, output int64) money.Amount {
	return p.input.Mul(input).Add(p.output.Mul(output)).Shift(-6)
}

// overhead is more than a chat template adds around messages. What it adds to each is less than the bytes of
// JSON around that, which are counted.
const overhead = 256

// most is what a request can cost: no token is shorter than a byte, and no answer longer than is asked for.
func (p price) most(a *asked, longest int) money.Amount {
	n := longest
	if a.tokens > 0 {
		n = min(n, a.tokens)
	}
	return p.cost(int64(a.bytes)+overhead, int64(n)*int64(a.answers)*int64(a.prompts))
}

// place is where a request is: at a server, with money set aside.
type place struct {
	ticket  *Ticket
	backend *Backend
	rung    scenario.Rung
	most    money.Amount
	paid    bool
}

// admit decides, reserves and counts at once, so that no two requests count on the same room.
func (g *Gateway) admit(q *Request, a *asked) (Decision, *place, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for {
		now := g.config.Now()
		d := g.control.Choose(now, *q)
		g.metrics.gates(g.ladder, d)
		if d.Rung < 0 {
			return d, nil, nil
		}
		p := &place{rung: g.ladder.Rungs[d.Rung], backend: g.backends[d.Server]}
		if pr := g.prices[d.Rung]; pr.paid {
			p.paid, p.most = true, pr.most(a, p.rung.MaxTokens)
			if !g.afford(now, a, p) {
				q.Without = append(q.Without, d.Rung)
				continue
			}
		}
		p.ticket = g.control.Begin(now, d, *q)
		return d, p, nil
	}
}

// afford sets aside what a request can cost, and says whether that could be done.
func (g *Gateway) afford(now time.Time, a *asked, p *place) bool {
	if !a.plain { // its text does not bound what it costs
		g.metrics.capped.WithLabelValues(p.rung.Name, "unbounded").Inc()
		return false
	}
	err := g.purse.Reserve(now, p.most)
	if err != nil {
		g.metrics.capped.WithLabelValues(p.rung.Name, "cap").Inc()
	}
	if err != nil && !errors.Is(err, ErrCap) {
		g.config.Logger.Error("what is spent cannot be kept, so that nothing is", "error", err)
	}
	return err == nil
}

// first tells of a first token.
func (g *Gateway) first(p *place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.control.First(g.config.Now(), p.ticket)
}

// leave ends a request's stay at a server and settles what it cost.
func (g *Gateway) leave(p *place, c *counts, how outcome, asked bool) money.Amount {
	now := g.config.Now()
	g.mu.Lock()
	g.control.End(now, p.ticket, c.tokens(), how)
	g.mu.Unlock()
	cost := money.Zero(g.ladder.Currency)
	if !p.paid {
		return cost
	}
	switch {
	case c.known && how == answered:
		cost = g.prices[p.ticket.Rung].cost(int64(c.prompt), int64(c.output))
	case asked:
		cost = p.most // what is not known is taken to be all of it
	}
	if err := g.purse.Settle(now, p.most, cost); err != nil {
		g.config.Logger.Error("what was spent cannot be kept", "error", err)
	}
	return cost
}

// learn takes how many tokens a prompt had.
func (g *Gateway) learn(bytes int, c *counts) {
	if !c.known || c.prompt < 1 || bytes < 1 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.perByte += usual * (float64(c.prompt)/float64(bytes) - g.perByte)
}

// tokens estimates those of a prompt.
func (g *Gateway) tokens(bytes int) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return max(1, int(g.perByte*float64(bytes)+.5))
}

// Serve answers on a listener until ctx ends, and then for as long as drain says lets what runs finish.
func Serve(ctx context.Context, s *http.Server, serve func() error, drain time.Duration) error {
	failed := make(chan error, 1)
	go func() { failed <- serve() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer stop()
	if err := s.Shutdown(end); err != nil {
		return errors.Join(fmt.Errorf("serve: requests were cut off: %w", err), s.Close())
	}
	return nil
}
