package dialect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/assaylab/assay/loadgen/workload"
)

// Gemini is Google's streamGenerateContent, or generateContent where Whole is set. Vertex has
// the paths of Google's cloud, where the server's URL ends in a project and a location.
type Gemini struct{ Whole, Vertex bool }

var _ Dialect = Gemini{}

func (g Gemini) String() string { return g.form().name }

var (
	geminiLacks = lacks{forced: noForced, priority: noPriority, mostStops: 5, hottest: 2}
	geminiOwned = []string{"contents", "systemInstruction"}
	geminiKey   = Auth{Header: "X-Goog-Api-Key"}

	geminiForms = map[Gemini]*form{
		{}:                          {name: "gemini streamGenerateContent", auth: geminiKey, owned: geminiOwned, lacks: geminiLacks},
		{Whole: true}:               {name: "gemini generateContent", auth: geminiKey, owned: geminiOwned, lacks: geminiLacks, whole: true},
		{Vertex: true}:              {name: "vertex streamGenerateContent", auth: bearer, owned: geminiOwned, lacks: geminiLacks},
		{Vertex: true, Whole: true}: {name: "vertex generateContent", auth: bearer, owned: geminiOwned, lacks: geminiLacks, whole: true},
	}
)

func (g Gemini) form() *form { return geminiForms[g] }

// Encode implements Dialect. What the system says is no content here, and the assistant is the model.
func (g Gemini) Encode(p workload.Prompt, o Options) (Call, error) {
	f := g.form()
	if err := f.check(p, o); err != nil {
		return Call{}, err
	}
	type part struct {
		Text string `json:"text"`
	}
	type content struct {
		Role  string `json:"role,omitempty"`
		Parts []part `json:"parts"`
	}
	system, rest := instructed(chat(p, ""))
	contents := []content{}
	for _, m := range rest {
		role := m.Role
		if role == "assistant" {
			role = "model"
		}
		contents = append(contents, content{role, []part{{m.Content}}})
	}
	config, extra, err := generationConfig(p, o)
	if err != nil {
		return Call{}, err
	}
	body := map[string]any{"contents": contents, "generationConfig": config}
	if system != "" {
		body["systemInstruction"] = content{Parts: []part{{system}}}
	}
	o.Extra = extra
	return f.call(g.path(o.Model), o, body)
}

// generationConfig has the sampling, and what Extra says of the same object, which is taken
// out of it.
func generationConfig(p workload.Prompt, o Options) (config, extra map[string]any, err error) {
	config = map[string]any{"maxOutputTokens": p.MaxTokens, "candidateCount": 1}
	o.sampling(config, "temperature", "topP", "topK", "seed")
	if len(o.Stop) > 0 {
		config["stopSequences"] = o.Stop
	}
	extra = map[string]any{}
	for key, value := range o.Extra {
		more, object := value.(map[string]any)
		if key != "generationConfig" || !object {
			extra[key] = value
			continue
		}
		for name, v := range more {
			if _, ours := config[name]; ours {
				return nil, nil, fmt.Errorf("extra member %q: set by the load generator itself, use its own option", "generationConfig."+name)
			}
			config[name] = v
		}
	}
	if _, replaced := extra["generationConfig"]; replaced {
		return nil, nil, fmt.Errorf("extra member %q: expected an object", "generationConfig")
	}
	return config, extra, nil
}

// path names the model, which may be given as a resource ("models/NAME", "tunedModels/NAME").
func (g Gemini) path(model string) string {
	method := ":streamGenerateContent?alt=sse"
	if g.Whole {
		method = ":generateContent"
	}
	parts := strings.Split(model, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	name := strings.Join(parts, "/")
	switch {
	case g.Vertex && len(parts) == 1:
		return "/publishers/google/models/" + name + method
	case g.Vertex:
		return "/" + name + method
	case len(parts) == 1:
		return "/v1beta/models/" + name + method
	}
	return "/v1beta/" + name + method
}

// NewDecoder implements Dialect.
func (g Gemini) NewDecoder() Decoder {
	if g.Whole {
		return &gemini{shape: Whole}
	}
	return &gemini{shape: Unmarked}
}

// gemini decodes the responses of one answer. It has no end mark: it may end with a response
// that says why it did.
type gemini struct {
	shape  Shape
	ended  bool
	tool   bool
	counts Usage // the latest of each count
}

func (d *gemini) Shape() Shape { return d.shape }
func (d *gemini) Done() bool   { return d.ended }

// generated is one response.
type generated struct {
	Candidates []struct {
		Content struct {
			Parts []geminiPart `json:"parts"`
		} `json:"content"`
		Reason string `json:"finishReason"`
	} `json:"candidates"`
	Feedback *struct {
		Blocked string `json:"blockReason"`
	} `json:"promptFeedback"`
	Usage *geminiUsage    `json:"usageMetadata"`
	Model string          `json:"modelVersion"`
	ID    string          `json:"responseId"`
	Error json.RawMessage `json:"error"`
}

// geminiPart is text, or a call of a tool, or code that the service runs, and its result, which
// is not generated.
type geminiPart struct {
	Text    string `json:"text"`
	Thought bool   `json:"thought"`
	Call    *struct {
		Name string          `json:"name"`
		Args json.RawMessage `json:"args"`
	} `json:"functionCall"`
	Code *struct {
		Code string `json:"code"`
	} `json:"executableCode"`
}

// geminiUsage are running totals. Thoughts are not part of the candidates.
type geminiUsage struct {
	Prompt     int  `json:"promptTokenCount"`
	Tool       int  `json:"toolUsePromptTokenCount"`
	Cached     int  `json:"cachedContentTokenCount"`
	Candidates *int `json:"candidatesTokenCount"`
	Thoughts   int  `json:"thoughtsTokenCount"`
}

// geminiReasons are the finish reasons, and why prompts are blocked.
var geminiReasons = map[string]string{
	"STOP": FinishStop, "MAX_TOKENS": FinishLength,
	"SAFETY": FinishFilter, "RECITATION": FinishFilter, "LANGUAGE": FinishFilter, "BLOCKLIST": FinishFilter, "PROHIBITED_CONTENT": FinishFilter,
	"SPII": FinishFilter, "IMAGE_SAFETY": FinishFilter, "IMAGE_PROHIBITED_CONTENT": FinishFilter, "IMAGE_RECITATION": FinishFilter,
	"MODEL_ARMOR": FinishFilter, "JAILBREAK": FinishFilter,
	"MALFORMED_FUNCTION_CALL": FinishBadTool, "UNEXPECTED_TOOL_CALL": FinishBadTool, "TOO_MANY_TOOL_CALLS": FinishBadTool,
}

// Decode implements Decoder.
func (d *gemini) Decode(payload []byte) (Delta, error) {
	var r generated
	if err := json.Unmarshal(payload, &r); err != nil {
		return Delta{}, fmt.Errorf("not a response of generateContent: %w: %s", err, clip(string(payload)))
	}
	if len(r.Error) > 0 && string(r.Error) != "null" {
		return Delta{ID: r.ID}, &ServerError{statusMessage(r.Error)}
	}
	if r.Candidates == nil && r.Usage == nil && r.Feedback == nil {
		return Delta{}, fmt.Errorf("not a response of generateContent: neither candidates nor usage in %s", clip(string(payload)))
	}
	out := Delta{ID: r.ID, Model: r.Model}
	d.read(r, &out)
	out.Usage, out.Late = d.usage(r.Usage, out.Text != "")
	if err := out.Usage.check(payload); err != nil {
		return Delta{}, err
	}
	return out, nil
}

// read takes up the candidate, of which there is one, and why it or the prompt was ended.
func (d *gemini) read(r generated, out *Delta) {
	thoughts := true
	for _, c := range r.Candidates {
		out.Message = true
		for _, p := range c.Content.Parts {
			text := p.text()
			out.Text += text
			thoughts = thoughts && (p.Thought || text == "")
			d.tool = d.tool || p.Call != nil
		}
		if c.Reason != "" && c.Reason != "FINISH_REASON_UNSPECIFIED" {
			d.ended = true
			out.Finish, out.Said = finished(geminiReasons, c.Reason)
		}
	}
	out.Thought = thoughts && out.Text != ""
	if out.Finish == FinishStop && d.tool {
		out.Finish = FinishTool // the API says STOP, and calls
	}
	if r.Feedback != nil && r.Feedback.Blocked != "" {
		d.ended = true
		out.Finish, out.Said = finished(geminiReasons, r.Feedback.Blocked)
	}
}

func (p geminiPart) text() string {
	text := p.Text
	if p.Call != nil {
		var args bytes.Buffer
		_ = json.Compact(&args, p.Call.Args) // it has been read as JSON, or is not there
		text += p.Call.Name + args.String()
	}
	if p.Code != nil {
		text += p.Code.Code
	}
	return text
}

// usage merges the counts: a stream may tell those of the prompt first, and those of the output
// in every response or in the last one. Late is text beside a count that has not moved: it was
// not counted yet.
func (d *gemini) usage(u *geminiUsage, text bool) (total *Usage, late bool) {
	if u == nil {
		return nil, false
	}
	before := d.counts.Output
	d.counts.Prompt = max(d.counts.Prompt, u.Prompt+u.Tool)
	d.counts.Cached = max(d.counts.Cached, u.Cached)
	least := min(u.Prompt, u.Tool, u.Cached, u.Thoughts)
	if u.Candidates != nil {
		d.counts.Output = max(before, *u.Candidates+u.Thoughts)
		d.counts.Reasoning = max(d.counts.Reasoning, u.Thoughts)
		least = min(least, *u.Candidates)
	}
	if least < 0 {
		return &Usage{Output: least}, false // which check refuses
	}
	return &d.counts, text && d.counts.Output == before
}

// statusMessage is an error with its status, which tells one that is overloaded.
func statusMessage(raw json.RawMessage) string {
	var e struct{ Status, Message string }
	if json.Unmarshal(raw, &e) == nil && e.Status != "" && e.Message != "" {
		return clip(e.Status + ": " + e.Message)
	}
	return errorMessage(raw)
}
