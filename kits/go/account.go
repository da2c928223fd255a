package offramptest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Account gives the test an account, a zone and a domain that no other test has. They go with the test, with everything in them.
func (s *Server) Account(t testing.TB) *Server {
	t.Helper()
	name := make([]byte, 6)
	if _, err := rand.Read(name); err != nil {
		t.Fatal(err)
	}
	own := *s
	own.Domain = "t" + hex.EncodeToString(name) + ".test"
	var made struct{ ID string }
	if err := s.Call("POST", "/accounts", map[string]any{"name": "Tests of " + own.Domain}, &made); err != nil {
		t.Fatal(err)
	}
	own.AccountID = made.ID
	t.Cleanup(func() {
		if err := s.Call("DELETE", "/accounts/"+own.AccountID, nil, nil); err != nil {
			t.Error(err)
		}
	})
	zone := map[string]any{"name": own.Domain, "account": map[string]any{"id": own.AccountID}}
	if err := s.Call("POST", "/zones", zone, &made); err != nil {
		t.Fatal(err)
	}
	own.ZoneID = made.ID
	return &own
}

// Call asks the API, /accounts/…, or Offramp itself, /_offramp/…. It puts "result", or everything where there is none, into result unless that is nil.
// What is refused is an error.
func (s *Server) Call(method, path string, body, result any) error {
	base := s.BaseURL
	if strings.HasPrefix(path, "/_offramp/") {
		base = strings.TrimSuffix(base, "/client/v4")
	}
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, base+path, sent)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s was answered with %d: %s", method, path, response.StatusCode, text)
	}
	if result == nil {
		return nil
	}
	var envelope struct{ Result json.RawMessage }
	if err := json.Unmarshal(text, &envelope); err != nil {
		return err
	}
	if envelope.Result != nil {
		text = envelope.Result
	}
	return json.Unmarshal(text, result)
}

// Client is one whose http:// requests come to HTTP, whatever their host and port.
func (s *Server) Client() *http.Client {
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, s.HTTP)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
}

// Get is the request of a visitor; it answers status and body.
func (s *Server) Get(t testing.TB, url string) (int, string) {
	t.Helper()
	response, err := s.Client().Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// Request is one of a visitor, as /_offramp/requests shows it.
type Request struct {
	Ray, Method, Host, Path string
	Status                  int
	Error                   string
	Pool, Origin            struct{ Name string }
}

// WaitForRequests answers the requests of visitors of the domain, and of names below it, that fit the filter, newest first, when there are so many. When
// there are not within five seconds it is an error that names what was nearest.
func (s *Server) WaitForRequests(count int, filter url.Values) ([]Request, error) {
	query := url.Values{"host": {"*." + s.Domain}, "wait": {fmt.Sprint(count)}}
	for name, values := range filter {
		query[name] = values
	}
	var found struct {
		Count    int
		Requests []Request
		Nearest  json.RawMessage
	}
	if err := s.Call("GET", "/_offramp/requests?"+query.Encode(), nil, &found); err != nil {
		return nil, err
	}
	if found.Count < count {
		return nil, fmt.Errorf("%d of %d requests came; nearest: %s", found.Count, count, found.Nearest)
	}
	return found.Requests, nil
}

// Env is what SDKs, Terraform and cloudflared read, as "offramp env" prints it: for exec.Cmd.Env.
func (s *Server) Env() []string {
	return []string{
		"CLOUDFLARE_BASE_URL=" + s.BaseURL,
		"CLOUDFLARE_API_BASE_URL=" + s.BaseURL,
		"CLOUDFLARE_API_TOKEN=" + s.Token,
		"CLOUDFLARE_ACCOUNT_ID=" + s.AccountID,
		"CLOUDFLARE_ZONE_ID=" + s.ZoneID,
		"CLOUDFLARE_DOMAIN=" + s.Domain,
		"TUNNEL_API_URL=" + s.BaseURL,
		// As many as cloudflared shall have connections.
		"TUNNEL_EDGE=" + strings.Join([]string{s.Edge, s.Edge, s.Edge, s.Edge}, ","),
		"TUNNEL_CACERT=" + s.EdgeCA,
		"TUNNEL_TRANSPORT_PROTOCOL=http2",
		"TUNNEL_NO_PRECHECKS=true",
		"NO_AUTOUPDATE=true",
	}
}
