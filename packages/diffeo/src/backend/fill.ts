/** @file Memory filled with one value. */

/** Writes `pattern` over and over; the last time what fits of it. */
export function fillBytes(to: Uint8Array, pattern: Uint8Array): void {
  if (pattern.every(byte => byte === pattern[0])) {
    to.fill(pattern[0])
    return
  }
  to.set(pattern.subarray(0, to.length))
  for (let done = pattern.length; done < to.length; done *= 2) to.copyWithin(done, 0, done)
}
