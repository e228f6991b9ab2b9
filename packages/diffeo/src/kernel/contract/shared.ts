/**
 * @file Functions that the kernels of all contractions share. What a function's code depends on is in its key; all
 * else, how far apart elements lie and how many there are, it takes as arguments.
 */
import { Builder } from '../builder.ts'
import type { Address, Fn, Target, Value } from '../ir.ts'

/** Numbers that a function needs, by name: bytes from one element to another, or turns of a loop. */
export type Numbers = Readonly<Record<string, number>>

/** A loop, outermost first in a list of them: bytes from turn to turn. */
export interface Stepped {
  readonly extent: number
  readonly step: number
}

/** What a pointer moves by at the end of each loop's turn, when the loops inside it have moved it already. */
export const advances = (loops: readonly Stepped[]): number[] =>
  loops.map(({ step }, i) => (i + 1 < loops.length ? step - loops[i + 1].extent * loops[i + 1].step : step))

/** A function being built: its pointers, and its numbers, each in the code or a parameter. */
export class Body {
  readonly b: Builder
  readonly target: Target
  private readonly fixed: Numbers
  private readonly names: readonly string[]

  constructor(name: string, names: readonly string[], fixed: Numbers, target: Target) {
    this.b = new Builder(name, names.length)
    this.target = target
    this.fixed = fixed
    this.names = names
  }

  value(name: string): Value {
    const known = this.fixed[name]
    return known === undefined ? this.b.param(this.names.indexOf(name)) : this.b.int(known)
  }

  /** The number, where it is part of the code. */
  known(name: string): number | null { return this.fixed[name] ?? null }

  /** p plus the number. */
  add(p: Value, name: string, times = 1): Value {
    const known = this.fixed[name]
    if (known !== undefined) return this.b.iadd(p, known * times)
    const value = this.value(name)
    return this.b.iadd(p, times === 1 ? value : this.b.imul(value, times))
  }
}

interface Shared {
  readonly fn: Fn
  readonly params: readonly string[]
}

/** By target and name, the oldest first. Kernels hold what they call, so that it may go from here at any time. */
const libraries = new WeakMap<Target, Map<string, Shared>>()
/** On wasm, whose functions name distances, each new shape is a new function. */
const mostShared = 512

/**
 * Calls the function that `key` and those of `numbers` name that `isFixed` says are part of its code, and gives it.
 * `build` fills it when it is asked for first.
 */
export function callShared(
  b: Builder, target: Target, key: string, pointers: Readonly<Record<string, Value>>, numbers: Numbers,
  isFixed: (name: string, n: number) => boolean, build: (body: Body) => void,
): Fn {
  const fixed: Record<string, number> = {}
  const params = Object.keys(pointers)
  let name = key
  for (const [n, value] of Object.entries(numbers)) {
    if (isFixed(n, value)) { fixed[n] = value; name += ` ${n}=${value}` } else params.push(n)
  }
  let library = libraries.get(target)
  if (!library) libraries.set(target, library = new Map())
  const known = `${name} (${params})`
  let shared = library.get(known)
  if (!shared) {
    const body = new Body(name, params, fixed, target)
    build(body)
    library.set(known, shared = { fn: body.b.fn, params })
    if (library.size > mostShared) for (const oldest of library.keys()) { library.delete(oldest); break }
  }
  b.call(shared.fn, shared.params.map(p => pointers[p] ?? b.int(numbers[p])))
  return shared.fn
}

/**
 * Addresses of rows: `each` lie `small` apart, and such groups `row`. Where these are arguments, an address can add
 * `small` once or twice to a pointer, so that there is a pointer for every third row.
 */
export class Rows {
  private readonly body: Body
  private readonly each: number
  private readonly rows: number
  private readonly step: number | null
  private readonly small: number | null

  constructor(body: Body, rows: number, each: number) {
    this.body = body
    this.rows = rows
    this.each = each
    this.step = each === rows ? 0 : body.known('row')
    this.small = body.known('small')
  }

  private get isKnown(): boolean { return this.step !== null && this.small !== null }

  pointers(start: Value): Value[] {
    if (this.isKnown) return [start]
    const out: Value[] = []
    let group = start
    for (let g = 0; g * this.each < this.rows; g++) {
      if (g > 0) group = this.body.add(group, 'row')
      let p = group
      for (let j = 0; j < Math.min(this.each, this.rows - g * this.each); j += 3) {
        if (j > 0) p = this.body.add(p, 'small', 3)
        out.push(p)
      }
    }
    return out
  }

  /** Row r, `disp` bytes on. */
  at(pointers: readonly Value[], r: number, disp: number): Address {
    const [g, j] = [Math.floor(r / this.each), r % this.each]
    if (this.isKnown) {
      return { base: pointers[0], index: null, scale: 1, disp: disp + g * this.step! + j * this.small! }
    }
    const base = pointers[g * Math.ceil(this.each / 3) + Math.floor(j / 3)]
    if (j % 3 === 0) return { base, index: null, scale: 1, disp }
    return { base, index: this.body.value('small'), scale: j % 3 === 1 ? 1 : 2, disp }
  }
}
