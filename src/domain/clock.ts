/**
 * Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", 2014): 48 bits of milliseconds since the epoch and a
 * 16-bit counter, written as 16 hex digits, so that text order is time order.
 *
 * It orders what one writer says, even when the wall clock goes back, and is near the wall clock for everybody else.
 */

/** A reading of the clock: 16 lower-case hex digits. */
export type Hlc = string & { readonly __id: 'hlc' };

/** How far ahead of its own wall clock a client lets other writers push it, in milliseconds. */
export const WITNESS_AHEAD_MAX_MS = 10 * 60 * 1000;
/** How far ahead of its own wall clock a server accepts an entry, in milliseconds. */
export const ACCEPT_AHEAD_MAX_MS = 24 * 60 * 60 * 1000;

/** 2020-01-01. A wall clock before it was never set: it says nothing about what is ahead of it. */
const WALL_MS_MIN = 1_577_836_800_000;

export const HLC_ZERO = '0000000000000000' as Hlc;
const COUNTER_MAX = 0xffff;
const MS_MAX = 2 ** 48 - 1;
const PATTERN = /^[0-9a-f]{16}$/;

export function isHlc(text: unknown): text is Hlc {
  return typeof text === 'string' && PATTERN.test(text);
}

/** The milliseconds since the epoch in a reading. */
export function hlcMs(hlc: Hlc): number {
  return Number.parseInt(hlc.slice(0, 12), 16);
}

/** The reading that starts at a wall clock time, counter 0. */
export function hlcAt(wallMs: number): Hlc {
  return write(wallMs, 0);
}

/**
 * The next reading after `last`, never before the wall clock. At the end of its range (in the year 10889) the clock
 * stands still, and ids decide the order.
 */
export function tick(last: Hlc, wallMs: number): Hlc {
  if (inRange(wallMs) > hlcMs(last)) return write(wallMs, 0);
  const counter = Number.parseInt(last.slice(12), 16);
  if (counter < COUNTER_MAX) return write(hlcMs(last), counter + 1);
  return hlcMs(last) < MS_MAX ? write(hlcMs(last) + 1, 0) : last;
}

/** What the high-water becomes after seeing another writer's reading: the later one, but not far past our own wall. */
export function witness(last: Hlc, seen: Hlc, wallMs: number): Hlc {
  return seen > last && hlcMs(seen) <= wallMs + WITNESS_AHEAD_MAX_MS ? seen : last;
}

/** True for a reading that a server would refuse because it is ahead of the wall clock, if the wall clock can be believed. */
export function isFarAhead(hlc: Hlc, wallMs: number): boolean {
  return wallMs >= WALL_MS_MIN && hlcMs(hlc) > wallMs + ACCEPT_AHEAD_MAX_MS;
}

/** A wall clock may be wrong in any way; what the clock cannot hold counts as the nearest time that it can. */
function inRange(wallMs: number): number {
  return Math.min(Math.max(Math.floor(wallMs) || 0, 0), MS_MAX);
}

function write(wallMs: number, counter: number): Hlc {
  return (inRange(wallMs).toString(16).padStart(12, '0') + counter.toString(16).padStart(4, '0')) as Hlc;
}
