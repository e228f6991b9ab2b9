/** @file Any state (objects, arrays, numbers, texts, tensors) as tensors by name and one JSON text, and back. */
import { Tensor } from '../tensor/index.ts'
import { DataError } from '../util/errors.ts'
import { whatIs } from '../util/options.ts'

export interface Packed { readonly tensors: Record<string, Tensor>; readonly json: string }

/** @example pack({ model: model.stateDict(), epoch: 3 }) // tensors: { 'model/0.weight': … } */
export function pack(state: unknown): Packed {
  const tensors = new Map<string, Tensor>()
  const visit = (x: unknown, path: string): unknown => {
    if (x instanceof Tensor) {
      tensors.set(path, x)
      return { $tensor: path }
    }
    if (typeof x === 'number' && !Number.isFinite(x)) return { $number: String(x) }
    if (x === null || ['number', 'string', 'boolean', 'undefined'].includes(typeof x)) return x
    if (Array.isArray(x)) return x.map((v, i) => visit(v, `${path}/${i}`))
    if (x instanceof Map) return visit(Object.fromEntries(x), path)
    if (typeof x !== 'object' || typeof (x as { then?: unknown }).then === 'function')
      throw new DataError(
        `a state holds tensors, numbers, texts, and objects and arrays of them: ${path} is ${whatIs(x)}`,
      )
    if ('stateDict' in x && typeof x.stateDict === 'function')
      throw new DataError(
        `a state holds state dicts, not modules or optimizers: write ${path}: the object's stateDict()`,
      )
    const plain = 'toJSON' in x && typeof x.toJSON === 'function' ? (x.toJSON() as object) : x
    return Object.fromEntries(Object.entries(plain).map(([key, v]) => [key, visit(v, path ? `${path}/${key}` : key)]))
  }
  const json = JSON.stringify(visit(state, ''))
  return { tensors: Object.fromEntries(tensors), json }
}

/** @throws DataError where the text names a tensor that is not there */
export function unpack({ tensors, json }: Packed, source: string): any {
  const visit = (x: unknown): unknown => {
    if (Array.isArray(x)) return x.map(visit)
    if (typeof x !== 'object' || x === null) return x
    if ('$number' in x) return Number(x.$number)
    if ('$tensor' in x) {
      const name = String(x.$tensor)
      if (!Object.hasOwn(tensors, name)) throw new DataError(`${source}: the tensor '${name}' is missing`)
      return tensors[name]
    }
    return Object.fromEntries(Object.entries(x).map(([key, v]) => [key, visit(v)]))
  }
  try {
    return visit(JSON.parse(json))
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new DataError(`${source}: its state is no valid JSON: ${error.message}`, { cause: error })
    throw error
  }
}
