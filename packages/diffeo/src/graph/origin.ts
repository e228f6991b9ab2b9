/** @file What nodes are part of, for the names of kernels: the module whose forward wrote them, or whose gradient. */

/** Its text is asked for only when a program is compiled: finding a module's path takes a while. */
export interface Origin { toString(): string }

let current: Origin | null = null

/** What a node that is written now is part of. */
export const currentOrigin = (): Origin | null => current

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

class Gradient implements Origin {
  private readonly of: Origin

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
