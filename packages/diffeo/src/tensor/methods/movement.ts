/** @file Methods that move elements, and products. */
import type { Node } from '../../graph/node.ts'
import * as l from '../functions/linalg.ts'
import * as m from '../functions/movement.ts'
import { checkOptions } from '../../util/options.ts'
import type { Like, TensorCore } from '../core.ts'
import { ReductionMethods } from './reduction.ts'

/** `(2, 3)` or `([2, 3])`. */
type List = readonly number[] | readonly [readonly number[]]
const list = (given: List): readonly number[] =>
  given.length === 1 && Array.isArray(given[0]) ? given[0] : (given as readonly number[])

export abstract class MovementMethods<T extends TensorCore<T>> extends ReductionMethods<T> {
  // Axes may be negative: they count from the end. Lists may be given as an array or one by one.

  /** The same elements in another shape; one size may be −1. @throws ShapeError @example x.reshape(2, -1) */
  reshape(...shape: List): T { return this.make(m.reshape(this.node, list(shape))) }
  /** The same as reshape. */
  view(...shape: List): T { return this.make(m.reshape(this.node, list(shape), 'view')) }
  /** This tensor in the shape of the other. */
  reshapeAs(other: T): T { return this.make(m.reshape(this.node, other.shape)) }
  /** Axes from start to end (both taken in) as one. */
  flatten(start = 0, end = -1): T { return this.make(m.flatten(this.node, start, end)) }
  /** One axis as several; one size may be −1. */
  unflatten(axis: number, sizes: readonly number[]): T { return this.make(m.unflatten(this.node, axis, sizes)) }
  /** Without the axes of size 1 (those named, or all). */
  squeeze(axes?: number | readonly number[]): T { return this.make(m.squeeze(this.node, axes)) }
  /** With a new axis of size 1 before `axis`. */
  unsqueeze(axis: number): T { return this.make(m.unsqueeze(this.node, axis)) }
  /** Two axes exchanged. */
  transpose(a: number, b: number): T { return this.make(m.transpose(this.node, a, b)) }
  /** Axis i of the result is axis axes[i]. @example x.permute(0, 2, 3, 1) */
  permute(...axes: List): T { return this.make(m.permute(this.node, list(axes))) }
  /** Axes moved to other places, the rest in order. */
  moveAxis(from: number | readonly number[], to: number | readonly number[]): T {
    return this.make(m.moveAxis(this.node, from, to))
  }
  /** All axes reversed: the transpose of a matrix. */
  get T(): T { return this.make(m.reverseAxes(this.node)) }
  /** Axes of size 1 repeated; −1 keeps an axis, new ones come in front. */
  expand(...shape: List): T { return this.make(m.expand(this.node, list(shape))) }
  /** Axes in reverse; all of them if none is named. */
  flip(axes?: number | readonly number[]): T { return this.make(m.flip(this.node, axes)) }
  /** `[before, after]` an axis, in order; negative crops. @example image.pad([[0, 0], [1, 1]], { value: -1 }) */
  pad(pads: m.Pads, options: { value?: number } = {}): T {
    checkOptions('pad', options, { value: true })
    return this.make(m.pad(this.node, pads, options.value))
  }
  /** Moved along the axes, around the end; in the flattened tensor without axes. */
  roll(shifts: number | readonly number[], axes?: number | readonly number[]): T {
    return this.make(m.roll(this.node, shifts, axes))
  }
  /** The whole repeated `reps[i]` times along axis i; new axes come in front. */
  tile(...reps: List): T { return this.make(m.tile(this.node, list(reps))) }
  /** Pieces of a size (the last may be smaller) or of these sizes. */
  split(sizes: number | readonly number[], axis = 0): T[] { return this.each(m.split(this.node, sizes, axis)) }
  /** At most `count` pieces of one size (the last may be smaller). */
  chunk(count: number, axis = 0): T[] { return this.each(m.chunk(this.node, count, axis)) }
  /** The slices along an axis, without it. */
  unbind(axis = 0): T[] { return this.each(m.unbind(this.node, axis)) }
  /** The diagonal over two axes, as the last axis. */
  diagonal(offset = 0, a = 0, b = 1): T { return this.make(m.diagonal(this.node, offset, a, b)) }
  /** Zero above diagonal k. */
  tril(k = 0): T { return this.make(m.tril(this.node, k)) }
  /** Zero below diagonal k. */
  triu(k = 0): T { return this.make(m.triu(this.node, k)) }
  private each(nodes: readonly Node[]): T[] { return nodes.map(n => this.make(n)) }

  /** PyTorch's matmul: vectors, matrices, and batches that broadcast. */
  matmul(other: Like<T>): T { return this.make(l.matmul(this.node, this.operandNode('matmul', other))) }
  /** Σaᵢbᵢ of two vectors. */
  dot(other: Like<T>): T { return this.make(l.dot(this.node, this.operandNode('dot', other))) }
  /** aᵢbⱼ of two vectors. */
  outer(other: Like<T>): T { return this.make(l.outer(this.node, this.operandNode('outer', other))) }
  /** The sum of a matrix's diagonal. */
  trace(): T { return this.make(l.trace(this.node)) }
}
