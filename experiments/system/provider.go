package system

import "strings"

// hosts are those that charge for requests, by the ends of their names and, where others have that end too, by their beginnings, with
// the provider as the catalogue of prices calls it.
var hosts = []struct{ end, provider, begin string }{
	{end: "api.openai.com", provider: "openai"},
	{end: "api.anthropic.com", provider: "anthropic"},
	{end: "generativelanguage.googleapis.com", provider: "google"},
	{end: "aiplatform.googleapis.com", provider: "google"},
	{end: "openai.azure.com", provider: "azure"},
	{end: "services.ai.azure.com", provider: "azure"},
	{end: "inference.ai.azure.com", provider: "azure"},
	{end: "amazonaws.com", provider: "aws", begin: "bedrock"},
	{end: "api.deepseek.com", provider: "deepseek"},
	{end: "api.mistral.ai", provider: "mistral"},
	{end: "api.groq.com", provider: "groq"},
	{end: "api.together.xyz", provider: "together"},
	{end: "api.together.ai", provider: "together"},
	{end: "api.fireworks.ai", provider: "fireworks"},
	{end: "api.cerebras.ai", provider: "cerebras"},
	{end: "api.x.ai", provider: "xai"},
	{end: "api.cohere.com", provider: "cohere"},
	{end: "api.perplexity.ai", provider: "perplexity"},
	{end: "openrouter.ai", provider: "openrouter"},
}

// HostProvider is who charges for requests to a host, "" where that is not known of it: then nobody may.
func HostProvider(host string) string {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, h := range hosts {
		if strings.HasSuffix(host, h.end) && strings.HasPrefix(host, h.begin) {
			return h.provider
		}
	}
	return ""
}

// DialectProvider is whose API a dialect is, "" where it is nobody's alone.
func DialectProvider(dialect string) string {
	switch {
	case strings.HasPrefix(dialect, "openai-"):
		return "openai"
	case dialect == "anthropic":
		return "anthropic"
	case strings.HasPrefix(dialect, "gemini"), strings.HasPrefix(dialect, "vertex"):
		return "google"
	}
	return ""
}
