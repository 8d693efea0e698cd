package gateway

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/assaylab/assay/experiments/scenario"
)

// envoyBuffer is how long a request may be, in bytes: it is kept to be sent again.
const envoyBuffer = 32 << 20

// envoyRung is a rung that Envoy can have.
type envoyRung struct {
	scenario.Rung
	name    string // of its clusters and its listener
	servers []*url.URL
}

// envoy writes a bootstrap configuration of Envoy. One listener is the ladder; it asks an aggregate of rungs, each a listener inside
// of Envoy, which puts the model's name and key into requests and hands them to the rung's servers.
func (y *yaml) envoy(l *scenario.Ladder) error {
	rungs, left, err := envoyRungs(l)
	if err != nil {
		return err
	}
	lost := []string{
		"Shorter answers and switching drafts off: requests go on as they came, but for the model's name and the key.",
		"Whose requests are degraded first, and a team's floor: write routes by a header of theirs.",
		"A cap on what is spent: Envoy knows no prices.",
		fmt.Sprintf("A breaker by share of failures (failure_rate = %g of %d): servers are left after failures in a row.", l.Breaker.Rate, l.Breaker.Window),
	}
	for _, r := range left {
		lost = append(lost, fmt.Sprintf("The rung %q, which has the servers of %q, asked otherwise: it is left out.", r.Name, r.Like))
	}
	y.head(l, "a bootstrap configuration of Envoy", lost...)
	y.line(0, "bootstrap_extensions:")
	y.extension(1, "envoy.bootstrap.internal_listener", "envoy.extensions.bootstrap.internal_listener.v3.InternalListener")
	y.line(0, "static_resources:")
	y.line(1, "listeners:")
	y.listener(word(l.Name), "{socket_address: {address: 127.0.0.1, port_value: 8080}}")
	y.envoyLadder(l, len(rungs))
	for _, r := range rungs {
		y.listener(r.name, "")
		y.envoyRung(r)
	}
	y.line(1, "clusters:")
	y.envoyAggregate(l, rungs)
	for _, r := range rungs {
		y.envoyInside(r)
		y.envoyServers(l, r)
	}
	return nil
}

// envoyRungs are the rungs with servers of their own, and those without.
func envoyRungs(l *scenario.Ladder) (rungs []envoyRung, left []scenario.Rung, err error) {
	for _, r := range l.Rungs {
		if r.Like != "" {
			left = append(left, r)
			continue
		}
		e := envoyRung{Rung: r, name: word(l.Name) + "-" + word(r.Name)}
		for _, base := range bases(l, r) {
			u, err := url.Parse(base)
			if err != nil {
				return nil, nil, err
			}
			if first := append(e.servers, u)[0]; u.Scheme != first.Scheme || under(u) != under(first) {
				return nil, nil, fmt.Errorf("%s: rung %q: %s and %s differ in scheme or path: expected servers that one cluster of Envoy can have", l.File, r.Name, first, u)
			}
			e.servers = append(e.servers, u)
		}
		rungs = append(rungs, e)
	}
	return rungs, left, nil
}

// under is the path that /v1 of a request stands for.
func under(u *url.URL) string {
	return strings.TrimSuffix(strings.TrimRight(u.Path, "/"), "/v1") + "/v1"
}

// port is a URL's, or that of its scheme.
func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// extension writes an element of a list of extensions, with its configuration below if there is more of it.
func (y *yaml) extension(indent int, name, kind string, more ...string) {
	y.line(indent, "- name: %s", name)
	y.line(indent+1, "typed_config:")
	y.line(indent+2, `"@type": type.googleapis.com/%s`, kind)
	for _, s := range more {
		y.line(indent+2, "%s", s)
	}
}

// listener writes one up to its route: inside of Envoy where it has no address.
func (y *yaml) listener(name, address string) {
	y.line(2, "- name: %s", quoted(name))
	if address != "" {
		y.line(3, "address: %s", address)
	} else {
		y.line(3, "internal_listener: {}")
	}
	y.line(3, "per_connection_buffer_limit_bytes: %d # of requests, which are kept to be sent again", envoyBuffer)
	y.line(3, "filter_chains:")
	y.line(4, "- filters:")
	y.extension(6, "envoy.filters.network.http_connection_manager", "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
		"stat_prefix: "+quoted(name), "stream_idle_timeout: 0s", "route_config:", "  virtual_hosts:", "    - name: "+quoted(name), `      domains: ["*"]`, "      routes:")
}

// envoyLadder is the route of the ladder: from rung to rung.
func (y *yaml) envoyLadder(l *scenario.Ladder, rungs int) {
	y.line(12, `- match: {prefix: "/v1/"}`)
	y.line(13, "route:")
	y.line(14, "cluster: %s", quoted(word(l.Name)))
	y.line(14, "timeout: 0s")
	y.line(14, "retry_policy:")
	y.line(15, "num_retries: %d", max(rungs-1, 0))
	y.line(15, "retry_on: 5xx,reset,connect-failure,retriable-status-codes")
	y.line(15, "retriable_status_codes: [429]")
	y.comment(15, "The limit on time to first token. It is on every pause, so that answers that are not streamed must come as soon: lengthen it for these.")
	y.line(15, "per_try_idle_timeout: %gs", l.SLO.TTFT.Seconds())
	y.line(15, "retry_priority:")
	y.line(16, "name: envoy.retry_priorities.previous_priorities")
	y.line(16, "typed_config:")
	y.line(17, `"@type": type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig`)
	y.line(17, "update_frequency: 1")
	y.line(8, "http_filters:")
	y.router()
}

func (y *yaml) router() {
	y.extension(9, "envoy.filters.http.router", "envoy.extensions.filters.http.router.v3.Router")
}

// envoyRung is the route of a rung: to its servers, as they are to be asked.
func (y *yaml) envoyRung(r envoyRung) {
	y.line(12, `- match: {prefix: "/v1/"}`)
	y.line(13, "route:")
	y.line(14, "cluster: %s", quoted(r.name+"-servers"))
	y.line(14, "timeout: 0s")
	y.line(14, "auto_host_rewrite: true")
	if path := under(r.servers[0]); path != "/v1" {
		y.line(14, "prefix_rewrite: %s", quoted(path+"/"))
	}
	y.line(13, "response_headers_to_add: [{header: {key: x-assay-rung, value: %s}, append_action: OVERWRITE_IF_EXISTS_OR_ADD}]", quoted(r.Name))
	y.line(8, "http_filters:")
	y.extension(9, "envoy.filters.http.lua", "envoy.extensions.filters.http.lua.v3.Lua", "default_source_code:", "  inline_string: |")
	for _, s := range r.lua() {
		y.line(13, "%s", s)
	}
	y.router()
}

// lua puts the rung's key and the name of its model into a request.
func (r envoyRung) lua() []string {
	key := `handle:headers():remove("authorization")`
	if r.KeyVar != "" {
		key = fmt.Sprintf(`handle:headers():replace("authorization", "Bearer " .. (os.getenv(%s) or ""))`, quoted(r.KeyVar))
	}
	return []string{
		"function envoy_on_request(handle)",
		"  " + key,
		"  local body = handle:body()",
		"  if body then",
		"    local text = body:getBytes(0, body:length())",
		fmt.Sprintf(`    local named, n = string.gsub(text, '("model"%%s*:%%s*)"[^"]*"', function(key) return key .. %s end, 1)`, luaQuoted(quoted(served(r.Rung)))),
		`    if n > 0 then handle:headers():replace("content-length", body:setBytes(named)) end`,
		"  end",
		"end",
	}
}

// luaQuoted is a string of Lua, byte by byte where it has to be.
func luaQuoted(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= ' ' && c < 127 && c != '"' && c != '\\' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "\\%03d", c)
		}
	}
	return `"` + b.String() + `"`
}

// envoyAggregate is the ladder's cluster: the rungs, best first.
func (y *yaml) envoyAggregate(l *scenario.Ladder, rungs []envoyRung) {
	y.line(2, "- name: %s", quoted(word(l.Name)))
	y.line(3, "lb_policy: CLUSTER_PROVIDED")
	y.line(3, "cluster_type:")
	y.line(4, "name: envoy.clusters.aggregate")
	y.line(4, "typed_config:")
	y.line(5, `"@type": type.googleapis.com/envoy.extensions.clusters.aggregate.v3.ClusterConfig`)
	y.line(5, "clusters: %s", list(len(rungs), func(i int) string { return quoted(rungs[i].name) }))
}

// envoyInside is the cluster of a rung's listener.
func (y *yaml) envoyInside(r envoyRung) {
	y.line(2, "- name: %s", quoted(r.name))
	y.line(3, "load_assignment:")
	y.line(4, "cluster_name: %s", quoted(r.name))
	y.line(4, "endpoints: [{lb_endpoints: [{endpoint: {address: {envoy_internal_address: {server_listener_name: %s}}}}]}]", quoted(r.name))
}

// envoyServers is the cluster of a rung's servers. Where all have failed it refuses at once, and the next rung is asked.
func (y *yaml) envoyServers(l *scenario.Ladder, r envoyRung) {
	name := r.name + "-servers"
	y.line(2, "- name: %s", quoted(name))
	y.line(3, "type: STRICT_DNS")
	y.line(3, "connect_timeout: 1s")
	y.line(3, "lb_policy: LEAST_REQUEST")
	y.line(3, "common_lb_config: {healthy_panic_threshold: {value: 0}}")
	y.line(3, "outlier_detection: {consecutive_5xx: %d, interval: 1s, base_ejection_time: %gs, max_ejection_percent: 100}", l.Breaker.Failures, l.Breaker.Open.Seconds())
	y.line(3, "load_assignment:")
	y.line(4, "cluster_name: %s", quoted(name))
	y.line(4, "endpoints:")
	y.line(5, "- lb_endpoints:")
	for _, u := range r.servers {
		y.line(7, "- endpoint: {address: {socket_address: {address: %s, port_value: %s}}}", quoted(u.Hostname()), port(u))
	}
	if r.servers[0].Scheme == "https" {
		y.envoyTLS(r.servers[0].Hostname())
	}
}

// envoyTLS trusts whom the system does.
func (y *yaml) envoyTLS(host string) {
	y.line(3, "transport_socket:")
	y.line(4, "name: envoy.transport_sockets.tls")
	y.line(4, "typed_config:")
	y.line(5, `"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext`)
	y.line(5, "sni: %s", quoted(host))
	y.line(5, "common_tls_context:")
	y.line(6, "validation_context:")
	y.line(7, "trusted_ca: {filename: /etc/ssl/certs/ca-certificates.crt} # where Debian has it")
	y.line(7, "match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: %s}}]", quoted(host))
}
