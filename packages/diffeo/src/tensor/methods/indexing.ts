/** @file Methods that index. */
import type { TypedArray } from '../../graph/executor.ts'
import { reshape } from '../../graph/build.ts'
import { isInteger } from '../../graph/dtype.ts'
import type { Node } from '../../graph/node.ts'
import { DTypeError, ShapeError } from '../../util/errors.ts'
import { whatIs } from '../../util/options.ts'
import { isHostArray, toHost, type HostArray, type NestedArray } from '../convert.ts'
import { TensorCore, upload, type Like } from '../core.ts'
import * as x from '../functions/indexing.ts'
import * as m from '../functions/movement.ts'
import { axisOf, broadcastTo } from '../functions/promote.ts'
import { valuesHere } from './here.ts'
import { MovementMethods } from './movement.ts'

/** What may stand in x[…]. */
export type Index<T> = number | x.Slice | null | '...' | T | NestedArray | HostArray

const isTensor = <T>(i: unknown): i is T => i instanceof TensorCore

/** Row-major coordinates of what is not zero. */
function nonzeroPlaces(values: TypedArray, shape: readonly number[]): number[][] {
  const places: number[][] = []
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue
    const place: number[] = []
    for (let k = shape.length - 1, rest = i; k >= 0; rest = Math.floor(rest / shape[k]), k--)
      place.unshift(rest % shape[k])
    places.push(place)
  }
  return places
}

/** The places 0 to size − 1, each as often as is said. */
function repeated(times: ArrayLike<number>, size: number): number[] {
  const counts = Array.from(times)
  const bad = counts.find(n => !Number.isInteger(n) || n < 0)
  if (bad !== undefined) throw new ShapeError(`repeatInterleave: ${String(bad)} is not a number of times`)
  if (counts.length !== size && counts.length !== 1)
    throw new ShapeError(`repeatInterleave: there are ${counts.length} times for ${size} elements`)
  return Array.from({ length: size }, (_, i) => Array<number>(counts[counts.length === 1 ? 0 : i]).fill(i)).flat()
}

/** A mask over the first axes, over all axes of the shape. */
function spreadMask(op: string, mask: Node, shape: readonly number[]): Node {
  mask.shape.forEach((d, k) => {
    if (d !== shape[k])
      throw new ShapeError(
        `${op}: a mask of shape [${mask.shape.join(',')}] does not fit [${shape.join(',')}] at axis ${k}`,
      )
  })
  return broadcastTo(reshape(mask, [...mask.shape, ...shape.slice(mask.shape.length).map(() => 1)]), shape)
}

function hostIndices(op: string, index: NestedArray, device: TensorCore<never>['device']): Node {
  const host = toHost(index)
  for (const k of host.data) if (!Number.isInteger(k)) throw new DTypeError(`${op}: ${k} is no index`)
  return upload(Int32Array.from(host.data), host.shape, 'int32', device)
}

export abstract class IndexingMethods<T extends TensorCore<T>> extends MovementMethods<T> {
  /**
   * x[…]: integers, `slice(start, stop, step)`, null (a new axis), '...', arrays and integer tensors (which gather), a
   * bool tensor or array (a mask: its size is data, so not inside compile). Negative integers count from the end.
   * @example x.index(0, slice(1, 5, 2), null, '...', ids)
   */
  index(...indices: readonly Index<T>[]): T { return this.make(x.index(this.node, this.indices('index', indices))) }

  /** A new tensor, with the part that `index(...indices)` gives replaced by the value, which broadcasts to it. */
  indexSet(indices: readonly Index<T>[], value: Like<T>): T {
    if (!Array.isArray(indices)) {
      throw new ShapeError(
        `indexSet: the indices are ${whatIs(indices)}: they come in one array, as in x.indexSet([0], value)`,
      )
    }
    const mask = indices.length === 1 ? this.mask('indexSet', indices[0]) : null
    const v = this.operand('indexSet', value)
    const single = typeof v !== 'object' || 'weak' in v || v.shape.length === 0
    if (mask && single) return this.make(x.maskedFill(this.node, spreadMask('indexSet', mask, this.shape), v))
    return this.make(x.indexSet(this.node, this.indices('indexSet', indices), v))
  }

  /** out[i] = x[i, with index[i] on the axis]; on the other axes the index may be shorter. */
  gather(axis: number, index: Like<T>): T {
    return this.make(x.gather(this.node, axis, this.positions('gather', index)))
  }
  /**
   * Each element `times` times in a row, along the axis or of the flattened tensor; or as often as its place in `times`
   * says. Times in a tensor are data, so not inside compile, where an array may be given.
   * @example tensor([1, 2, 3]).repeatInterleave([2, 0, 1]) // [1, 1, 3]
   */
  repeatInterleave(times: number | readonly number[] | T, axis?: number): T {
    if (typeof times === 'number') return this.make(m.repeatInterleave(this.node, times, axis))
    if (isTensor<T>(times) && !isInteger(times.dtype))
      throw new DTypeError(`repeatInterleave: the times are ${times.dtype}: write times.cast('int32')`)
    const counts = isTensor<T>(times)
      ? valuesHere(times, 'repeatInterleave by a tensor', 'Give the times as an array of numbers.') : times
    const flat = axis === undefined ? this.flatten() : this
    const size = flat.shape[axisOf('repeatInterleave', axis ?? 0, flat.rank)]
    const places = Int32Array.from(repeated(counts, size))
    return flat.make(x.indexSelect(flat.node, axis ?? 0, upload(places, [places.length], 'int32', this.device)))
  }
  /** The slices at these positions of the axis. */
  indexSelect(axis: number, index: Like<T>): T {
    return this.make(x.indexSelect(this.node, axis, this.positions('indexSelect', index)))
  }
  /** A new tensor with `values` at the positions that the index names along the axis. */
  scatter(axis: number, index: Like<T>, values: Like<T>): T {
    return this.make(
      x.scatter(this.node, axis, this.positions('scatter', index), this.operand('scatter', values), 'set'),
    )
  }
  /** A new tensor with `values` added there; positions may repeat. */
  scatterAdd(axis: number, index: Like<T>, values: Like<T>): T {
    return this.make(
      x.scatter(this.node, axis, this.positions('scatterAdd', index), this.operand('scatterAdd', values), 'add'),
    )
  }
  /** The value where the bool mask (which broadcasts) holds. */
  maskedFill(mask: Like<T>, value: Like<T>): T {
    return this.make(x.maskedFill(this.node, this.operandNode('maskedFill', mask), this.operand('maskedFill', value)))
  }
  /**
   * int32 [..., classes]: 1 at the class. Without a number of classes there are as many as the greatest asks for, which
   * is data, so not inside compile. @throws DTypeError of floats; DataError at run time where there is no such class
   */
  oneHot(classes?: number): T {
    if (classes !== undefined) return this.make(x.oneHot(this.node, classes))
    const values = valuesHere(this, 'oneHot() without a number of classes', 'Write oneHot(classes).')
    if (values.length === 0) throw new ShapeError('oneHot of nothing: write oneHot(classes)')
    return this.make(x.oneHot(this.node, Array.from(values).reduce((most, v) => Math.max(most, v), 0) + 1))
  }
  /** int32 [count, rank]: where the elements are not zero. Its size is data, so not inside compile. */
  nonzero(): T {
    const places = nonzeroPlaces(this.readHere('nonzero()'), this.shape)
    return this.make(upload(Int32Array.from(places.flat()), [places.length, this.rank], 'int32', this.device))
  }

  private readHere(what: string): TypedArray {
    return valuesHere(this, what, 'Use where(mask, a, b) or multiply by the mask instead.')
  }

  private positions(op: string, index: Like<T>): Node {
    if (Array.isArray(index)) return hostIndices(op, index, this.device)
    return this.operandNode(op, index)
  }

  /** The index as a bool node, if it is a mask. */
  private mask(op: string, index: Index<T>): Node | null {
    if (isTensor<T>(index)) return index.dtype === 'bool' ? this.operandNode(op, index) : null
    if (!Array.isArray(index)) return null
    const host = toHost(index)
    return host.dtype === 'bool' && host.data.length > 0 ? upload(host.data, host.shape, 'bool', this.device) : null
  }

  private indices(op: string, given: readonly Index<T>[]): x.NodeIndex[] {
    let axis = 0
    const last = given.reduce((n: number, i) => n + this.width(i), 0)
    return given.flatMap((i): x.NodeIndex[] => {
      const at = axis
      axis = i === '...' ? this.rank - (last - axis) : axis + this.width(i)
      if (isTensor<T>(i) && i.weak?.isInteger()) return [i.weak.as('int32')]
      if (isTensor<T>(i)) return i.dtype === 'bool' ? this.maskPlaces(op, i, at) : [this.operandNode(op, i)]
      if (Array.isArray(i) || isHostArray(i)) return this.hostIndex(op, i as NestedArray | HostArray, at)
      if (i !== null && typeof i !== 'number' && i !== '...' && !(i instanceof x.Slice)) {
        throw new ShapeError(
          `${op}: ${whatIs(i)} is no index: use a number, slice(), null, '...', an array or a tensor`,
        )
      }
      return [i as x.NodeIndex]
    })
  }
  /** How many axes an index takes. */
  private width(i: Index<T>): number {
    if (i === null || i === '...') return 0
    if (isTensor<T>(i)) return i.dtype === 'bool' ? i.rank : 1
    if (Array.isArray(i)) {
      const host = toHost(i)
      return host.dtype === 'bool' && host.data.length > 0 ? host.shape.length : 1
    }
    return 1
  }

  private hostIndex(op: string, given: NestedArray | HostArray, axis: number): x.NodeIndex[] {
    const host = toHost(given)
    if (host.dtype === 'bool' && host.data.length > 0) return this.placesOf(op, host.data, host.shape, axis)
    const n = this.shape[axis]
    for (const k of host.data) {
      if (!Number.isInteger(k)) throw new DTypeError(`${op}: ${k} is no index`)
      if (n !== undefined && (k < -n || k >= n))
        throw new ShapeError(`${op}: index ${k} is out of range for axis ${axis}, of size ${n}`)
    }
    return [upload(Int32Array.from(host.data), host.shape, 'int32', this.device)]
  }
  private maskPlaces(op: string, mask: T, axis: number): x.NodeIndex[] {
    return this.placesOf(op, (mask as unknown as IndexingMethods<T>).readHere(`${op} by a mask`), mask.shape, axis)
  }
  /** One vector of positions for each axis of the mask. */
  private placesOf(op: string, mask: TypedArray, shape: readonly number[], axis: number): x.NodeIndex[] {
    shape.forEach((d, k) => {
      if (d === this.shape[axis + k]) return
      throw new ShapeError(
        `${op}: a mask of shape [${shape.join(',')}] does not fit [${this.shape.join(',')}] at axis ${axis + k}`,
      )
    })
    const places = nonzeroPlaces(mask, shape)
    return shape.map((_, k) => upload(Int32Array.from(places.map(p => p[k])), [places.length], 'int32', this.device))
  }
}
