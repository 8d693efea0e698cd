package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/assaylab/assay/experiments/system"
)

// TestTargetTables holds the table of docs/targets.md to what systems there are.
func TestTargetTables(t *testing.T) {
	var all strings.Builder
	all.WriteString("| system | what it is | started by the lab | dialects, the default first |\n|---|---|---|---|\n")
	for _, k := range system.Kinds() {
		dialects := "all; `chat` is the default"
		if k.Dialects != nil {
			dialects = "`" + strings.Join(k.Dialects, "`, `") + "`"
		}
		fmt.Fprintf(&all, "| `%s` | %s | %s | %s |\n", k.Name, k.Title, map[bool]string{true: "yes", false: "no"}[k.Started], dialects)
	}
	generated(t, "docs/targets.md", "systems", all.String())
}

// TestTRTTables holds the tables of docs/trtllm.md to the settings of TensorRT-LLM.
func TestTRTTables(t *testing.T) {
	for _, name := range []string{"trtllm", "triton-trtllm"} {
		k, ok := system.Named(name)
		if !ok {
			t.Fatalf("no system %s", name)
		}
		var b strings.Builder
		b.WriteString("| setting | values | what it is |\n|---|---|---|\n")
		for _, s := range k.Settings {
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.Name, valuesOf(s), s.Doc)
		}
		generated(t, "docs/trtllm.md", "settings of "+name, b.String())
	}
}

func TestTargetList(t *testing.T) {
	out, errs, code := assay(t, "target", "list", "--json")
	var all []checked
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitOK || errs != "" || len(all) != len(system.Kinds()) {
		t.Fatalf("%d, %v: %s%s", code, err, out, errs)
	}
	for i, k := range system.Kinds() {
		if all[i].System != k.Name || len(all[i].Dialects) == 0 || k.Started != (len(all[i].Would) > 0) {
			t.Errorf("%+v", all[i])
		}
	}
	out, _, code = assay(t, "target", "list")
	if code != exitOK || !strings.Contains(out, "TensorRT-LLM") || !strings.Contains(out, "by URL") {
		t.Errorf("%d: %s", code, out)
	}
}

// What is missing is exit code 4, and what is meant by nobody 2.
func TestTargetCheck(t *testing.T) {
	for _, tc := range []struct {
		args []string
		code int
		out  string
		errs string
	}{
		{[]string{"trtllm", "--path", "nowhere", "--set", "max_batch_size=8"}, exitEnvironment, "would run  trtllm-serve TRIAL/deployment/model --host 127.0.0.1 --port PORT --max_batch_size 8", "things are missing"},
		{[]string{"trtlm"}, exitUsage, "", `did you mean "trtllm"?`},
		{[]string{"server"}, exitUsage, "", "checked by its URL"},
		{[]string{"trtllm", "--set", "max_batch_size=x"}, exitUsage, "", "max_batch_size: found x, expected a whole number"},
		{[]string{"trtllm", "--set", "max_batch_size"}, exitUsage, "", "expected KEY=VALUE"},
		{[]string{"http://127.0.0.1:1", "--dialect", "chta"}, exitUsage, "", `did you mean "chat"?`},
		{[]string{"http://127.0.0.1:1"}, exitEnvironment, "missing    http://127.0.0.1:1 does not answer", "something is missing"},
		{[]string{"scenarios/quickstart.toml"}, exitUsage, "", "has no [[target]]"},
		{[]string{"nothing.toml"}, exitUsage, "", "nothing.toml"},
	} {
		out, errs, code := assay(t, append([]string{"target", "check"}, tc.args...)...)
		if code != tc.code || !strings.Contains(out, tc.out) || !strings.Contains(errs, tc.errs) {
			t.Errorf("%v: %d, %s%s", tc.args, code, out, errs)
		}
	}
}

// A server is asked what it is and what it supports; one that may cost money only with --yes.
func TestTargetCheckServer(t *testing.T) {
	sent := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/models":
			fmt.Fprint(w, `{"data":[{"id":"m","owned_by":"openai"}]}`)
		case "/health/readiness":
			fmt.Fprint(w, `{"status":"healthy","litellm_version":"1.2.3"}`)
		case "/v1/chat/completions":
			sent++
			w.Header().Set("Content-Type", "text/event-stream")
			fmt.Fprint(w, "data: {\"choices\":[{\"delta\":{\"content\":\"Paris\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
		default:
			http.NotFound(w, r)
		}
	}))
	defer s.Close()
	out, errs, code := assay(t, "target", "check", s.URL)
	if code != exitOK || sent != 0 || !strings.Contains(out, "LiteLLM 1.2.3") || !strings.Contains(out, "--yes sends up to 10 requests") {
		t.Errorf("%d, %d requests: %s%s", code, sent, out, errs)
	}
	out, errs, code = assay(t, "target", "check", s.URL, "--yes", "--json")
	var all []checked
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitOK || sent == 0 || len(all) != 1 || all[0].Server == nil || all[0].Server.Feature("usage").Answer != "no" {
		t.Errorf("%d, %v, %d requests: %s%s", code, err, sent, out, errs)
	}
	if out, errs, code = assay(t, "target", "check", s.URL, "--model", "other"); code != exitEnvironment || !strings.Contains(out, `does not list the model "other"`) {
		t.Errorf("%d: %s%s", code, out, errs)
	}
}
