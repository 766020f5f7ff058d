"""What a Redis server does for a store, in one step each.

An event has two keys. One holds its state: a letter, the token of the claim (or of the transaction
that ended it) and, once it is done, the answer. The other is there while the lease of the claim
runs, and goes by itself; so renewing a claim does not touch the state, which transactions watch.

All scripts may run twice, because an answer that got lost is asked for again.
"""

from __future__ import annotations

from hashlib import sha1
from typing import Final

CLAIMED: Final = b"c"
DONE_IN_TRANSACTION: Final = b"t"


class Script:
    """A Lua script. `KEYS` are the state and the lease, `ARGV[1]` is the token of the claim.

    Attributes:
        text: The script.
        digest: The name under which the server keeps it once it has seen it.
    """

    __slots__ = ("digest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


CLAIM: Final = Script("""
local state = redis.call('GET', KEYS[1])
if state then
    if string.sub(state, 1, 1) ~= 'c' then
        return string.sub(state, 34)
    end
    if state ~= 'c' .. ARGV[1] and redis.call('EXISTS', KEYS[2]) == 1 then
        return 0
    end
end
redis.call('SET', KEYS[1], 'c' .. ARGV[1], 'PX', ARGV[3])
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
return 1
""")
"""`ARGV[2]` is the lease, `ARGV[3]` how long the state is kept. Returns the answer of an event that
is done, else 1 if the claim holds, and 0 if somebody else's does."""

RENEW: Final = Script("""
if redis.call('GET', KEYS[1]) ~= 'c' .. ARGV[1] then
    return 0
end
redis.call('SET', KEYS[2], '', 'PX', ARGV[2])
return 1
""")
"""`ARGV[2]` is the lease. Returns 1 if the claim holds on."""

FINISH: Final = Script("""
local state = redis.call('GET', KEYS[1])
if state and string.sub(state, 1, 1) ~= 'c' then
    return string.sub(state, 34)
end
if not state or state == 'c' .. ARGV[1] then
    redis.call('SET', KEYS[1], 'd' .. ARGV[1] .. ARGV[2], 'PX', ARGV[3])
    redis.call('DEL', KEYS[2])
end
return ARGV[2]
""")
"""`ARGV[2]` is the answer, `ARGV[3]` how long it is kept. Returns the answer that counts."""

RELEASE: Final = Script("""
if redis.call('GET', KEYS[1]) == 'c' .. ARGV[1] then
    redis.call('DEL', KEYS[1], KEYS[2])
end
return 1
""")
"""Gives a claim back if it is held."""
