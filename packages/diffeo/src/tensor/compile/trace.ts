/** @file Tracing: the user's function, run once on placeholders, becomes a graph with updates of cells. */
import { placeholder } from '../../graph/build.ts'
import type { Cell } from '../../graph/cell.ts'
import type { DType } from '../../graph/dtype.ts'
import type { Update } from '../../graph/executor.ts'
import type { Graph, Node } from '../../graph/node.ts'
import { observed, type Guard } from '../../util/configuration.ts'
import { TraceError } from '../../util/errors.ts'
import { Changing } from '../cells.ts'
import { aboutArguments } from '../functions/nn.ts'
import { advance, type Source } from '../functions/random.ts'
import { checkNoPromise, within, type CellState, type Scope } from '../scope.ts'
import { Tensor } from '../tensor.ts'
import { mapTree, mapTreeAt } from '../tree.ts'
import { NumberInput, TracedNumber } from './number.ts'
import type { Call } from './signature.ts'

/** Where an input of the graph comes from at a call. */
export type InputSource =
  | { readonly kind: 'tensor'; readonly slot: number }
  | { readonly kind: 'number'; readonly slot: number; readonly dtype: DType }
  | { readonly kind: 'randomKey' | 'randomCounter' }

/** A leaf of the result: an output of the graph, or what the trace gave. */
export class ResultLeaf {
  /** The number of the output, or null where `value` is the result. */
  readonly output: number | null
  readonly value: unknown
  constructor(output: number | null, value?: unknown) {
    this.output = output
    this.value = value
  }
}

export interface Trace {
  readonly graph: Graph
  readonly updates: readonly Update[]
  readonly inputs: readonly InputSource[]
  /** Random counters that a call takes. */
  readonly counters: number
  /** The result with `ResultLeaf`s for leaves. */
  readonly result: unknown
  readonly guards: readonly Guard[]
  /** What was assumed of number arguments: whether each is whole (null: of no matter). */
  readonly whole: readonly (boolean | null)[]
  /** Cells that were read or assigned. */
  readonly cells: ReadonlySet<Cell>
}

/** The inputs of a graph as they come to be needed. */
class Inputs {
  readonly nodes: Node[] = []
  readonly sources: InputSource[] = []
  add(source: InputSource, shape: readonly number[], dtype: DType): Node {
    const node = placeholder(this.nodes.length, shape, dtype)
    this.nodes.push(node)
    this.sources.push(source)
    return node
  }
}

/** `dry`: nothing is computed, not even what f captures, which becomes part of the graph. */
export function trace(name: string, f: (...args: any[]) => unknown, call: Call, dry = false): Trace {
  const inputs = new Inputs()
  const numbers = call.numbers.map((value, slot) =>
    new NumberInput(value, dtype => inputs.add({ kind: 'number', slot, dtype }, [], dtype)))
  let counters = 0
  let random: Source | null = null
  const draw = (count: number): Source => {
    random ??= {
      key: inputs.add({ kind: 'randomKey' }, [2], 'uint32'),
      counter: inputs.add({ kind: 'randomCounter' }, [2], 'uint32'),
    }
    const counter = advance(random.counter, counters)
    counters += count
    return { key: random.key, counter }
  }
  const cells = new Map<Cell, CellState>()
  const scope: Scope = { kind: 'compile', name, dry, active: true, draw, cells }
  const outputs: Node[] = []
  const { result, guards } = observed(() => within(scope, () => {
    const value = called(name, f, call.args, argumentsFor(call, inputs, numbers))
    checkNoPromise(`compile('${name}')`, value)
    return mapTreeAt(value, (x, path) => resultLeaf(name, x, path, outputs))
  }))
  return {
    graph: { inputs: inputs.nodes, outputs },
    updates: [...cells].flatMap(([cell, s]) => (s.assigned ? [{ cell, value: s.nodes[s.nodes.length - 1] }] : [])),
    inputs: inputs.sources, counters, result, guards,
    whole: numbers.map(n => n.whole),
    cells: new Set(cells.keys()),
  }
}

/** f of what stands for the arguments that were given. */
function called(
  name: string, f: (...args: any[]) => unknown, given: readonly unknown[], args: readonly unknown[],
): unknown {
  try {
    return f(...args)
  } catch (error) {
    throw aboutArguments(`compile('${name}'): `, error, given)
  }
}

/** The arguments with tensors and numbers replaced by what stands for them; made inside the scope. */
function argumentsFor(call: Call, inputs: Inputs, numbers: readonly NumberInput[]): unknown[] {
  const stands = new Map<Tensor, Tensor>()
  call.tensors.forEach((t, slot) => {
    stands.set(t, new Tensor(inputs.add({ kind: 'tensor', slot }, t.shape, t.dtype), t, t.device))
  })
  let next = 0
  const device = call.tensors[0]?.device
  return call.args.map(arg => mapTree(arg, x => {
    if (x instanceof Changing) return x
    if (x instanceof Tensor) return stands.get(x)!
    return typeof x === 'number' ? new TracedNumber(numbers[next++], device) : x
  }))
}

function resultLeaf(name: string, x: unknown, path: string, outputs: Node[]): ResultLeaf {
  if (x instanceof Tensor) return new ResultLeaf(outputs.push(x.node) - 1)
  if (x === undefined || x === null || ['number', 'string', 'boolean'].includes(typeof x))
    return new ResultLeaf(null, x)
  throw new TraceError(
    `compile('${name}'): the result${path} is a ${x.constructor.name || typeof x}: ` +
      'return tensors, numbers, strings, arrays and plain objects of them',
  )
}
