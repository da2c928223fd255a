// Package offramptest starts an Offramp for tests: a server in memory, on free ports, that ends with the test. It needs Node and the program; see
// README.md.
package offramptest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"
	"time"
)

// Token is a credential. Any is good to an Offramp that listens on loopback.
const Token = "offramp-local-token-for-any-auth-0"

const (
	npmPackage = "@offramp-ltm/offramp"
	stopLimit  = 15 * time.Second
)

// Server is a running Offramp, with the account and the zone that a test works in.
type Server struct {
	// BaseURL is that of SDKs: option.WithBaseURL(server.BaseURL).
	BaseURL string `json:"api_url"`
	Token   string `json:"-"`

	AccountID string `json:"account_id"`
	ZoneID    string `json:"zone_id"`
	Domain    string `json:"domain"`

	// HTTP, HTTPS, DNS and Edge are host:port: of traffic, of questions of DNS, and for tunnel connectors.
	HTTP  string `json:"http"`
	HTTPS string `json:"https"`
	DNS   string `json:"dns"`
	Edge  string `json:"edge"`
	// EdgeCA is the file of the CA that connectors trust.
	EdgeCA string `json:"edge_ca"`
}

// Start starts a server, with more flags of "offramp start" if any are given, and ends it with the test.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	server, stop, err := Launch(flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return server
}

// Launch starts a server for whoever has no test yet, such as TestMain; stop ends it.
func Launch(flags ...string) (server *Server, stop func(), err error) {
	command, err := program()
	if err != nil {
		return nil, nil, err
	}
	process := exec.Command(command[0], append(append(command[1:], usual...), flags...)...)
	process.Env = ownEnvironment()
	said := &output{}
	process.Stderr = said
	// The program ends with its standard input: when stop closes it, and when this process has gone, whichever way.
	stdin, err := process.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := process.Start(); err != nil {
		return nil, nil, fmt.Errorf("%s cannot be run: %w", command[0], err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		stdin.Close()
		return nil, nil, fmt.Errorf("no Offramp could be started by %s: %v: %s", command[0], process.Wait(), said)
	}
	server = &Server{Token: Token}
	if err := json.Unmarshal(line, server); err != nil {
		stdin.Close()
		process.Wait()
		return nil, nil, fmt.Errorf("%s is no Offramp: it said %q", command[0], line)
	}
	return server, func() { end(process, stdin) }, nil
}

var usual = []string{
	"start", "--memory", "--json", "--end-with-stdin", "--min-monitor-interval=1", "--drain-timeout=1",
	"--port=0", "--edge-port=0", "--http-port=0", "--https-port=0", "--dns-port=0", "--private-port=0",
}

func end(process *exec.Cmd, stdin io.Closer) {
	stdin.Close()
	timer := time.AfterFunc(stopLimit, func() { process.Process.Kill() })
	defer timer.Stop()
	process.Wait()
}

func program() ([]string, error) {
	if named := os.Getenv("OFFRAMP_BIN"); named != "" {
		return []string{named}, nil
	}
	if found, err := exec.LookPath("offramp"); err == nil {
		return []string{found}, nil
	}
	if found, err := exec.LookPath("npx"); err == nil {
		return []string{found, "--yes", npmPackage}, nil
	}
	return nil, fmt.Errorf("there is no offramp: set OFFRAMP_BIN, or have offramp or npx on the PATH")
}

var own = regexp.MustCompile(`^(OFFRAMP|CLOUDFLARE|TUNNEL|DATABASE)_`)

// The person's own settings are for their own Offramp.
func ownEnvironment() []string {
	var kept []string
	for _, variable := range os.Environ() {
		if !own.MatchString(variable) {
			kept = append(kept, variable)
		}
	}
	return kept
}

// output keeps what the program says beside its ready line.
type output struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

const mostOutput = 64 << 10

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.text.Len() < mostOutput {
		o.text.Write(p)
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}
