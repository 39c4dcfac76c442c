-- For wrk: GET, or POST of the JSON that is given as argument; prints what was seen as one JSON object.
function init(args)
  if args[1] then
    wrk.method = "POST"
    wrk.body = args[1]
    wrk.headers["content-type"] = "application/json"
  end
end

function done(summary, latency)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('\n{"calls":%d,"wrong":%d,"p50Ms":%f,"p99Ms":%f}\n',
    summary.requests, wrong, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
