/** @file What a compiled mapping is compiled for: the form of its arguments, and what of them is fixed. */
import { sameShape } from '../../graph/build.ts'
import type { Shape } from '../../graph/node.ts'
import { TraceError } from '../../util/errors.ts'
import { isHostArray } from '../convert.ts'
import { Changing } from '../cells.ts'
import { Tensor } from '../tensor.ts'
import { formOf, isPlain, mapTreeAt } from '../tree.ts'

/** A word of a signature: what stands somewhere, a number or name that belongs to it, a shape. */
type Word = string | number | Shape

/** The arguments of a call, taken apart. */
export interface Call {
  readonly device: string
  readonly args: readonly unknown[]
  /** Tensors, each once; numbers, one a place. */
  readonly tensors: readonly Tensor[]
  readonly numbers: readonly number[]
  /** Calls with the same words can share a program. No tensor is among them. */
  readonly words: readonly Word[]
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
  const numbers: number[] = []
  const words: Word[] = [device]
  const slots = new Map<Tensor, number>()
  for (let i = 0; i < args.length; i++) visit(args[i])
  return { device, args, tensors, numbers, words }

  // every call of a compiled mapping comes through here: numbers and references, no text is made
  function visit(x: unknown): void {
    if (x instanceof Tensor) visitTensor(x)
    else if (typeof x === 'number') {
      numbers.push(x)
      words.push('number')
    } else if (Array.isArray(x)) {
      words.push('array', x.length)
      for (let i = 0; i < x.length; i++) visit(x[i])
    } else if (isPlain(x)) {
      const keys = Object.keys(x)
      words.push('object', keys.length)
      for (const key of keys) {
        words.push(key)
        visit(x[key])
      }
    } else visitOther(x)
  }
  function visitTensor(t: Tensor): void {
    if (t instanceof Changing) {
      words.push('cell', identity(t))
      return
    }
    const known = slots.get(t)
    if (known !== undefined) {
      words.push('same', known)
      return
    }
    slots.set(t, tensors.length)
    tensors.push(t)
    words.push('tensor', t.dtype, t.shape, t.device)
  }
  function visitOther(x: unknown): void {
    if (isHostArray(x) || x instanceof Map || x instanceof Set) throw changesUnseen(name, args, x)
    if ((typeof x === 'object' && x !== null) || typeof x === 'function') words.push('reference', identity(x))
    else words.push(typeof x, String(x))
  }
}

function changesUnseen(name: string, args: readonly unknown[], array: object): TraceError {
  let path = ''
  args.forEach((arg, i) => mapTreeAt(arg, (x, at) => { if (x === array) path = `argument ${i}${at}` }))
  return new TraceError(
    `compile('${name}'): ${path} is a ${array.constructor.name}, whose contents may change unseen: pass ${isHostArray(array) ? 'tensor(data)' : 'an array or a plain object'}`,
  )
}

/** Whether two calls can share a program. */
export function sameWords(a: readonly Word[], b: readonly Word[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i], b[i]]
    if (x !== y && !(typeof x === 'object' && typeof y === 'object' && sameShape(x, y))) return false
  }
  return true
}

/** A call in words for people: one text for each leaf and branch. */
export type Parts = readonly (readonly [path: string, text: string])[]

export function partsOf({ device, args, tensors }: Call): Parts {
  const parts: [string, string][] = [['device', device]]
  const met = new Set<Tensor>()
  let numbers = 0
  args.forEach((arg, i) => {
    parts.push([`the form of argument ${i}`, formOf(arg)])
    mapTreeAt(arg, (x, path) => { parts.push([`argument ${i}${path}`, leafText(x)]) })
  })
  return parts

  function leafText(x: unknown): string {
    if (x instanceof Changing) return `cell#${identity(x)}`
    if (x instanceof Tensor) {
      if (met.has(x)) return `the same as tensor ${tensors.indexOf(x)}`
      met.add(x)
      return `${x.dtype}[${x.shape.join(',')}] on ${x.device}`
    }
    if (typeof x === 'number') return `number ${numbers++}`
    if (typeof x === 'string') return JSON.stringify(x)
    if ((typeof x === 'object' && x !== null) || typeof x === 'function') return `object#${identity(x)}`
    return String(x)
  }
}

/** In words: where two calls differ. */
export function difference(a: Parts, b: Parts): string {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [p, q] = [a[i], b[i]]
    if (p?.[0] !== q?.[0])
      return `the arguments have another form: ${p?.[0] ?? 'nothing'} before, ${q?.[0] ?? 'nothing'} now`
    if (p[1] !== q[1]) return `${p[0]} was ${p[1]}, and is ${q[1]}`
  }
  return 'a setting (train/eval, frozen) changed, or a number that meets integers is whole now and was not'
}
