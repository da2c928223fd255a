// The API through the client that oapi-codegen has made.
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"slices"
	"strings"

	"example.com/client/api"
)

func passed(check string) { fmt.Println("passed", check) }

func must(ok bool, what string, err error) {
	if !ok || err != nil {
		log.Fatalln(what, err)
	}
}

func main() {
	ctx := context.Background()
	account, name := os.Getenv("ACCOUNT_ID"), os.Getenv("NAME")
	client, err := api.NewClientWithResponses(os.Getenv("OFFRAMP_URL"),
		api.WithRequestEditorFn(func(_ context.Context, request *http.Request) error {
			request.Header.Set("Authorization", "Bearer "+os.Getenv("TOKEN"))
			return nil
		}))
	must(true, "client", err)

	one := api.PoolWriteOrigin{Name: "one", Address: "192.0.2.1"}
	created, err := client.AccountLoadBalancerPoolsCreatePoolWithResponse(ctx, account,
		api.PoolWrite{Name: name, Origins: []api.PoolWriteOrigin{one}})
	must(err == nil && created.JSON200 != nil, "create", err)
	pool := created.JSON200.Result
	var address string = pool.Origins[0].Address
	must(address == "192.0.2.1", "address", nil)
	passed("create")

	fifty := 50
	listed, err := client.AccountLoadBalancerPoolsListPoolsWithResponse(ctx, account,
		&api.AccountLoadBalancerPoolsListPoolsParams{PerPage: &fifty})
	must(err == nil && listed.JSON200 != nil, "list", err)
	must(slices.ContainsFunc(listed.JSON200.Result, func(other api.Pool) bool { return other.Id == pool.Id }), "list", nil)
	passed("list")

	half := 0.5
	origins := []api.PoolWriteOrigin{one, {Name: "two", Address: "192.0.2.2", Weight: &half}}
	changed, err := client.AccountLoadBalancerPoolsPatchPoolWithResponse(ctx, account, pool.Id, api.PoolPatch{Origins: &origins})
	must(err == nil && changed.JSON200 != nil, "patch", err)
	must(changed.JSON200.Result.Origins[1].Address == "192.0.2.2", "patch", nil)
	passed("patch")

	refused, err := client.AccountLoadBalancerPoolsCreatePoolWithResponse(ctx, account,
		api.PoolWrite{Name: "not a name", Origins: []api.PoolWriteOrigin{one}})
	must(err == nil && refused.StatusCode() == 400 && refused.JSON4XX != nil, "400", err)
	var message string = refused.JSON4XX.Errors[0].Message
	must(strings.Contains(message, "name"), "400", nil)
	passed("400")

	missing, err := client.AccountLoadBalancerPoolsPoolDetailsWithResponse(ctx, account, strings.Repeat("0", 32))
	must(err == nil && missing.StatusCode() == 404 && missing.JSON4XX != nil, "404", err)
	passed("404")

	network, err := client.TunnelVirtualNetworkCreateAVirtualNetworkWithResponse(ctx, account, api.VirtualNetworkCreate{Name: name})
	must(err == nil && network.JSON200 != nil, "virtual network", err)
	passed("virtual network")

	tunnel, err := client.CloudflareTunnelCreateACloudflareTunnelWithResponse(ctx, account, api.TunnelCreate{Name: name})
	must(err == nil && tunnel.JSON200 != nil, "tunnel", err)
	passed("tunnel")

	route, err := client.TunnelRouteCreateATunnelRouteWithResponse(ctx, account, api.NetworkRouteCreate{
		Network: "10.1.0.0/16", TunnelId: tunnel.JSON200.Result.Id, VirtualNetworkId: &network.JSON200.Result.Id,
	})
	must(err == nil && route.JSON200 != nil && route.JSON200.Result.Network == "10.1.0.0/16", "route", err)
	passed("route")
}
