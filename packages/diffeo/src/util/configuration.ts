/**
 * @file Settings that are read while a mapping is traced (train/eval, frozen, the device): they are guards of what was
 * compiled. Whoever changes one calls `changed()`; whoever reads one that matters to a trace reads it through
 * `observe`.
 */

export interface Guard {
  /** Reads the setting again. */
  readonly read: () => unknown
  /** What it was when the trace read it. */
  readonly value: unknown
}

const observers: Guard[][] = []

export const configuration = {
  /** Grows whenever some setting changes: while it stands still, no guard need be checked. */
  version: 0,
  changed(): void { configuration.version++ },
}

/**
 * Reads a setting; what is being traced remembers its value and is traced again once it differs.
 * @example get training() { return observe(() => this.#training) }
 */
export function observe<T>(read: () => T): T {
  const value = read()
  for (const guards of observers) guards.push({ read, value })
  return value
}

/** Runs `body` and gives, beside its result, the settings it read. */
export function observed<T>(body: () => T): { result: T; guards: Guard[] } {
  const guards: Guard[] = []
  observers.push(guards)
  try {
    return { result: body(), guards }
  } finally {
    observers.splice(observers.indexOf(guards), 1)
  }
}

export const holds = (guards: readonly Guard[]): boolean => guards.every(g => Object.is(g.read(), g.value))
