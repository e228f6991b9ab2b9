/** @file Random graphs and gradients on every compiled backend against the interpreter; natively also guarded. */
import { createRequire } from 'node:module'
import { afterAll, describe, expect, test } from 'vitest'
import '../../src/ops/index.ts'
import { emitKernels } from '../../src/backend/native/codegen/index.ts'
import { createLinker } from '../../src/backend/native/linker.ts'
import { constantLike } from '../../src/graph/build.ts'
import { sizeOf, type Node } from '../../src/graph/node.ts'
import { topological } from '../../src/graph/walk.ts'
import { gradients } from '../../src/transform/index.ts'
import { backends, runCompiled, runReference, type Backend } from './support/backends.ts'
import { GraphMaker } from './support/random-graph.ts'
import { steps } from './support/random-steps.ts'

const first = Number(process.env.DIFFEO_SEED ?? 1)
const count = Number(process.env.DIFFEO_GRAPHS ?? 40)
const coverage = new Map<string, number>()

function guarded(): Backend[] {
  return ['avx512', 'avx2'].flatMap(isa => {
    const made = createLinker(createRequire(import.meta.url), { emit: emitKernels, isa, guard: true })
    return made.linker && made.target.isa === isa
      ? [{ name: `${isa} guarded`, linker: made.linker, target: made.target }]
      : []
  })
}

interface Wanted {
  readonly node: Node
  readonly tolerance: number
}

/** Gradients of the sum of all that a smooth graph computes. */
function makeGradients(seed: number): { maker: GraphMaker; outputs: Wanted[] } {
  const maker = new GraphMaker(seed, true)
  for (let i = 3 + maker.random.below(20); i > 0; i--) maker.step(steps)
  const sinks = maker.floats.filter(v => !maker.feeds.has(v.node)).map(v => v.node)
  const wrt = [...maker.feeds.keys()].filter(n => n.dtype === 'float32')
  const found = gradients(
    sinks,
    sinks.map(n => constantLike(n, 1 / sizeOf(n.shape))),
    wrt,
  ).filter(n => n !== null)
  return { maker, outputs: found.map(node => ({ node, tolerance: -1 })) }
}

function make(seed: number): { maker: GraphMaker; outputs: Wanted[] } {
  const maker = new GraphMaker(seed)
  for (let i = 5 + maker.random.below(36); i > 0; i--) maker.step(steps)
  const all: Wanted[] = [
    ...maker.floats.map(v => ({ node: v.node, tolerance: 1e-6 + 4 * v.error })),
    ...maker.ints.map(node => ({ node, tolerance: 0 })),
    ...maker.bools.map(node => ({ node, tolerance: 0 })),
  ]
  const used = new Set(all.flatMap(v => topological([v.node]).filter(n => n !== v.node)))
  const sinks = all.filter(v => !used.has(v.node))
  const also = all.filter(v => used.has(v.node) && !maker.feeds.has(v.node) && maker.random.next() < 0.1)
  return { maker, outputs: [...sinks, ...also] }
}

/** The first output that is wrong, in words. */
function fault(
  outputs: readonly Wanted[],
  maker: GraphMaker,
  backend: Backend,
  expected: readonly Float64Array[],
): string | null {
  const got = runCompiled(
    outputs.map(o => o.node),
    maker.feeds,
    backend,
  )
  for (const [i, o] of outputs.entries()) {
    // Gradients have no bound of their own: their error is compared with their size.
    const tolerance =
      o.tolerance >= 0 ? o.tolerance : 1e-5 + 1e-3 * expected[i].reduce((a, b) => Math.max(a, Math.abs(b)), 0)
    for (let k = 0; k < expected[i].length; k++) {
      const [a, b] = [got[i][k], expected[i][k]]
      if (a === b || Math.abs(a - b) <= tolerance) continue
      return `output ${i} (${o.node.op}[${o.node.shape}]) element ${k}: ${a} instead of ${b} (± ${tolerance})`
    }
  }
  return null
}

const describeNode = (n: Node, ids: Map<Node, number>): string =>
  `${ids.get(n)} = ${n.op}${JSON.stringify(n.attrs)} [${n.shape}] of ${n.inputs.map(x => ids.get(x))}`

/** The smallest graph that is wrong by itself, written out. */
function smallest(maker: GraphMaker, outputs: readonly Wanted[], backend: Backend): string {
  const tolerance = Math.max(...outputs.map(o => o.tolerance))
  for (const node of topological(outputs.map(o => o.node))) {
    if (maker.feeds.has(node) || node.outputs) continue
    const alone = [{ node, tolerance: 8 * tolerance }]
    let wrong: string | null
    try {
      wrong = fault(alone, maker, backend, runReference([node], maker.feeds))
    } catch (error) {
      wrong = String(error)
    }
    if (!wrong) continue
    const order = topological([node])
    const ids = new Map(order.map((n, i) => [n, i]))
    return `${wrong}\n${order.map(n => describeNode(n, ids)).join('\n')}`
  }
  return 'no output is wrong alone'
}

const graphs = Array.from({ length: count }, (_, i) => first + i)
const reference = new Map<string, Float64Array[]>()

describe.each([...backends(), ...guarded()].map(b => [b.name, b] as const))('%s', (_name, backend) => {
  const all = [
    ['values', make],
    ['gradients', makeGradients],
  ] as const
  test.each(all.flatMap(([what, by]) => graphs.map(seed => [what, seed, by] as const)))(
    '%s, seed %i',
    (what, seed, by) => {
      const { maker, outputs } = by(seed)
      const key = `${what} ${seed}`
      const expected =
        reference.get(key) ??
        runReference(
          outputs.map(o => o.node),
          maker.feeds,
        )
      if (!reference.has(key)) for (const [k, n] of maker.coverage) coverage.set(k, (coverage.get(k) ?? 0) + n)
      reference.set(key, expected)
      let wrong: string | null
      try {
        wrong = fault(outputs, maker, backend, expected)
      } catch (error) {
        wrong = `${(error as Error).stack?.split('\n').slice(0, 4).join('\n')}`
      }
      if (wrong) expect.fail(`seed ${seed}: ${wrong}\n${smallest(maker, outputs, backend)}`)
    },
  )
})

afterAll(() => {
  const counts = [...coverage].sort().map(([k, n]) => `${k} ${n}`)
  console.log(`random graphs: seeds ${first}–${first + count - 1} (DIFFEO_SEED, DIFFEO_GRAPHS); ${counts.join(', ')}`)
})
