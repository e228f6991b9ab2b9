/** @file What nodes are part of, for the names of kernels: the module whose forward wrote them, or whose gradient. */

/** Its text is asked for only when a program is compiled: finding a module's path takes a while. */
export interface Origin { toString(): string }

let current: Origin | null = null
/** Says the line of the user's code, while that is wanted of each node. */
let lineNow: (() => string) | null = null

/** What a node that is written now is part of. */
export function currentOrigin(): Origin | null {
  // the gradient of a node has its line
  return lineNow && !(current instanceof Gradient) ? new Placed(current, lineNow()) : current
}

/** Runs `body`, whose nodes are part of something. */
export function inOrigin<T>(origin: Origin | null, body: () => T): T {
  const before = current
  current = origin
  try {
    return body()
  } finally {
    current = before
  }
}

/** Runs `body`, whose nodes remember the line of the user's code that wrote them: `line` says it, and takes a while. */
export function withLines<T>(line: () => string, body: () => T): T {
  lineNow = line
  try {
    return body()
  } finally {
    lineNow = null
  }
}

/** Where a node was written. */
export interface Place { readonly module: string; readonly line: string; readonly backward: boolean }
export function placeOf(origin: Origin | null): Place {
  const backward = origin instanceof Gradient
  const own = backward ? origin.of : origin
  const placed = own instanceof Placed ? own : new Placed(own, '')
  return { module: String(placed.of ?? ''), line: placed.line, backward }
}

class Placed implements Origin {
  readonly of: Origin | null
  readonly line: string

  constructor(of: Origin | null, line: string) {
    this.of = of
    this.line = line
  }
  toString(): string { return String(this.of ?? '') }
}

class Gradient implements Origin {
  readonly of: Origin

  constructor(of: Origin) { this.of = of }
  toString(): string { return `${String(this.of)} backward` }
}

const gradients = new WeakMap<Origin, Origin>()
/** What the gradient of a node is part of: that of a gradient is the same. */
export function gradientOf(origin: Origin | null): Origin | null {
  if (origin === null || typeof origin !== 'object' || origin instanceof Gradient) return origin
  let gradient = gradients.get(origin)
  if (!gradient) gradients.set(origin, gradient = new Gradient(origin))
  return gradient
}
