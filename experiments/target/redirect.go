package target

import "net/http"

// SameServer is a CheckRedirect that lets a request be sent on within its server alone.
func SameServer(req *http.Request, via []*http.Request) error { return sameServer(req, via) }
