package system

import (
	"testing"

	"github.com/assaylab/assay/analysis/price"
	"github.com/assaylab/assay/loadgen/dialect"
)

func TestHostProvider(t *testing.T) {
	for host, want := range map[string]string{
		"api.openai.com": "openai", "API.OpenAI.com.": "openai", "me.openai.azure.com": "azure", "eu.api.openai.com": "openai",
		"us-central1-aiplatform.googleapis.com": "google", "bedrock-runtime.eu-west-1.amazonaws.com": "aws",
		"ec2-1-2-3-4.compute.amazonaws.com": "", "127.0.0.1": "", "localhost": "", "openai.com.example.org": "", "": "",
	} {
		if got := HostProvider(host); got != want {
			t.Errorf("%q is %q's, want %q", host, got, want)
		}
	}
}

// Every dialect that is paid for is somebody's, and whose it is, is a provider of the catalogue's.
func TestDialectProvider(t *testing.T) {
	c, err := price.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, a := range c.APIs {
		known[a.Provider] = true
	}
	for _, k := range dialect.Kinds() {
		if p := DialectProvider(k.Name); k.Managed != (p != "") || p != "" && !known[p] {
			t.Errorf("%s, managed %v, is %q's", k.Name, k.Managed, p)
		}
	}
}
