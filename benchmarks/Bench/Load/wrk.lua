-- wrk ... -s wrk.lua URL -- PATH [COOKIES]
-- GETs PATH (or WRK_METHOD's); COOKIES is a file of Cookie header values, one a line, used in turn. Each of wrk's threads has its own
-- share of the lines, so that two connections hardly ever use one session at once. The last line printed is numbers.
local threads = 0

function setup(thread)
  thread:set("number", threads)
  thread:set("count", tonumber(os.getenv("WRK_THREADS") or "2"))
  threads = threads + 1
end

function init(arguments)
  local method = os.getenv("WRK_METHOD") or "GET"
  requests, next_request = {}, 0
  if arguments[2] then
    local line_number = 0
    for line in io.lines(arguments[2]) do
      if line_number % count == number then
        requests[#requests + 1] = wrk.format(method, arguments[1], { ["Host"] = wrk.headers["Host"], ["Cookie"] = line })
      end
      line_number = line_number + 1
    end
  else
    requests[1] = wrk.format(method, arguments[1])
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.timeout + e.status))
end
