// lego's provider for Cloudflare, as lego itself and Traefik have it: it shows the challenge of ACME in DNS, and takes it away. Nothing
// tells it where the API is; DNS is asked as a resolver would be.
package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/go-acme/lego/v4/challenge/dns01"
	"github.com/go-acme/lego/v4/providers/dns/cloudflare"
	"github.com/miekg/dns"
)

var nameServer = os.Getenv("OFFRAMP_DNS")

func stop(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func expect(holds bool, what string) {
	if !holds {
		stop(fmt.Errorf("not so: %s", what))
	}
	fmt.Println("ok " + what)
}

// What DNS says: its code, and the text of each record.
func ask(name string) (int, []string) {
	question := new(dns.Msg)
	question.SetQuestion(name, dns.TypeTXT)
	answer, _, err := new(dns.Client).Exchange(question, nameServer)
	stop(err)
	texts := []string{}
	for _, record := range answer.Answer {
		if text, ok := record.(*dns.TXT); ok {
			texts = append(texts, strings.Join(text.Txt, ""))
		}
	}
	return answer.Rcode, texts
}

func main() {
	stop(dns01.AddRecursiveNameservers([]string{nameServer})(nil))
	provider, err := cloudflare.NewDNSProvider()
	stop(err)
	domain := os.Getenv("CLOUDFLARE_DOMAIN")

	zone, err := dns01.FindZoneByFqdn("_acme-challenge.www." + domain + ".")
	stop(err)
	expect(zone == domain+".", "the zone is found by its SOA, before it has any record")

	for _, name := range []string{domain, "www." + domain} {
		// A certificate for a name and its wildcard has two challenges in one place.
		first, second := dns01.GetChallengeInfo(name, "first"), dns01.GetChallengeInfo(name, "second")
		at := first.EffectiveFQDN
		rcode, _ := ask(at)
		expect(rcode == dns.RcodeNameError, at+" is not there")
		stop(provider.Present(name, "one", "first"))
		_, texts := ask(at)
		expect(slices.Equal(texts, []string{first.Value}), "Present: DNS answers "+first.Value)
		stop(provider.Present(name, "two", "second"))
		_, texts = ask(at)
		expect(slices.Equal(texts, []string{first.Value, second.Value}), "a second one stands beside it")
		stop(provider.CleanUp(name, "one", "first"))
		_, texts = ask(at)
		expect(slices.Equal(texts, []string{second.Value}), "CleanUp takes the first one away")
		stop(provider.CleanUp(name, "two", "second"))
		rcode, _ = ask(at)
		expect(rcode == dns.RcodeNameError, at+" is gone")
	}
}
