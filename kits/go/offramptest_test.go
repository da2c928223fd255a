package offramptest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
)

func TestAServerForATestRoutes(t *testing.T) {
	server := Start(t, "--domain=chosen.test")
	if server.Domain != "chosen.test" {
		t.Fatalf("flags are not taken: %+v", server)
	}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Host, r.URL.Path)
	}))
	defer origin.Close()
	at := origin.Listener.Addr().(*net.TCPAddr)

	own := server.Account(t)
	if own.AccountID == server.AccountID || own.ZoneID == server.ZoneID || own.Domain == server.Domain {
		t.Fatalf("the account is no other one: %+v", own)
	}
	local := map[string]any{"name": "local", "address": at.IP.String(), "port": at.Port}
	var pool struct{ ID string }
	pools := "/accounts/" + own.AccountID + "/load_balancers/pools"
	if err := own.Call("POST", pools, map[string]any{"name": "main", "origins": []any{local}}, &pool); err != nil {
		t.Fatal(err)
	}
	host := "www." + own.Domain
	balancer := map[string]any{
		"name": host, "proxied": true, "fallback_pool": pool.ID, "default_pools": []string{pool.ID},
	}
	if err := own.Call("POST", "/zones/"+own.ZoneID+"/load_balancers", balancer, nil); err != nil {
		t.Fatal(err)
	}
	if status, body := own.Get(t, "http://"+host+"/cart"); status != 200 || body != host+" /cart" {
		t.Fatalf("%d %q", status, body)
	}
	requests, err := own.WaitForRequests(1, url.Values{"path": {"/cart"}})
	if err != nil || requests[0].Pool.Name != "main" {
		t.Fatalf("%+v %v", requests, err)
	}
	_, err = own.WaitForRequests(1, url.Values{"path": {"/other"}, "timeout_ms": {"1"}})
	if err == nil || !strings.HasPrefix(err.Error(), "0 of 1 requests came; nearest: [{") {
		t.Fatal(err)
	}
	if env := strings.Join(own.Env(), "\n"); !strings.Contains(env, "CLOUDFLARE_ACCOUNT_ID="+own.AccountID) {
		t.Fatal(env)
	}
}

func TestAnAccountGoesWithItsTest(t *testing.T) {
	server := Start(t)
	var own *Server
	t.Run("with an account", func(t *testing.T) {
		own = server.Account(t)
	})
	err := server.Call("GET", "/accounts/"+own.AccountID, nil, nil)
	if err == nil || !strings.Contains(err.Error(), "answered with 404") {
		t.Fatal(err)
	}
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	_, _, err := Launch("--nonsense")
	if err == nil || !strings.Contains(err.Error(), "--nonsense") {
		t.Fatal(err)
	}
	t.Setenv("OFFRAMP_BIN", os.DevNull)
	if _, _, err := Launch(); err == nil || !strings.Contains(err.Error(), os.DevNull+" cannot be run") {
		t.Fatal(err)
	}
}
