// The API through the client that openapi-generator has made, with the HTTP client that Java has itself.
import java.util.UUID;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.LoadBalancerPoolsApi;
import org.openapitools.client.api.RoutesApi;
import org.openapitools.client.api.TunnelsApi;
import org.openapitools.client.api.VirtualNetworksApi;
import org.openapitools.client.model.NetworkRouteCreate;
import org.openapitools.client.model.Pool;
import org.openapitools.client.model.PoolPatch;
import org.openapitools.client.model.PoolWrite;
import org.openapitools.client.model.PoolWriteOrigin;
import org.openapitools.client.model.TunnelCreate;
import org.openapitools.client.model.VirtualNetworkCreate;

public class Program {
  static void passed(String check) {
    System.out.println("passed " + check);
  }

  static void must(boolean ok, String what) {
    if (!ok) throw new AssertionError(what);
  }

  interface Call {
    Object make() throws ApiException;
  }

  static ApiException refused(Call call) {
    try {
      throw new AssertionError("not refused: " + call.make());
    } catch (ApiException refused) {
      return refused;
    }
  }

  public static void main(String[] arguments) throws ApiException {
    String account = System.getenv("ACCOUNT_ID");
    String name = System.getenv("NAME");
    String token = System.getenv("TOKEN");
    ApiClient client = new ApiClient();
    client.updateBaseUri(System.getenv("OFFRAMP_URL"));
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    LoadBalancerPoolsApi pools = new LoadBalancerPoolsApi(client);

    PoolWriteOrigin one = new PoolWriteOrigin().name("one").address("192.0.2.1");
    PoolWrite body = new PoolWrite().name(name).addOriginsItem(one);
    Pool pool = pools.accountLoadBalancerPoolsCreatePool(account, body).getResult();
    String address = pool.getOrigins().get(0).getAddress();
    must(address.equals("192.0.2.1"), "address");
    passed("create");

    must(
        pools.accountLoadBalancerPoolsListPools(account, null, null, 50).getResult().stream()
            .anyMatch(other -> other.getId().equals(pool.getId())),
        "list");
    passed("list");

    PoolWriteOrigin two = new PoolWriteOrigin().name("two").address("192.0.2.2").weight(0.5);
    Pool changed =
        pools
            .accountLoadBalancerPoolsPatchPool(
                account, pool.getId(), new PoolPatch().addOriginsItem(one).addOriginsItem(two))
            .getResult();
    must(changed.getOrigins().get(1).getAddress().equals("192.0.2.2"), "patch");
    passed("patch");

    PoolWrite wrong = new PoolWrite().name("not a name").addOriginsItem(one);
    ApiException bad = refused(() -> pools.accountLoadBalancerPoolsCreatePool(account, wrong));
    must(bad.getCode() == 400 && bad.getResponseBody().contains("name"), "400");
    passed("400");

    ApiException missing = refused(() -> pools.accountLoadBalancerPoolsPoolDetails(account, "0".repeat(32)));
    must(missing.getCode() == 404, "404");
    passed("404");

    UUID network =
        new VirtualNetworksApi(client)
            .tunnelVirtualNetworkCreateAVirtualNetwork(account, new VirtualNetworkCreate().name(name))
            .getResult()
            .getId();
    passed("virtual network");

    UUID tunnel =
        new TunnelsApi(client)
            .cloudflareTunnelCreateACloudflareTunnel(account, new TunnelCreate().name(name))
            .getResult()
            .getId();
    passed("tunnel");

    NetworkRouteCreate route =
        new NetworkRouteCreate().network("10.1.0.0/16").tunnelId(tunnel).virtualNetworkId(network);
    String led = new RoutesApi(client).tunnelRouteCreateATunnelRoute(account, route).getResult().getNetwork();
    must(led.equals("10.1.0.0/16"), "route");
    passed("route");
  }
}
