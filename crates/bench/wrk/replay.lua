-- Sends the requests of a file one after the other, from its beginning again at its end: one request a line, as
-- method, path and body with tabs between. Arguments: the file, the token. Answers one line of figures, read by load.rs.

local requests = {}
local next = 0

function init(args)
    for line in io.lines(args[1]) do
        local method, path, body = line:match("^(%S+)\t(%S+)\t(.*)$")
        local headers = {}
        if path:find("^/api/") then
            headers["Authorization"] = "Bearer " .. args[2]
        end
        if body ~= "" then
            headers["Content-Type"] = "application/json"
        end
        requests[#requests + 1] = wrk.format(method, path, headers, body ~= "" and body or nil)
    end
end

function request()
    next = next % #requests + 1
    return requests[next]
end

function done(summary, latency, _)
    local errors = summary.errors
    io.write(string.format("FIGURES %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
