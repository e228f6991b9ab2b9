/** @file What a compiled mapping is compiled for: the form of its arguments, and what of them is fixed. */
import { isHostArray } from '../convert.ts'
import { Changing } from '../cells.ts'
import { Tensor } from '../tensor.ts'
import { formOf, mapTree } from '../tree.ts'
import { TraceError } from '../../util/errors.ts'

/** The arguments of a call, taken apart. */
export interface Call {
  readonly args: readonly unknown[]
  /** Tensors, each once; numbers, one a place. */
  readonly tensors: readonly Tensor[]
  readonly numbers: readonly number[]
  /** One text for each leaf and branch; calls with the same texts can share a program. */
  readonly parts: readonly (readonly [path: string, text: string])[]
  readonly key: string
}

const identities = new WeakMap<object, number>()
let next = 0
const identity = (x: object): number => {
  if (!identities.has(x)) identities.set(x, next++)
  return identities.get(x)!
}

/**
 * Takes the arguments apart. Tensors and numbers are inputs; strings, booleans and objects are part of the signature.
 */
export function describeCall(name: string, device: string, args: readonly unknown[]): Call {
  const tensors: Tensor[] = []
  const slots = new Map<Tensor, number>()
  const numbers: number[] = []
  const parts: [string, string][] = [['device', device]]
  args.forEach((arg, i) => {
    parts.push([`the form of argument ${i}`, formOf(arg)])
    mapTree(arg, (x, path) => { parts.push([`argument ${i}${path}`, leafText(x, `argument ${i}${path}`)]) })
  })
  function leafText(x: unknown, path: string): string {
    if (x instanceof Changing) return `cell#${identity(x)}`
    if (x instanceof Tensor) return tensorText(x)
    if (typeof x === 'number') return `number ${numbers.push(x) - 1}`
    if (typeof x === 'string') return JSON.stringify(x)
    if (isHostArray(x)) {
      throw new TraceError(
        `compile('${name}'): ${path} is a ${x.constructor.name}, whose contents may change unseen: pass tensor(data)`,
      )
    }
    if ((typeof x === 'object' && x !== null) || typeof x === 'function') return `object#${identity(x)}`
    return String(x)
  }
  function tensorText(t: Tensor): string {
    const known = slots.get(t)
    if (known !== undefined) return `the same as tensor ${known}`
    slots.set(t, tensors.length)
    tensors.push(t)
    return `${t.dtype}[${t.shape.join(',')}] on ${t.device}`
  }
  return { args, tensors, numbers, parts, key: parts.map(p => p.join('=')).join(';') }
}

/** In words: where two calls differ. */
export function difference(a: Pick<Call, 'parts'>, b: Pick<Call, 'parts'>): string {
  for (let i = 0; i < Math.max(a.parts.length, b.parts.length); i++) {
    const [p, q] = [a.parts[i], b.parts[i]]
    if (p?.[0] !== q?.[0])
      return `the arguments have another form: ${p?.[0] ?? 'nothing'} before, ${q?.[0] ?? 'nothing'} now`
    if (p[1] !== q[1]) return `${p[0]} was ${p[1]}, and is ${q[1]}`
  }
  return 'a setting (train/eval, frozen) changed, or a number that meets integers is whole now and was not'
}
