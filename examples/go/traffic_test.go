package example

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"testing"

	"github.com/cloudflare/cloudflare-go/v6"
	"github.com/cloudflare/cloudflare-go/v6/load_balancers"
	"github.com/cloudflare/cloudflare-go/v6/option"
	"offramp.invalid/offramptest"
)

var offramp *offramptest.Server

// One server for all tests; each makes an account of its own. A single test would have offramptest.Start(t).
func TestMain(m *testing.M) {
	server, stop, err := offramptest.Launch()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	offramp = server
	code := m.Run()
	stop()
	os.Exit(code)
}

func clientOf(server *offramptest.Server) *cloudflare.Client {
	return cloudflare.NewClient(option.WithBaseURL(server.BaseURL), option.WithAPIToken(server.Token))
}

func makePool(t *testing.T, client *cloudflare.Client, accountID, address string, port int64) *load_balancers.Pool {
	t.Helper()
	pool, err := client.LoadBalancers.Pools.New(context.Background(), load_balancers.PoolNewParams{
		AccountID: cloudflare.F(accountID),
		Name:      cloudflare.F("main"),
		Origins: cloudflare.F([]load_balancers.OriginParam{{
			Name:    cloudflare.F("local"),
			Address: cloudflare.F(address),
			Port:    cloudflare.F(port),
		}}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return pool
}

func TestTrafficGoesWhereTheLoadBalancerSays(t *testing.T) {
	t.Parallel()
	own := offramp.Account(t)
	client := clientOf(own)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s from the origin", r.Host)
	}))
	defer origin.Close()
	at := origin.Listener.Addr().(*net.TCPAddr)
	pool := makePool(t, client, own.AccountID, at.IP.String(), int64(at.Port))
	host := "www." + own.Domain
	_, err := client.LoadBalancers.New(context.Background(), load_balancers.LoadBalancerNewParams{
		ZoneID:       cloudflare.F(own.ZoneID),
		Name:         cloudflare.F(host),
		DefaultPools: cloudflare.F([]load_balancers.DefaultPools{pool.ID}),
		FallbackPool: cloudflare.F(pool.ID),
		Proxied:      cloudflare.F(true),
	})
	if err != nil {
		t.Fatal(err)
	}

	status, body := own.Get(t, "http://"+host+"/cart")
	if status != 200 || body != host+" from the origin" {
		t.Fatalf("%d %q", status, body)
	}
	requests, err := own.WaitForRequests(1, url.Values{"path": {"/cart"}})
	if err != nil {
		t.Fatal(err)
	}
	if requests[0].Pool.Name != "main" || requests[0].Origin.Name != "local" {
		t.Fatalf("%+v", requests[0])
	}
}

func TestNoTestSeesThePoolsOfAnotherOne(t *testing.T) {
	t.Parallel()
	own := offramp.Account(t)
	client := clientOf(own)
	// The other test has a pool of this name as well.
	makePool(t, client, own.AccountID, "192.0.2.1", 80)
	pools, err := client.LoadBalancers.Pools.List(context.Background(), load_balancers.PoolListParams{
		AccountID: cloudflare.F(own.AccountID),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(pools.Result) != 1 || pools.Result[0].Name != "main" {
		t.Fatalf("%+v", pools.Result)
	}
}

func TestAServerOfItsOwn(t *testing.T) {
	own := offramptest.Start(t, "--domain=chosen.test")
	if own.BaseURL == offramp.BaseURL || own.Domain != "chosen.test" {
		t.Fatalf("%+v", own)
	}
}
