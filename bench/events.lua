-- Posts orders of one line, each under an id of its own. Arguments: a prefix that no other
-- run has, and the API key.

local head, body, number = nil, nil, 0

function init(args)
   local line = '{"id":"1","quantity":2,"revenue":"19.98","product":"bowl-7","sku":"BOWL"}'
   body = '{"kind":"order","id":"' .. args[1] .. '-%09d","currency":"USD",' ..
      '"occurred_at":"2026-05-20T12:00:00Z","lines":[' .. line .. '],"tags":["spring"]}'
   head = "POST " .. wrk.path .. " HTTP/1.1\r\nHost: " .. wrk.host ..
      "\r\nAuthorization: Bearer " .. args[2] ..
      "\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
   head = string.format(head, #string.format(body, 0))
end

function request()
   number = number + 1
   return head .. string.format(body, number)
end
