/** @file What changes: parameters and buffers. Reading one is reading its value at that moment. */
import { apply, cast } from '../graph/build.ts'
import { Cell } from '../graph/cell.ts'
import { executor, type Device, type Update } from '../graph/executor.ts'
import type { DType } from '../graph/dtype.ts'
import type { Node } from '../graph/node.ts'
import { configuration, observe } from '../util/configuration.ts'
import { DTypeError, DeviceError, ShapeError, TraceError } from '../util/errors.ts'
import { checkOptions } from '../util/options.ts'
import { asTensor, tensor } from './create.ts'
import { shapeText } from './functions/promote.ts'
import { cutOff, realizeNodes } from './history.ts'
import { assignInScope, cellInScope, compiling, innermost } from './scope.ts'
import { Tensor, type TensorLike } from './tensor.ts'

/** Cells that were made and have no value yet, and where it shall be: all of a device get theirs together. */
const unborn = new Map<Cell, { readonly value: Node; readonly device: Device }>()
function bear(): void {
  const waiting = [...unborn]
  for (const device of new Set(waiting.map(([, { device }]) => device))) {
    const here = waiting.filter(([, u]) => u.device === device)
    executor().realize([], here.map(([cell, { value }]): Update => ({ cell, value })), { device })
    for (const [cell] of here) unborn.delete(cell)
  }
}
/** The cell with a value. */
export function born(cell: Cell): Cell {
  // what is only looked at computes nothing
  if (unborn.has(cell) && !compiling()?.dry) bear()
  return cell
}

/** The read of each cell's present version outside of traces. */
const reads = new WeakMap<Cell, Node<'read'>>()
function readNow(cell: Cell): Node {
  born(cell)
  const known = reads.get(cell)
  if (known && known.attrs.version === cell.version && known.storage === cell.storage) return known
  const node = apply('read', [], { cell, version: cell.version })
  // it holds the value, so that no later assignment changes what was read
  node.storage = cell.storage
  cell.shared = true
  reads.set(cell, node)
  return node
}
const readInTrace = (cell: Cell): Node | undefined =>
  cellInScope(cell, () => apply('read', [], { cell: born(cell), version: cell.version }))

/** A tensor whose value is replaced by `assign`. What was read before keeps the value it had. */
export abstract class Changing extends Tensor {
  #cell: Cell

  constructor(value: TensorLike, options: { name?: string } = {}) {
    checkOptions('Parameter', options, { name: true })
    const { name = '' } = options
    const start = asTensor(value)
    if (innermost())
      throw new TraceError(
        `a ${name || 'parameter'} is made while ${innermost()!.kind} traces: make it before, and assign inside`,
      )
    super(null as unknown as Node, start, start.device)
    this.#cell = newCell(start, name)
  }

  /** @internal */
  get cell(): Cell { return observe(() => this.#cell) }
  /** What it is called: `conv1.weight`. */
  get name(): string { return this.#cell.name }
  set name(name: string) { this.#cell.name = name }

  /** @internal */
  protected override resolve(): Node {
    const cell = this.cell
    return readInTrace(cell) ?? readNow(cell)
  }
  protected override settle(): void { /* the cell holds the value */ }
  protected override stored(): Node['storage'] { return this.#cell.storage }
  protected override isDisposed(): boolean { return false }
  /** A cell lives as long as it is used. */
  override dispose(): void { /* nothing to let go of */ }

  /**
   * Takes a new value of the same shape and dtype (numbers and arrays are converted). Inside compile later reads see
   * it; what was computed before keeps the old one.
   * @throws ShapeError, DTypeError @example w.assign(w.sub(g.mul(0.1)))
   */
  assign(value: TensorLike): this {
    assignAll([[this, value]])
    return this
  }

  /** @internal Takes a value of another dtype or device: programs that used it are traced again. */
  replace(value: Tensor): void {
    if (innermost()) throw new TraceError('a parameter cannot change its dtype or device inside a trace')
    if (!sameShapes(value.shape, this.shape))
      throw new ShapeError(`replace: ${shapeText(value.shape)} for ${shapeText(this.shape)}`)
    const name = this.name
    this.#cell = newCell(value, name)
    this.aval = { shape: value.shape, dtype: value.dtype }
    this.place = value.device
    configuration.changed()
  }
}

function newCell(value: Tensor, name: string): Cell {
  const cell = new Cell(value.shape, value.dtype, null, name)
  unborn.set(cell, { value: value.node, device: value.device })
  return cell
}

/** A tensor that is trained. */
export class Parameter extends Changing {
  #frozen = false
  /** Whether optimizers leave it alone. */
  get frozen(): boolean { return observe(() => this.#frozen) }
  set frozen(frozen: boolean) {
    if (frozen !== this.#frozen) configuration.changed()
    this.#frozen = frozen
  }
}

/** State that is not trained: running statistics, counters, moments. */
export class Buffer extends Changing {}

const sameShapes = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i])

function valueFor(target: Changing, value: TensorLike): Node {
  const what = target.name || target.constructor.name.toLowerCase()
  const given = value instanceof Tensor ? value : tensor(value, { dtype: target.dtype as DType, device: target.device })
  if (!sameShapes(given.shape, target.shape)) {
    throw new ShapeError(`assign: ${what} has shape ${shapeText(target.shape)}, the value ${shapeText(given.shape)}`)
  }
  if (given.weak) return given.weak.as(target.dtype)
  if (given.dtype !== target.dtype) {
    throw new DTypeError(
      `assign: ${what} is ${target.dtype}, the value ${given.dtype}: write value.cast('${target.dtype}')`,
    )
  }
  if (given.device !== target.device) {
    throw new DeviceError(
      `assign: ${what} is on '${target.device}', the value on '${given.device}': write value.to('${target.device}')`,
    )
  }
  return cast(given.node, target.dtype)
}

/**
 * Assigns several at once, computed together from the values before, and computes `results` in the same pass; outside
 * of traces these lose their history (what their graph held is not needed any more), unless `keep`.
 */
export function assignAll(
  pairs: readonly (readonly [Changing, TensorLike])[],
  { results = [], keep = false }: { results?: readonly Tensor[]; keep?: boolean } = {},
): void {
  const values = pairs.map(([target, value]) => [target.cell, valueFor(target, value)] as const)
  for (const [cell] of values) born(cell)
  if (innermost()) {
    for (const [cell, value] of values) assignInScope(cell, value)
    return
  }
  const missing = results.map(t => t.node).filter(n => n.storage === null)
  const device = pairs[0]?.[0].device ?? results[0]?.device
  executor().realize(missing, values.map(([cell, value]): Update => ({ cell, value })), { device, keep })
  for (const t of results) forget(t, keep)
}

interface Settling { settle(node: Node): void }
function forget(t: Tensor, keep: boolean): void {
  const [node] = realizeNodes([t.node])
  const cut =
    keep || node.inputs.length === 0 ? node : cutOff(node, 'minimize cut it: pass { retain: true } to keep it')
  ;(t as unknown as Settling).settle(cut)
}
