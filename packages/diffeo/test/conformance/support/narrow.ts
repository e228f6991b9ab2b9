/** @file Cases of the table as the compiled backends can compute them: float64 becomes float32, in bodies too. */
import type { DType } from '../../../src/graph/dtype.ts'
import { Node, type Attrs, type Aval, type Graph, type Op } from '../../../src/graph/node.ts'
import { topological } from '../../../src/graph/walk.ts'
import type { NDArray } from '../../../src/ops/record.ts'
import { rounders } from '../../../src/ops/support/round.ts'
import type { Case } from '../../unit/ops/support/case.ts'

const compiled: ReadonlySet<DType> = new Set(['float32', 'int32', 'uint32', 'int8', 'uint8', 'bool'])
const narrow = (d: DType): DType => (d === 'float64' ? 'float32' : d)
const narrowAval = (a: Aval): Aval => ({ shape: a.shape, dtype: narrow(a.dtype) })

export function narrowArray(a: NDArray): NDArray {
  const dtype = narrow(a.dtype)
  return { shape: a.shape, dtype, data: a.data.map(rounders[dtype]) }
}

function narrowGraph(graph: Graph): Graph {
  const done = new Map<Node, Node>()
  for (const n of topological([...graph.inputs, ...graph.outputs])) {
    done.set(
      n,
      new Node(
        n.op,
        n.inputs.map(x => done.get(x) as Node),
        narrowAttrs(n.attrs),
        narrowAval(n),
        n.outputs && n.outputs.map(narrowAval),
      ),
    )
  }
  const all = (nodes: readonly Node[]) => nodes.map(n => done.get(n) as Node)
  return { inputs: all(graph.inputs), outputs: all(graph.outputs) }
}

function narrowAttrs<P extends Op>(attrs: Attrs[P]): Attrs[P] {
  const out: Record<string, unknown> = { ...attrs }
  for (const key of ['body', 'gradient']) if (out[key]) out[key] = narrowGraph(out[key] as Graph)
  return out as Attrs[P]
}

/** The case in float32; null when it is of a dtype that only the interpreter has. */
export function narrowCase(c: Case): Case | null {
  const dtypes = [...c.inputs.map(a => a.dtype), ...(c.out.dtype ? [c.out.dtype] : [])].map(narrow)
  if (!dtypes.every(d => compiled.has(d))) return null
  const out = c.out.dtype ? { ...c.out, dtype: narrow(c.out.dtype) } : c.out
  return { ...c, inputs: c.inputs.map(narrowArray), attrs: narrowAttrs(c.attrs), out }
}
