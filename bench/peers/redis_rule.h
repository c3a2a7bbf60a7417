// The rule as a Lua script for Redis, and the scripts that fill it and add it up.
//
// Keys are short on purpose: r:ID a request's answer, c:CARD status and account of a card,
// a:ACCOUNT a hash, h:AUTHORIZATION a hold. A script's effects are written to the append-only file
// as one transaction. `%.0f`: Lua's numbers are doubles, exact for whole numbers up to 2^53, and
// its own conversion to text keeps 14 digits only.
#pragma once

namespace holdfast::bench {

// KEYS: request, card. ARGV: amount. Returns "DECISION:AUTHORIZATION:AVAILABLE", the decision as in
// ISO 8583's DE39.
inline constexpr const char* kRedisAuthorize = R"lua(
local first = redis.call('GET', KEYS[1])
if first then return first end
local answer
local card = redis.call('GET', KEYS[2])
if not card then
  answer = '14:0:0'
elseif string.sub(card, 1, 1) ~= '0' then
  answer = '62:0:0'
else
  local name = 'a:' .. string.sub(card, 2)
  local account = redis.call('HMGET', name, 'status', 'ledger', 'credit', 'held')
  local available = tonumber(account[2]) + tonumber(account[3]) - tonumber(account[4])
  local amount = tonumber(ARGV[1])
  if account[1] ~= '0' then
    answer = '62:0:' .. string.format('%.0f', available)
  elseif amount > available then
    answer = '51:0:' .. string.format('%.0f', available)
  else
    local id = string.format('%.0f', redis.call('INCR', 'authorizations'))
    redis.call('HINCRBY', name, 'held', ARGV[1])
    redis.call('SET', 'h:' .. id, string.sub(card, 2) .. ':' .. ARGV[1])
    answer = '00:' .. id .. ':' .. string.format('%.0f', available - amount)
  end
end
redis.call('SET', KEYS[1], answer)
return answer
)lua";

// ARGV: first, last, fund.
inline constexpr const char* kRedisFill = R"lua(
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local id = string.format('%08x', i)
  redis.call('SET', 'c:' .. id, '0' .. id)
  redis.call('HSET', 'a:' .. id, 'status', '0', 'ledger', ARGV[3], 'credit', '0', 'held', '0')
end
return 'OK'
)lua";

// ARGV: first, last. Returns the sums of ledgers and held amounts as text.
inline constexpr const char* kRedisSums = R"lua(
local ledger, held = 0, 0
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local account = redis.call('HMGET', 'a:' .. string.format('%08x', i), 'ledger', 'held')
  ledger = ledger + tonumber(account[1])
  held = held + tonumber(account[2])
end
return string.format('%.0f:%.0f', ledger, held)
)lua";

// ARGV: first, last authorization. Returns the sum of those holds as text.
inline constexpr const char* kRedisHolds = R"lua(
local sum = 0
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
  local hold = redis.call('GET', 'h:' .. string.format('%.0f', i))
  sum = sum + tonumber(string.match(hold, ':(%d+)$'))
end
return string.format('%.0f', sum)
)lua";

}  // namespace holdfast::bench
