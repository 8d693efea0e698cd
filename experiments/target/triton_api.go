package target

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// tritonAPI is the HTTP interface of a Triton server, as far as the lab uses it to control the server and not to load it.
type tritonAPI struct {
	base   string // URL without a final slash
	client *http.Client
	sign   func(http.Header) // adds the key that a gateway in front may ask for; nil for none
}

// refusal is an answer that says no, in the server's words.
type refusal struct {
	status int
	says   string
}

func (r *refusal) Error() string { return r.says }

// call sends a request with a body of JSON, nil for none, and returns the answer's.
func (a *tritonAPI) call(ctx context.Context, method, path string, body any) ([]byte, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.sign != nil {
		a.sign(req.Header)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, &refusal{res.StatusCode, errorText(raw, method+" "+path+": "+res.Status)}
	}
	return raw, nil
}

// errorText is what an answer says is wrong, or otherwise.
func errorText(raw []byte, otherwise string) string {
	var e struct{ Error string }
	if json.Unmarshal(raw, &e) == nil && e.Error != "" {
		return short(strings.Join(strings.Fields(e.Error), " "))
	}
	return otherwise
}

// ask reads an answer into a value.
func (a *tritonAPI) ask(ctx context.Context, method, path string, body, into any) error {
	raw, err := a.call(ctx, method, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("%s %s: not the answer of a Triton server: %w", method, path, err)
	}
	return nil
}

// modelPath is that of a model in the API.
func modelPath(name string) string { return "/v2/models/" + url.PathEscape(name) }

// live says whether the server answers. It does before any model is there.
func (a *tritonAPI) live(ctx context.Context) error {
	_, err := a.call(ctx, http.MethodGet, "/v2/health/live", nil)
	return err
}

// ready says whether a model can be asked: that the server is ready says nothing of its models.
func (a *tritonAPI) ready(ctx context.Context, model string) error {
	_, err := a.call(ctx, http.MethodGet, modelPath(model)+"/ready", nil)
	return err
}

// version is the server's.
func (a *tritonAPI) version(ctx context.Context) (string, error) {
	var m struct{ Name, Version string }
	err := a.ask(ctx, http.MethodGet, "/v2", nil, &m)
	return m.Version, err
}

// models are the names in the server's repositories, loaded or not.
func (a *tritonAPI) models(ctx context.Context) (names []string, err error) {
	var all []struct{ Name string }
	if err := a.ask(ctx, http.MethodPost, "/v2/repository/index", map[string]any{}, &all); err != nil {
		return nil, err
	}
	for _, m := range all {
		names = append(names, m.Name)
	}
	return names, nil
}

// config is the configuration that a model runs with, what the server has added included.
func (a *tritonAPI) config(ctx context.Context, model string) (configJSON, error) {
	raw, err := a.call(ctx, http.MethodGet, modelPath(model)+"/config", nil)
	if err != nil {
		return nil, err
	}
	return readConfigJSON(raw)
}

// load has the server load a model, or load it again, and returns when it can be asked or cannot be loaded. A configuration
// replaces the one in the repository; nil takes that.
func (a *tritonAPI) load(ctx context.Context, model string, config configJSON) error {
	body := map[string]any{}
	if config != nil {
		raw, err := json.Marshal(config)
		if err != nil {
			return err
		}
		body["parameters"] = map[string]string{"config": string(raw)}
	}
	_, err := a.call(ctx, http.MethodPost, "/v2/repository/models/"+url.PathEscape(model)+"/load", body)
	return wordLoad(model, err)
}

// wordLoad says what to do where a server does not let its models be loaded.
func wordLoad(model string, err error) error {
	var r *refusal
	switch {
	case err == nil:
		return nil
	case errors.As(err, &r) && strings.Contains(r.says, "explicit model load"):
		return fmt.Errorf("model %q: %w: start the server with --model-control-mode=explicit", model, err)
	case errors.As(err, &r):
		return fmt.Errorf("model %q does not load: %w", model, err)
	}
	return fmt.Errorf("load model %q: %w", model, err)
}

// unload takes a model from memory.
func (a *tritonAPI) unload(ctx context.Context, model string) error {
	_, err := a.call(ctx, http.MethodPost, "/v2/repository/models/"+url.PathEscape(model)+"/unload", map[string]any{})
	return err
}
