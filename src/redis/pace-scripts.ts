/*
 * What the pace of an account does inside Redis, each in one step. The time is Redis's own: the clocks of the processes
 * do not matter. All keys of an account carry it as their hash tag, so that they lie together in a cluster.
 */

const NOW = `
local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)
`;

/** What `TAKE` decided: the request may start; it stands in the queue; it would have to wait too long. */
export const STARTED = 1;
export const REFUSED = -1;

/**
 * KEYS: starts, queue, leases, pause. ARGV: limit, window ms, longest wait ms, ticket, lease ms, points.
 *
 * `starts` holds the starts of the last window by their time, `queue` those who wait by their arrival, `leases` until
 * when each of them is believed to be still there. A start is granted only while the window has room for it and for
 * everybody ahead; so the window cannot be overfilled, whoever wakes up when. The place of who leaves falls to who
 * comes next. Otherwise the answer is the time at which this ticket's turn comes if all ahead start: it asks again then.
 *
 * Answers {decision, ms to wait, ms of pause left, ages ...}: the ages are those of every n-th start, the oldest first,
 * so that a process that loses Redis knows how full the window was. -1 stands for a place that was free.
 */
export const TAKE = `${NOW}
local starts, queue, leases = KEYS[1], KEYS[2], KEYS[3]
local limit, window, longest, points = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[6])
local ticket = ARGV[4]
local paused = math.max(0, redis.call('PTTL', KEYS[4]))
local start = now + paused

local function leave()
  redis.call('ZREM', queue, ticket)
  redis.call('ZREM', leases, ticket)
end

if limit > 0 then
  redis.call('ZREMRANGEBYSCORE', starts, '-inf', now - window)
  -- Left behind by a clock that was set back: counted from now on.
  for _, ahead in ipairs(redis.call('ZRANGEBYSCORE', starts, '(' .. now, '+inf')) do
    redis.call('ZADD', starts, now, ahead)
  end
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', now)) do
    redis.call('ZREM', queue, gone)
    redis.call('ZREM', leases, gone)
  end
  local taken = redis.call('ZCARD', starts)
  local ahead = redis.call('ZRANK', queue, ticket) or redis.call('ZCARD', queue)
  local leaving = taken - limit + ahead % limit
  if leaving >= 0 then
    start = math.max(start, tonumber(redis.call('ZRANGE', starts, leaving, leaving, 'WITHSCORES')[2]) + window)
  end
  start = start + math.floor(ahead / limit) * window
end

local answer = {${STARTED}, start - now, paused}
if start - now > longest then
  leave()
  answer[1] = ${REFUSED}
elseif start > now then
  answer[1] = 0
  if limit > 0 then
    local lease = tonumber(ARGV[5])
    redis.call('ZADD', queue, 'NX', micros, ticket)
    redis.call('ZADD', leases, now + lease, ticket)
    redis.call('PEXPIRE', queue, lease)
    redis.call('PEXPIRE', leases, lease)
  end
elseif limit > 0 then
  leave()
  redis.call('ZADD', starts, now, ticket)
  redis.call('PEXPIRE', starts, window)
end

local taken = redis.call('ZCARD', starts)
for point = 1, points do
  local place = math.ceil(point * limit / points) - limit + taken - 1
  local found = place >= 0 and redis.call('ZRANGE', starts, place, place, 'WITHSCORES')
  answer[3 + point] = found and found[2] and now - tonumber(found[2]) or -1
end
return answer
`;

/**
 * KEYS: starts. ARGV: age ms, ticket, window ms. Counts a start that happened so long ago; never earlier than it is
 * counted already.
 */
export const NOTE = `${NOW}
local window = tonumber(ARGV[3])
local at = now - tonumber(ARGV[1])
if at <= now - window then return 0 end
local before = redis.call('ZSCORE', KEYS[1], ARGV[2])
if before and tonumber(before) >= at then return 0 end
redis.call('ZADD', KEYS[1], at, ARGV[2])
redis.call('PEXPIRE', KEYS[1], window)
return 1
`;

/** KEYS: starts, queue, leases. ARGV: ticket. Gives its place back. */
export const LEAVE = `
for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end
return 0
`;

/** KEYS: pause. ARGV: ms. A pause is only ever made longer. */
export const PAUSE = `
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('SET', KEYS[1], '1', 'PX', ARGV[1]) end
return 0
`;
