// The API through the client that ogen has made.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"

	"github.com/ogen-go/ogen/ogenerrors"

	"example.com/client/api"
)

func passed(check string) { fmt.Println("passed", check) }

// as is the answer of one kind among those that an operation has.
func as[T any](what string, answer any, err error) T {
	found, ok := answer.(T)
	if err != nil || !ok {
		log.Fatalf("%s: %#v %v", what, answer, err)
	}
	return found
}

func must(ok bool, what string) {
	if !ok {
		log.Fatalln(what)
	}
}

// credential is the token alone; the two other schemes are for keys with an address.
type credential struct{ token string }

func (c credential) Token(context.Context, api.OperationName) (api.Token, error) {
	return api.Token{Token: c.token}, nil
}
func (credential) Email(context.Context, api.OperationName) (api.Email, error) {
	return api.Email{}, ogenerrors.ErrSkipClientSecurity
}
func (credential) Key(context.Context, api.OperationName) (api.Key, error) {
	return api.Key{}, ogenerrors.ErrSkipClientSecurity
}

func main() {
	ctx := context.Background()
	account, name := os.Getenv("ACCOUNT_ID"), os.Getenv("NAME")
	client, err := api.NewClient(os.Getenv("OFFRAMP_URL"), credential{os.Getenv("TOKEN")})
	if err != nil {
		log.Fatalln(err)
	}

	one := api.PoolWriteOrigin{Name: "one", Address: "192.0.2.1"}
	pools := api.AccountLoadBalancerPoolsCreatePoolParams{AccountID: account}
	answer, err := client.AccountLoadBalancerPoolsCreatePool(ctx,
		&api.PoolWrite{Name: name, Origins: []api.PoolWriteOrigin{one}}, pools)
	pool := as[*api.PoolAnswer]("create", answer, err).Result
	var address string = pool.Origins[0].Address
	must(address == "192.0.2.1", "address")
	passed("create")

	listed, err := client.AccountLoadBalancerPoolsListPools(ctx,
		api.AccountLoadBalancerPoolsListPoolsParams{AccountID: account, PerPage: api.NewOptInt(50)})
	all := as[*api.PoolListAnswer]("list", listed, err).Result
	must(slices.ContainsFunc(all, func(other api.Pool) bool { return other.ID == pool.ID }), "list")
	passed("list")

	two := api.PoolWriteOrigin{Name: "two", Address: "192.0.2.2", Weight: api.NewOptNilFloat64(0.5)}
	changed, err := client.AccountLoadBalancerPoolsPatchPool(ctx,
		&api.PoolPatch{Origins: []api.PoolWriteOrigin{one, two}},
		api.AccountLoadBalancerPoolsPatchPoolParams{AccountID: account, PoolID: pool.ID})
	must(as[*api.PoolAnswer]("patch", changed, err).Result.Origins[1].Address == "192.0.2.2", "patch")
	passed("patch")

	// Names are checked by the client already, so that an address asks for what only the server refuses.
	none := api.PoolWriteOrigin{Name: "one", Address: "not an address"}
	refused, err := client.AccountLoadBalancerPoolsCreatePool(ctx,
		&api.PoolWrite{Name: name + "-400", Origins: []api.PoolWriteOrigin{none}}, pools)
	failed := as[*api.FailedStatusCode]("400", refused, err)
	var message string = failed.Response.Errors[0].Message
	must(failed.StatusCode == 400 && strings.Contains(message, "address"), "400: "+message)
	passed("400")

	missing, err := client.AccountLoadBalancerPoolsPoolDetails(ctx,
		api.AccountLoadBalancerPoolsPoolDetailsParams{AccountID: account, PoolID: strings.Repeat("0", 32)})
	must(as[*api.FailedStatusCode]("404", missing, err).StatusCode == 404, "404")
	passed("404")

	made, err := client.TunnelVirtualNetworkCreateAVirtualNetwork(ctx, &api.VirtualNetworkCreate{Name: name},
		api.TunnelVirtualNetworkCreateAVirtualNetworkParams{AccountID: account})
	network := as[*api.VirtualNetworkAnswer]("virtual network", made, err).Result
	passed("virtual network")

	dug, err := client.CloudflareTunnelCreateACloudflareTunnel(ctx, &api.TunnelCreate{Name: name},
		api.CloudflareTunnelCreateACloudflareTunnelParams{AccountID: account})
	tunnel := as[*api.CreatedTunnelAnswer]("tunnel", dug, err).Result
	passed("tunnel")

	led, err := client.TunnelRouteCreateATunnelRoute(ctx,
		&api.NetworkRouteCreate{Network: "10.1.0.0/16", TunnelID: tunnel.ID, VirtualNetworkID: api.NewOptNilUUID(network.ID)},
		api.TunnelRouteCreateATunnelRouteParams{AccountID: account})
	must(as[*api.NetworkRouteAnswer]("route", led, err).Result.Network == "10.1.0.0/16", "route")
	passed("route")
}
