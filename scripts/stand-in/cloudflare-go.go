// cloudflare-go v0 as programs use it that were written for Cloudflare alone: no base URL is told to it.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/cloudflare/cloudflare-go"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

func expect(holds bool, what string) {
	if !holds {
		fmt.Fprintln(os.Stderr, "not so: "+what)
		os.Exit(1)
	}
	fmt.Println("ok " + what)
}

func main() {
	ctx := context.Background()
	api := must(cloudflare.NewWithAPIToken(os.Getenv("CF_API_TOKEN")))
	account := cloudflare.AccountIdentifier(os.Getenv("CLOUDFLARE_ACCOUNT_ID"))
	zone := cloudflare.ZoneIdentifier(os.Getenv("CLOUDFLARE_ZONE_ID"))

	origins := []cloudflare.LoadBalancerOrigin{{Name: "one", Address: "8.8.8.8", Enabled: true, Weight: 1}}
	pool := must(api.CreateLoadBalancerPool(ctx, account, cloudflare.CreateLoadBalancerPoolParams{
		LoadBalancerPool: cloudflare.LoadBalancerPool{Name: "go", Origins: origins, Enabled: true},
	}))
	expect(pool.ID != "", "a pool is created")
	pool.Description = "changed"
	changed := must(api.UpdateLoadBalancerPool(ctx, account, cloudflare.UpdateLoadBalancerPoolParams{LoadBalancer: pool}))
	expect(changed.Description == "changed", "it is changed")
	expect(must(api.GetLoadBalancerPool(ctx, account, pool.ID)).Description == "changed", "it is read")
	name := "go." + os.Getenv("CLOUDFLARE_DOMAIN")
	balancer := must(api.CreateLoadBalancer(ctx, zone, cloudflare.CreateLoadBalancerParams{
		LoadBalancer: cloudflare.LoadBalancer{Name: name, DefaultPools: []string{pool.ID}, FallbackPool: pool.ID},
	}))
	expect(len(must(api.ListLoadBalancers(ctx, zone, cloudflare.ListLoadBalancerParams{}))) == 1, "a load balancer is listed")
	expect(api.DeleteLoadBalancer(ctx, zone, balancer.ID) == nil, "it is deleted")
	expect(api.DeleteLoadBalancerPool(ctx, account, pool.ID) == nil, "so is the pool")
	_, err := api.GetLoadBalancerPool(ctx, account, pool.ID)
	expect(err != nil, "which is gone then")

	host := "records." + os.Getenv("CLOUDFLARE_DOMAIN")
	record := must(api.CreateDNSRecord(ctx, zone, cloudflare.CreateDNSRecordParams{Type: "A", Name: host, Content: "192.0.2.1", TTL: 60}))
	expect(record.Name == host && record.Content == "192.0.2.1", "a DNS record is created")
	altered := must(api.UpdateDNSRecord(ctx, zone, cloudflare.UpdateDNSRecordParams{ID: record.ID, Type: "A", Name: host, Content: "192.0.2.2"}))
	expect(altered.Content == "192.0.2.2", "it is changed")
	expect(must(api.GetDNSRecord(ctx, zone, record.ID)).Content == "192.0.2.2", "it is read")
	must(api.CreateDNSRecord(ctx, zone, cloudflare.CreateDNSRecordParams{Type: "TXT", Name: host, Content: "\"text\""}))
	listed, _, err := api.ListDNSRecords(ctx, zone, cloudflare.ListDNSRecordsParams{Name: host, Type: "A"})
	expect(err == nil && len(listed) == 1 && listed[0].ID == record.ID, "it is listed")
	expect(api.DeleteDNSRecord(ctx, zone, record.ID) == nil, "it is deleted")
	_, err = api.GetDNSRecord(ctx, zone, record.ID)
	expect(err != nil, "which is gone then")

	network := must(api.CreateTunnelVirtualNetwork(ctx, account, cloudflare.TunnelVirtualNetworkCreateParams{Name: "go"}))
	expect(network.Name == "go", "a virtual network is created")
	tunnel := must(api.CreateTunnel(ctx, account, cloudflare.TunnelCreateParams{Name: "go", Secret: "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}))
	expect(tunnel.Name == "go", "a tunnel is created")
}
