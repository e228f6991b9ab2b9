/**
 * @file Examples to a batch, on the host: the same structure, with one array wherever there were numbers or arrays.
 * Workers are given these functions as text (`packSource`): they use each other and nothing else.
 */
import type { DType, TypedArray } from '../tensor/index.ts'

/** A batch as it crosses from a worker: leaves are marked, since an example may be of any structure. */
export type Packed =
  | { readonly kind: 'array'; readonly data: TypedArray; readonly shape: readonly number[]; readonly dtype?: DType }
  | { readonly kind: 'tensors'; readonly parts: readonly unknown[]; readonly where: string }
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'tuple'; readonly parts: readonly Packed[] }
  | { readonly kind: 'record'; readonly parts: Readonly<Record<string, Packed>> }

/** The dtype of class labels, or of the numbers under some keys. */
export type Labels = LabelType | Readonly<Record<string, LabelType>>
export type LabelType = 'int32' | 'float32'

/** What differs between a worker and the thread that has the library. */
export interface PackContext {
  readonly labels: Labels
  fail(message: string): never
}

interface Arrayed { readonly data: TypedArray; readonly shape: readonly number[]; readonly dtype?: DType }
type Keyed = Readonly<Record<string, unknown>>
type Kind = 'number' | 'bigint' | 'boolean' | 'string' | 'nested' | 'typed' | 'arrayed' | 'tensor' | 'record' | 'other'

/** What a part of an example is, which says how such parts are stacked. */
function kindOf(x: unknown): Kind {
  if (typeof x === 'number' || typeof x === 'bigint' || typeof x === 'boolean' || typeof x === 'string')
    return typeof x as Kind
  if (typeof x !== 'object' || x === null || x instanceof DataView) return 'other'
  if (Array.isArray(x)) return 'nested'
  if (ArrayBuffer.isView(x)) return 'typed'
  const { data, shape, dataSync } = x as Keyed
  if (!Array.isArray(shape)) return 'record'
  return ArrayBuffer.isView(data) ? 'arrayed' : typeof dataSync === 'function' ? 'tensor' : 'record'
}

/** Stacks examples; a tuple's last number, and what is called 'label' or is named, have the dtype of labels. */
export function packExamples(examples: readonly unknown[], context: PackContext): Packed {
  const first = examples[0]
  if (!Array.isArray(first)) return packLabelled(examples, 'an example', context)
  const { length } = first
  if (!(examples as unknown[][]).every(e => e.length === length))
    context.fail('examples differ in how many parts they have')
  return {
    kind: 'tuple',
    parts: first.map((_, k) => {
      const [parts, where] = [examples.map(e => (e as unknown[])[k]), `part ${k} of an example`]
      return k === length - 1 && length > 1
        ? packLabelled(parts, where, context)
        : packPart(parts, where, 'float32', context)
    }),
  }
}

/** Where labels are expected: a number is one; of an object, what is called 'label', or the keys that are named. */
function packLabelled(parts: readonly unknown[], where: string, context: PackContext): Packed {
  const { labels } = context
  const first = parts[0] as Keyed
  const keys = kindOf(first) === 'record' ? Object.keys(first) : null
  if (typeof labels === 'object') {
    const missing = Object.keys(labels).find(key => !keys?.includes(key))
    if (missing !== undefined)
      context.fail(
        `labels names the key '${missing}', ${where} ${keys ? `has the keys ${keys.join(', ')}` : "is no object with keys: write labels: 'int32'"}`,
      )
    return packPart(parts, where, 'float32', context)
  }
  const packed = packPart(parts, where, labels, context)
  const numeric = keys?.filter(key => typeof first[key] === 'number')
  if (labels === 'int32' && numeric?.length && !keys!.includes('label') && !keys!.includes('labels'))
    context.fail(
      `labels is 'int32', and of the keys of ${where}, ${keys!.join(', ')}, none is 'label': name it, as in labels: { ${numeric[numeric.length - 1]}: 'int32' }`,
    )
  return packed
}

function packPart(parts: readonly unknown[], where: string, numbers: LabelType, context: PackContext): Packed {
  const first = parts[0]
  const shape = [parts.length]
  const odd = parts.find(p => typeof p !== typeof first || (p === null) !== (first === null))
  if (odd !== undefined || (first !== undefined && parts.includes(undefined)))
    context.fail(`${where} is a ${typeof first} in one example, ${odd === null ? 'null' : typeof odd} in another`)
  switch (kindOf(first)) {
    case 'number': return packNumbers(parts as readonly number[], where, numbers, context)
    case 'bigint': {
      const data = Int32Array.from(parts, Number)
      const odd = parts.find((x, i) => x !== BigInt(data[i]))
      if (odd !== undefined) context.fail(`${where} is ${String(odd)}n: a BigInt becomes int32, and this does not fit`)
      return { kind: 'array', data, shape, dtype: 'int32' }
    }
    case 'boolean': return { kind: 'array', data: Uint8Array.from(parts, Number), shape, dtype: 'bool' }
    case 'string': return { kind: 'value', value: [...parts] }
    case 'nested': return packNested(parts as readonly unknown[][], where, context)
    case 'typed':
      return packArrays((parts as readonly TypedArray[]).map(p => ({ data: p, shape: [p.length] })), where, context)
    case 'arrayed': return packArrays(parts as readonly Arrayed[], where, context)
    case 'tensor': return { kind: 'tensors', parts, where }
    case 'record': return packRecords(parts as readonly Keyed[], where, context)
    case 'other':
      return context.fail(
        `${where} is ${String(first)}: numbers, arrays, tensors, strings and objects of them can be collated; pass a collate of your own`,
      )
  }
}

function packNumbers(parts: readonly number[], where: string, dtype: LabelType, context: PackContext): Packed {
  const data = dtype === 'int32' ? Int32Array.from(parts) : Float32Array.from(parts)
  const odd = dtype === 'int32' ? parts.findIndex((x, i) => x !== data[i]) : -1
  if (odd >= 0) context.fail(`${where} is ${String(parts[odd])}: a class label is a whole number`)
  return { kind: 'array', data, shape: [parts.length], dtype }
}

function packRecords(parts: readonly Keyed[], where: string, context: PackContext): Packed {
  const { labels } = context
  const dtypeOf = (key: string): LabelType =>
    (typeof labels === 'object' ? labels[key] : key === 'label' ? labels : undefined) ?? 'float32'
  const found = Object.keys(parts[0]).map(key =>
    [key, packPart(parts.map(p => p[key]), `'${key}' of ${where}`, dtypeOf(key), context)] as const)
  return { kind: 'record', parts: Object.fromEntries(found) }
}

function packArrays(parts: readonly Arrayed[], where: string, context: PackContext): Packed {
  const { data, shape, dtype } = parts[0]
  const { length } = data
  // a Buffer of Node is a Uint8Array whose constructor does other things
  const Type = (data instanceof Uint8Array ? Uint8Array : data.constructor) as new (n: number) => TypedArray
  const out = new Type(length * parts.length)
  parts.forEach((p, i) => {
    if (!ArrayBuffer.isView(p.data)) context.fail(`${where} is an array in one example and none in another`)
    if (p.data.length !== length)
      context.fail(
        `${where} has ${length} values in one example, ${p.data.length} in another: pad them, or pass a collate of your own`,
      )
    if (p.shape.length !== shape.length || p.shape.some((d, k) => d !== shape[k]))
      context.fail(
        `${where} is [${shape.join(',')}] in one example, [${p.shape.join(',')}] in another: bring them to one shape, or pass a collate of your own`,
      )
    out.set(p.data, i * length)
  })
  return { kind: 'array', data: out, shape: [parts.length, ...shape], ...(dtype ? { dtype } : {}) }
}

/** Arrays in arrays, of numbers or booleans. */
function packNested(parts: readonly unknown[][], where: string, context: PackContext): Packed {
  const shape: number[] = [parts.length]
  for (let x: unknown = parts[0]; Array.isArray(x); x = x[0]) shape.push(x.length)
  const flat: number[] = []
  let booleans = 0
  const walk = (x: unknown, depth: number): void => {
    if (Array.isArray(x) && depth < shape.length && x.length === shape[depth]) {
      for (const y of x as unknown[]) walk(y, depth + 1)
      return
    }
    if (depth < shape.length || (typeof x !== 'number' && typeof x !== 'boolean')) {
      context.fail(
        `${where}: its arrays differ in length, or hold other than numbers: pad them to one shape, or pass a collate of your own`,
      )
    }
    if (typeof x === 'boolean') booleans++
    flat.push(Number(x))
  }
  walk(parts, 0)
  return booleans > 0 && booleans === flat.length
    ? { kind: 'array', data: Uint8Array.from(flat), shape, dtype: 'bool' }
    : { kind: 'array', data: Float32Array.from(flat), shape, dtype: 'float32' }
}

/** Any structure with its arrays and tensors marked, nothing stacked. */
export function packValue(x: unknown): Packed {
  const kind = kindOf(x)
  if (kind === 'nested') return { kind: 'tuple', parts: (x as readonly unknown[]).map(packValue) }
  if (kind === 'tensor') return { kind: 'tensors', parts: [x], where: '' }
  if (kind !== 'record' && kind !== 'arrayed') return { kind: 'value', value: x }
  const prototype: unknown = Object.getPrototypeOf(x)
  if (prototype !== Object.prototype && prototype !== null) return { kind: 'value', value: x }
  return { kind: 'record', parts: Object.fromEntries(Object.entries(x as Keyed).map(([k, v]) => [k, packValue(v)])) }
}

/** The functions above, for a worker, which calls them by the two names of `packs`: a bundler may have renamed them. */
export const packSource =
  (): string => `${[
    kindOf, packExamples, packLabelled, packPart, packNumbers, packRecords, packArrays, packNested, packValue,
  ].join('\n')}
const packs = { packExamples: ${packExamples.name}, packValue: ${packValue.name} }`
