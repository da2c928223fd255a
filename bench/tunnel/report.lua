-- What wrk has seen, as one line of JSON.
done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local line = '{"done":%d,"failed":%d,"seconds":%.6f,"p99Ms":%.3f}\n'
  io.write(string.format(line, summary.requests, failed, summary.duration / 1e6, latency:percentile(99) / 1000))
end
