package target

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// largestAnswer bounds what is read of a server's answers about itself.
const largestAnswer = 1 << 24

// ask gets what a server of this machine says of itself at a URL.
func ask(ctx context.Context, client *http.Client, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	res, err := cmp.Or(client, http.DefaultClient).Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, largestAnswer))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", req.URL.Path, res.Status)
	}
	return body, err
}

// askJSON reads the answer into what is given, nil for none.
func askJSON(ctx context.Context, client *http.Client, url string, into any) error {
	body, err := ask(ctx, client, url)
	if err != nil || into == nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("GET %s: %w", url, err)
	}
	return nil
}

// versionAt is what a server says at /version.
func versionAt(ctx context.Context, client *http.Client, base string) (string, error) {
	var answer struct {
		Version string `json:"version"`
	}
	err := askJSON(ctx, client, base+"/version", &answer)
	return answer.Version, err
}
