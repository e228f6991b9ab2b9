/** @file What JavaScript lets pass and TypeScript would not: options by wrong names, values of another kind. */
import { DiffeoError } from './errors.ts'

/** In words, for messages: what a value is. */
export function whatIs(x: unknown): string {
  if (typeof x === 'string') return `the text '${x}'`
  if (x === null || typeof x !== 'object') return typeof x === 'function' ? 'a function' : String(x)
  if (Array.isArray(x)) return x.length > 0 && x.every(v => typeof v === 'number') ? 'an array of numbers' : 'an array'
  if (typeof (x as { then?: unknown }).then === 'function') return 'a Promise'
  if ((x as { weak?: unknown }).weak) return 'a number argument of compile, whose value is not known while it is traced'
  const name = (x as object).constructor?.name
  return !name || name === 'Object' ? 'an object' : `${/^[AEIOU]/.test(name) ? 'an' : 'a'} ${name}`
}

/** The names that an options object may have: all of them, or it does not compile. */
export type Names<O> = Readonly<Record<keyof Required<O>, true>>

/**
 * @throws DiffeoError unless the options are an object (or undefined) of these names
 * @example checkOptions('Linear', options, { bias: true, dtype: true, device: true })
 */
export function checkOptions<O extends object>(op: string, given: O | undefined, known: Names<O>): void {
  if (given === undefined) return
  const names = Object.keys(known)
  // a tensor may stand for its dtype and device, its methods for nothing
  const has = (name: string): boolean => name in given && typeof (given as Record<string, unknown>)[name] !== 'function'
  if (given instanceof Object && !isPlain(given) && names.some(has)) return
  if (typeof given !== 'object' || given === null || !isPlain(given)) {
    throw new DiffeoError(`${op}: options come in one object, { ${names.join(', ')} }: got ${whatIs(given)}`)
  }
  for (const name of Object.keys(given)) {
    if (Object.hasOwn(known, name)) continue
    const meant = nearest(name, names)
    throw new DiffeoError(
      `${op}: there is no option '${name}'${meant ? `: did you mean '${meant}'?` : `; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ')}`}`,
    )
  }
}

const isPlain = (x: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(x)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/**
 * The known name that was probably meant: the same but for case and underscores, its initials, or a few letters off.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const bare = (s: string): string => s.replaceAll(/[_-]/g, '').toLowerCase()
  const initials = name.replaceAll(/(?:^|_)([a-z])[a-z]*|([A-Z])[a-z]*/g, '$1$2').toLowerCase()
  const same = known.find(k => bare(k) === bare(name)) ?? known.find(k => k.length > 1 && k === initials)
  if (same) return same
  const [best] = known.map(k => [distance(bare(name), bare(k)), k] as const).sort(([a], [b]) => a - b)
  return best && best[0] <= Math.max(1, Math.floor(name.length / 3)) ? best[1] : undefined
}

/** How many letters must be changed, added or left out (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1]))
    }
    row = next
  }
  return row[b.length]
}
