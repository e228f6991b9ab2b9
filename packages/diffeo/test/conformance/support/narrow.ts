/** @file Cases of the table in another float dtype, in bodies too. */
import type { DType } from '../../../src/graph/dtype.ts'
import { Node, type Attrs, type Aval, type Graph, type Op } from '../../../src/graph/node.ts'
import { topological } from '../../../src/graph/walk.ts'
import type { NDArray } from '../../../src/ops/record.ts'
import { rounders } from '../../../src/ops/support/round.ts'
import type { Case } from '../../unit/ops/support/case.ts'

/** float64, in which the table is written, and float32, in which some cases are, become `to`. */
type Retype = (d: DType) => DType
const retype = (to: DType): Retype => d => (d === 'float64' || d === 'float32' ? to : d)

function narrowArray(a: NDArray, narrow: Retype): NDArray {
  const dtype = narrow(a.dtype)
  return { shape: a.shape, dtype, data: a.data.map(rounders[dtype]) }
}

function narrowGraph(graph: Graph, narrow: Retype): Graph {
  const narrowAval = (a: Aval): Aval => ({ shape: a.shape, dtype: narrow(a.dtype) })
  const done = new Map<Node, Node>()
  for (const n of topological([...graph.inputs, ...graph.outputs])) {
    done.set(
      n,
      new Node(
        n.op,
        n.inputs.map(x => done.get(x) as Node),
        narrowAttrs(n.attrs, narrow),
        narrowAval(n),
        n.outputs && n.outputs.map(narrowAval),
      ),
    )
  }
  const all = (nodes: readonly Node[]) => nodes.map(n => done.get(n) as Node)
  return { inputs: all(graph.inputs), outputs: all(graph.outputs) }
}

function narrowAttrs<P extends Op>(attrs: Attrs[P], narrow: Retype): Attrs[P] {
  const out: Record<string, unknown> = { ...attrs }
  for (const key of ['body', 'gradient']) if (out[key]) out[key] = narrowGraph(out[key] as Graph, narrow)
  return out as Attrs[P]
}

/** The case in another float dtype. */
export function caseIn(c: Case, float: DType): Case {
  const narrow = retype(float)
  const out = c.out.dtype ? { ...c.out, dtype: narrow(c.out.dtype) } : c.out
  return { ...c, inputs: c.inputs.map(a => narrowArray(a, narrow)), attrs: narrowAttrs(c.attrs, narrow), out }
}
