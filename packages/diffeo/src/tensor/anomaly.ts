/**
 * @file `detectAnomaly`: which op makes the first NaN or infinity, forward or backward. The range of every value on the
 * way is computed beside it, in one program.
 */
import { reshape, concat, reduce, cast } from '../graph/build.ts'
import { isFloat, type DType } from '../graph/dtype.ts'
import { is, sizeOf, type Node, type Shape } from '../graph/node.ts'
import { placeOf, withLines } from '../graph/origin.ts'
import { topological } from '../graph/walk.ts'
import { userLine } from '../util/caller.ts'
import { TraceError } from '../util/errors.ts'
import { compileRewritten } from './compile/compile.ts'
import { ResultLeaf, type Trace } from './compile/trace.ts'
import { randomState, setRandomState } from './random.ts'
import { isTracing } from './scope.ts'
import type { Tensor } from './tensor.ts'

/** The least and the greatest number of a value; NaN where it holds one. */
export interface ValueRange { readonly least: number; readonly greatest: number }

/** Where the first NaN or infinity was made of finite numbers. */
export interface Anomaly {
  readonly made: 'NaN' | 'infinity'
  /** The primitive: 'log', 'mul', 'reduce'; 'buffer' and 'placeholder' are data, 'read' is a parameter. */
  readonly op: string
  readonly shape: Shape
  /** The path of the module whose forward wrote it, or whose gradient it is part of; '' where it is of none. */
  readonly module: string
  /** Whether it is part of a gradient. */
  readonly backward: boolean
  /** `file:line` of the code that wrote it (of a gradient: that wrote what it is the gradient of), where it is seen. */
  readonly line: string
  /** Of the floats that it was made of. */
  readonly inputs: readonly ValueRange[]
  /** In words. */
  toString(): string
}

interface Ranges { readonly nodes: readonly Node[]; readonly of: Tensor; readonly outcomes: readonly Node[] }

/** Runs a function again and again, and looks at every value on the way. */
export type Detector<A extends unknown[]> = (...args: A) => Promise<Anomaly | null>

/**
 * What `detectAnomaly` does, for a function that is called often: it is traced and compiled once for each signature.
 * @throws TraceError where f asks for a value
 */
export function anomalyDetector<A extends unknown[]>(f: (...args: A) => unknown): Detector<A> {
  const name = f.name || 'anonymous'
  const look = compileRewritten(name, (...args: A) => withLines(userLine, () => f(...args)), withRanges)
  return async (...args) => {
    if (isTracing()) throw new TraceError('detectAnomaly inside a trace has no values to look at: call it outside')
    const before = randomState()
    const { nodes, of, outcomes } = look(...args) as Ranges
    setRandomState(before)
    if (nodes.length === 0) return null
    const found = await of.data()
    const ranges = new Map(
      nodes.map((n, i): [Node, ValueRange] => [n, { least: found[2 * i], greatest: found[2 * i + 1] }]),
    )
    return firstAnomaly(outcomes, ranges)
  }
}

/**
 * Runs f as `compile` would, gradients and updates too, and finds the op that makes the first NaN or infinity which
 * reaches a result or an update of a parameter: null where all of these are finite. Nothing is changed by it: no
 * parameter, and no random state. It takes several times as long as f and keeps more in memory.
 *
 * An infinity that goes no further, as the −∞ of a mask before a softmax, is none. A loop (`scan`) or a composite with
 * a kernel of its own is looked at from outside.
 * @param f - a mapping, compiled or not
 * @throws TraceError where f asks for a value
 * @example
 * const found = await detectAnomaly((x, y) => { const loss = …; optimizer.minimize(loss); return loss }, x, y)
 * if (found) console.log(String(found)) // log [32] makes infinity of numbers from 0 to 3.1: in 'encoder.0', at
 * model.ts:12
 */
export const detectAnomaly = <A extends unknown[]>(f: (...args: A) => unknown, ...args: A): Promise<Anomaly | null> =>
  anomalyDetector(f)(...args)

const isLooked = (n: Node): boolean => isFloat(n.dtype) && sizeOf(n.shape) > 0 && n.outputs === null

/** The trace with the ranges of all its floats for a result, and no update. */
function withRanges(traced: Trace): Trace {
  const outcomes = [...traced.graph.outputs, ...traced.updates.map(u => u.value)]
  const nodes = topological(outcomes).filter(isLooked)
  const dtype: DType = nodes.some(n => n.dtype === 'float64') ? 'float64' : 'float32'
  const one = (n: Node, combine: 'min' | 'max'): Node =>
    cast(reshape(reduce(combine, n, n.shape.map((_, i) => i)), [1]), dtype)
  const outputs = nodes.length === 0 ? [] : [concat(nodes.flatMap(n => [one(n, 'min'), one(n, 'max')]), 0)]
  const result = {
    nodes: new ResultLeaf(null, nodes), outcomes: new ResultLeaf(null, outcomes),
    of: new ResultLeaf(outputs.length > 0 ? 0 : null),
  }
  return { ...traced, graph: { inputs: traced.graph.inputs, outputs }, updates: [], result }
}

type State = 'fine' | 'infinite' | 'NaN'
const stateOf = (range: ValueRange | undefined): State =>
  !range ? 'fine'
    : Number.isNaN(range.least) || Number.isNaN(range.greatest) ? 'NaN'
      : Number.isFinite(range.least) && Number.isFinite(range.greatest) ? 'fine' : 'infinite'

/** Several outputs are looked at where each is picked. */
const behind = (n: Node): readonly Node[] => (is(n, 'pick') ? n.inputs[0].inputs : n.inputs)

function firstAnomaly(outcomes: readonly Node[], ranges: ReadonlyMap<Node, ValueRange>): Anomaly | null {
  const state = (n: Node): State => stateOf(ranges.get(n))
  const isBad = (n: Node): boolean => state(n) !== 'fine' && !is(n, 'constant')
  // from what came out back along what is not finite, inputs before users
  const spoiling = (from: readonly Node[]): Node[] =>
    topological(from, n => !isBad(n) && n.outputs === null).filter(isBad)
  const spoilt = spoiling(outcomes.filter(isBad))
  const makes = (n: Node): boolean => !behind(n).some(isBad)
  const first = spoilt.find(n => state(n) === 'NaN' && !behind(n).some(x => state(x) === 'NaN'))
  // NaN of infinities: these came first
  const source = first && !makes(first) ? spoiling([first]).find(makes) : first
  const found = source ?? spoilt.find(makes)
  return found ? new Found(found, state(found), behind(found).flatMap(x => ranges.get(x) ?? [])) : null
}

const number = (x: number): string => (Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x))
const data: Readonly<Record<string, string>> =
  { placeholder: 'an argument', buffer: 'a tensor that was there before', read: 'a parameter or buffer' }

class Found implements Anomaly {
  readonly made: Anomaly['made']
  readonly op: string
  readonly shape: Shape
  readonly module: string
  readonly backward: boolean
  readonly line: string
  readonly inputs: readonly ValueRange[]
  /** Of a parameter. */
  readonly #name: string

  constructor(node: Node, state: State, inputs: readonly ValueRange[]) {
    const source = is(node, 'pick') ? node.inputs[0] : node
    this.made = state === 'NaN' ? 'NaN' : 'infinity'
    this.op = is(source, 'call') ? source.attrs.name : source.op
    this.shape = node.shape
    const { module, backward, line } = placeOf(node.origin)
    this.module = module
    this.backward = backward
    this.line = line
    this.inputs = inputs
    this.#name = is(node, 'read') ? node.attrs.cell.name : ''
  }

  toString(): string {
    const { op, made, inputs, shape, module, backward, line } = this
    const size = `[${shape.join(',')}]`
    if (data[op]) return `${data[op]}${this.#name && ` (${this.#name})`} ${size} holds ${made} already`
    const ranges = inputs.map(r => `${number(r.least)} to ${number(r.greatest)}`)
    const of = ranges.length > 0 ? ` of numbers from ${ranges.join(' and from ')}` : ''
    const where = [
      backward ? `in the gradient of ${module ? `'${module}'` : 'what was written'}` : module ? `in '${module}'` : '',
      line && `at ${line}`,
    ].filter(Boolean).join(', ')
    return `${op} ${size} makes ${made}${of}${where && `: ${where}`}`
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string { return this.toString() }
}
