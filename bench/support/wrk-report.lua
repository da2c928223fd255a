-- What wrk has seen, as one line of JSON. With an argument, requests are POSTs whose body has so many bytes.
init = function(args)
  if args[1] then
    wrk.method = "POST"
    wrk.body = string.rep("x", tonumber(args[1]))
  end
end

done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local line = '{"done":%d,"failed":%d,"bytes":%.0f,"seconds":%.6f,"p50Ms":%.3f,"p99Ms":%.3f}\n'
  local p50, p99 = latency:percentile(50) / 1000, latency:percentile(99) / 1000
  io.write(string.format(line, summary.requests, failed, summary.bytes, summary.duration / 1e6, p50, p99))
end
