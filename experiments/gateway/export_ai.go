package gateway

import (
	"fmt"
	"net"
	"net/url"

	"github.com/assaylab/assay/experiments/scenario"
)

// aiGateway writes resources of Envoy AI Gateway.
func (y *yaml) aiGateway(l *scenario.Ladder) {
	y.head(l, "resources of Envoy AI Gateway, for a Gateway named \"assay\"", unnamed,
		"Shorter answers and switching drafts off: requests go on as they came, but for the model's name.",
		"Whose requests are degraded first, and a team's floor: write routes by a header of theirs.",
		"A cap on what is spent: rate limits by tokens are there, prices are not.")
	name := word(l.Name)
	y.line(0, "apiVersion: aigateway.envoyproxy.io/v1beta1")
	y.line(0, "kind: AIGatewayRoute")
	y.line(0, "metadata: {name: %s}", quoted(name))
	y.line(0, "spec:")
	y.line(1, "parentRefs: [{name: assay, kind: Gateway, group: gateway.networking.k8s.io}]")
	y.line(1, "rules:")
	y.line(2, "- matches: [{headers: [{type: Exact, name: x-ai-eg-model, value: %s}]}]", quoted(l.Name))
	y.line(3, "backendRefs: # tried by priority, the next one only on a retry")
	priority := 0
	for i, r := range l.Rungs {
		if r.Like != "" {
			y.comment(4, fmt.Sprintf("%s is left out: it has the servers of %s, asked otherwise.", r.Name, r.Like))
			continue
		}
		for j := range bases(l, r) {
			y.line(4, "- name: %s", quoted(backendName(l, i, j)))
			y.line(5, "modelNameOverride: %s", quoted(served(r)))
			y.line(5, "priority: %d", priority)
		}
		priority++
	}
	y.aiPolicy(l, name, priority)
	for i, r := range l.Rungs {
		for j, base := range bases(l, r) {
			if r.Like == "" {
				y.aiBackend(l, r, backendName(l, i, j), base)
			}
		}
	}
}

func backendName(l *scenario.Ladder, rung, server int) string {
	return fmt.Sprintf("%s-%s-%d", word(l.Name), word(l.Rungs[rung].Name), server+1)
}

func (y *yaml) aiPolicy(l *scenario.Ladder, name string, levels int) {
	y.line(0, "---")
	y.line(0, "apiVersion: gateway.envoyproxy.io/v1alpha1")
	y.line(0, "kind: BackendTrafficPolicy")
	y.line(0, "metadata: {name: %s}", quoted(name))
	y.line(0, "spec:")
	y.line(1, "targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: %s}]", quoted(name))
	y.line(1, "retry:")
	y.line(2, "numAttemptsPerPriority: 1")
	y.line(2, "numRetries: %d", max(levels-1, 0))
	y.line(2, "perRetry: {timeout: %dms} # the limit on time to first token: lengthen it where it counts whole answers", l.SLO.TTFT.Milliseconds())
	y.line(2, "retryOn: {httpStatusCodes: [429, 500, 502, 503, 504], triggers: [connect-failure, reset]}")
	y.line(1, "healthCheck:")
	y.line(2, "passive: {consecutive5XxErrors: %d, interval: 1s, baseEjectionTime: %gs, maxEjectionPercent: 100}", l.Breaker.Failures, l.Breaker.Open.Seconds())
	y.comment(1, fmt.Sprintf("A breaker by share of failures (failure_rate = %g of %d) is not expressed.", l.Breaker.Rate, l.Breaker.Window))
}

func (y *yaml) aiBackend(l *scenario.Ladder, r scenario.Rung, name, base string) {
	u, err := url.Parse(base)
	if err != nil {
		return // was read before
	}
	y.line(0, "---")
	y.line(0, "apiVersion: aigateway.envoyproxy.io/v1beta1")
	y.line(0, "kind: AIServiceBackend")
	y.line(0, "metadata: {name: %s}", quoted(name))
	y.line(0, "spec:")
	y.line(1, "schema: {name: OpenAI}")
	y.line(1, "backendRef: {name: %s, kind: Backend, group: gateway.envoyproxy.io}", quoted(name))
	if r.KeyVar != "" {
		y.comment(1, fmt.Sprintf("Its API key, which assay takes from the environment variable %s, needs a BackendSecurityPolicy.", r.KeyVar))
	}
	y.line(0, "---")
	y.line(0, "apiVersion: gateway.envoyproxy.io/v1alpha1")
	y.line(0, "kind: Backend")
	y.line(0, "metadata: {name: %s}", quoted(name))
	y.line(0, "spec:")
	if net.ParseIP(u.Hostname()) != nil {
		y.line(1, "endpoints: [{ip: {address: %s, port: %s}}]", quoted(u.Hostname()), port(u))
	} else {
		y.line(1, "endpoints: [{fqdn: {hostname: %s, port: %s}}]", quoted(u.Hostname()), port(u))
	}
	if u.Scheme == "https" {
		y.line(1, "tls: {wellKnownCACertificates: System}")
	}
}
