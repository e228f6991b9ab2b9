import { describe, expect, test } from 'vitest'
import {
  add,
  apply,
  broadcastInto,
  cast,
  concat,
  constant,
  constantLike,
  div,
  dot,
  expand,
  flip,
  gather,
  less,
  mul,
  neg,
  pad,
  permute,
  pick,
  reduce,
  reduceKeep,
  reshape,
  scale,
  scatter,
  shift,
  slice,
  stopGradient,
  sub,
  sum,
  unary,
  binary,
  where,
} from '../../../src/graph/build.ts'
import type { Node } from '../../../src/graph/node.ts'
import { records } from '../../../src/ops/index.ts'
import { topological } from '../../../src/graph/walk.ts'
import {
  batchGraph,
  batchNodes,
  checkpoint,
  gradients,
  hessian,
  inline,
  jacobian,
  jacobianForward,
  tangents,
} from '../../../src/transform/index.ts'
import {
  array,
  call,
  checkBatch,
  checkDerivatives,
  checkTwice,
  close,
  copies,
  gradientOf,
  integers,
  random,
  run,
  tangentOf,
  trace,
  type Mapping,
} from './support/check.ts'

const softmax = (x: Node): Node => {
  const axis = x.shape.length - 1
  const e = unary('exp', sub(x, expand(stopGradient(reduceKeep('max', x, [axis])), x.shape)))
  return div(e, expand(reduceKeep('add', e, [axis]), x.shape))
}

/** Two layers, layer norm, softmax: dots, reductions, broadcasts, transcendentals. */
const network: Mapping = (x, w, v, b) => {
  const h = unary('tanh', add(dot(x, w, [[1, 0]]), broadcastInto(b, [x.shape[0], w.shape[1]], [1])))
  const centred = sub(h, expand(scale(reduceKeep('add', h, [1]), 1 / h.shape[1]), h.shape))
  const variance = scale(reduceKeep('add', mul(centred, centred), [1]), 1 / h.shape[1])
  const normal = div(centred, expand(unary('sqrt', shift(variance, 0.1)), h.shape))
  const p = softmax(dot(normal, v, [[1, 0]]))
  return sum(mul(p, unary('log', shift(p, 0.5))), [0, 1])
}
const networkInputs = () => [random([3, 4]), random([4, 5]), random([5, 3]), random([5])]

/** Everything that moves elements. */
const moving: Mapping = (x, y) => {
  const a = permute(concat([x, flip(y, [1])], 0), [1, 0])
  const b = pad(
    slice(a, [0, 1], [3, 6], [1, 2]),
    [
      [1, 0],
      [0, 2],
    ],
    0.5,
    [0, 1],
  )
  const c = binary('maximum', b, unary('sin', b))
  const last = c.shape.length - 1
  const running = apply('cumulative', [c], { combine: 'add', axis: last, reverse: true })
  return where(less(running, constantLike(running, 0.2)), mul(running, running), unary('exp', neg(running)))
}
const movingInputs = () => [random([3, 3]), random([3, 3])]

/** A convolution, a pooling, a gather by data. */
const picture: Mapping = (x, w, index) => {
  const h = apply('conv', [x, w], {
    stride: [2, 1],
    pad: [
      [1, 1],
      [0, 1],
    ],
    dilateInput: [1, 1],
    dilateKernel: [1, 1],
    groups: 1,
  })
  const window = {
    size: [2, 2],
    stride: [1, 2],
    pad: [
      [0, 1],
      [0, 0],
    ],
    dilation: [1, 1],
  } as const
  const p = add(
    apply('reduceWindow', [unary('tanh', h)], { ...window, combine: 'max' }),
    apply('reduceWindow', [h], { ...window, combine: 'add' }),
  )
  const flat = reshape(p, [p.shape[0] * p.shape[1], p.shape[2] * p.shape[3]])
  const rows = gather(flat, expand(reshape(index, [index.shape[0], 1]), [index.shape[0], 1]), 0)
  const back = scatter(flat, reshape(index, [index.shape[0], 1]), mul(rows, rows), 0, 'add')
  return reduce('add', mul(back, unary('erf', back)), [1])
}
const pictureInputs = () => [random([2, 2, 5, 5]), random([3, 2, 2, 2]), integers([4], 6)]

/** A recurrent cell with a product, outputs that differ from the carry, an integer counter and unread inputs. */
const recurrent =
  (reverse: boolean, exposed: boolean): Mapping =>
  (h, xs, w) => {
    const body = trace(
      (state, count, x, kernel, bias) => {
        const next = unary('tanh', add(add(dot(state, kernel, [[0, 0]]), x), bias))
        const weighted = mul(next, expand(reshape(cast(count, 'float64'), [1]), next.shape))
        const ys = exposed ? [next, weighted, state] : [weighted]
        return [mul(next, next), add(count, constantLike(count, 1)), ...ys]
      },
      [h, { shape: [], dtype: 'int32' }, { shape: xs.shape.slice(1), dtype: xs.dtype }, w, h],
    )
    const scan = apply('scan', [h, constant(1, [], 'int32'), xs, w, unary('sin', h)], {
      body,
      carries: 2,
      sequences: 1,
      length: xs.shape[0],
      reverse,
    })
    return [pick(scan, 0), pick(scan, 2)]
  }
const recurrentInputs = () => [random([3]), random([4, 3]), random([3, 3])]

const checkpointed: Mapping = (x, w, v, b) => {
  const h = mul(x, x)
  const [y] = checkpoint(trace(network, [h, w, v, b]), [h, w, v, b])
  return mul(y, y)
}

const composite =
  (gradient: boolean): Mapping =>
  (x, y) => {
    const body = trace((a, b) => [mul(a, unary('exp', b)), add(a, b)], [x, y])
    // d(a·exp b, a + b): (g₀·exp b + g₁, g₀·a·exp b + g₁), using the outputs
    const rule = trace(
      (a, b, p, _s, g, h) => {
        void a
        return [add(mul(g, unary('exp', b)), h), add(mul(g, p), h)]
      },
      [x, y, x, x, x, x],
    )
    const c = apply('call', [x, y], gradient ? { name: 'f', body, gradient: rule } : { name: 'f', body })
    return [pick(c, 0), mul(pick(c, 1), pick(c, 0))]
  }

const mappings: [string, Mapping, () => ReturnType<typeof networkInputs>][] = [
  ['network', network, networkInputs],
  ['movement', moving, movingInputs],
  ['convolution and pooling', picture, pictureInputs],
  ['scan', recurrent(false, false), recurrentInputs],
  ['scan, reversed, carries stacked', recurrent(true, true), recurrentInputs],
  ['scan, carries stacked', recurrent(false, true), recurrentInputs],
  ['checkpoint', checkpointed, networkInputs],
  ['call', composite(false), () => [random([2, 2]), random([2, 2])]],
  ['call with a gradient', composite(true), () => [random([2, 2]), random([2, 2])]],
]

describe.each(mappings)('%s', (_name, f, inputs) => {
  test('first and second derivatives, in all orders of the modes', () => checkTwice(f, inputs()))
  test('vmap', () => checkBatch(f, copies(inputs)))

  test('vmap of grad, vmap of jvp', () => {
    const x = inputs()
    const outs = call(f, x)
    const floats = x.filter(a => a.dtype === 'float64')
    checkBatch(
      gradientOf(f, x),
      copies(() => [...inputs(), ...outs.map(y => random(y.shape))], 2),
    )
    checkBatch(
      tangentOf(f, x),
      copies(() => [...inputs(), ...floats.map(a => random(a.shape))], 2),
    )
  })

  test('grad of vmap', () => {
    const x = inputs()
    const mapped: Mapping = (...all) => batchedCall(f, x, all)
    const many = x.map(a => array([2, ...a.shape], [...a.data, ...inputs()[x.indexOf(a)].data], a.dtype))
    checkDerivatives(mapped, many)
  })
})

function batchedCall(
  f: Mapping,
  x: readonly { shape: readonly number[]; dtype: 'float64' | string }[],
  all: Node[],
): Node[] {
  const { graph } = batchGraph(
    trace(f, x as never),
    x.map(() => true),
    2,
  )
  return inline(graph, all)
}

describe('walks', () => {
  test('jacobian and hessian', () => {
    const f: Mapping = (x, w) => unary('tanh', dot(x, w, [[0, 0]]))
    const [x, w] = [random([3]), random([3, 2])]
    const graph = trace(f, [x, w])
    const [y] = call(f, [x, w])
    for (const how of [jacobian, jacobianForward]) {
      const [dx, dw] = run({ inputs: graph.inputs, outputs: how(graph.outputs[0], graph.inputs) }, [x, w])
      expect([dx.shape, dw.shape]).toEqual([
        [2, 3],
        [2, 3, 2],
      ])
      const slope = y.data.map(v => 1 - v * v)
      close(
        dx.data,
        [0, 1].flatMap(o => [0, 1, 2].map(i => slope[o] * w.data[i * 2 + o])),
      )
      close(
        dw.data,
        [0, 1].flatMap(o => [0, 1, 2].flatMap(i => [0, 1].map(p => (p === o ? slope[o] * x.data[i] : 0)))),
      )
    }
    // x·x·w summed: d²/dx² = 2w on the diagonal, d²/dxdw = 2x, d²/dw² = 0
    const g = trace((a, b) => sum(mul(mul(a, a), b), [0]), [x, x])
    const b = random([3])
    const h = hessian(g.outputs[0], g.inputs)
    const values = run({ inputs: g.inputs, outputs: h.flat() }, [x, b])
    const diagonal = (d: ArrayLike<number>): number[] =>
      [0, 1, 2].flatMap(i => [0, 1, 2].map(j => (i === j ? 2 * d[i] : 0)))
    close(values[0].data, diagonal(b.data))
    close(values[1].data, diagonal(x.data))
    close(values[2].data, diagonal(x.data))
    close(values[3].data, new Array(9).fill(0))
  })

  test('what does not reach wrt gives null and is not walked', () => {
    const {
      inputs: [x, y],
      outputs,
    } = trace((a, b) => mul(unary('sin', a), stopGradient(b)), [random([2]), random([2])])
    const [dx, dy] = gradients(outputs, [constantLike(outputs[0], 1)], [x, y])
    expect(dy).toBeNull()
    expect(dx!.op).toBe('mul')
    expect(tangents(outputs, [x, y], [null, constantLike(y, 1)])).toEqual([null])
    const whole = trace(a => cast(unary('floor', a), 'int32'), [random([2])])
    expect(gradients(whole.outputs, [constantLike(whole.outputs[0], 1)], whole.inputs)).toEqual([null])
  })

  test('wrt may be inner nodes that depend on one another', () => {
    const x = random([2])
    const graph = trace(
      a => {
        const b = mul(a, a)
        return mul(b, b)
      },
      [x],
    )
    const b = graph.outputs[0].inputs[0]
    const [da, db] = gradients(graph.outputs, [constantLike(b, 1)], [graph.inputs[0], b])
    const [ga, gb] = run({ inputs: graph.inputs, outputs: [da!, db!] }, [x])
    close(
      ga.data,
      x.data.map(v => 4 * v ** 3),
    )
    close(
      gb.data,
      x.data.map(v => 2 * v * v),
    )
  })

  test('nodes that do not depend on batched inputs are shared', () => {
    const { inputs, outputs } = trace((a, b) => mul(a, unary('sin', b)), [random([2]), random([2])])
    const sine = outputs[0].inputs[1]
    const many = trace(a => a, [random([4, 2])]).inputs[0]
    const [mapped] = batchNodes(outputs, new Map([[inputs[0], many]]), 4)
    expect(mapped.batched).toBe(true)
    expect(topological([mapped.node])).toContain(sine)
  })

  test('checkpoint computes its body again, behind a barrier on the cotangent', () => {
    const { inputs, outputs } = trace(checkpointed, networkInputs())
    const [g] = gradients(outputs, [constantLike(outputs[0], 1)], inputs)
    const order = topological([g!])
    const barrier = order.filter(n => n.op === 'barrier')
    expect(barrier.length).toBe(1)
    expect(topological([barrier[0].inputs.at(-1)!]).some(n => n.op === 'call')).toBe(true)
    expect(order.filter(n => n.op === 'tanh').length).toBe(1)
  })

  test('the gradient of a linear loop stores no carries', () => {
    const f: Mapping = (h, xs) => {
      const body = trace((s, x) => [add(scale(s, 0.5), x)], [h, { shape: xs.shape.slice(1), dtype: xs.dtype }])
      return pick(apply('scan', [h, xs], { body, carries: 1, sequences: 1, length: xs.shape[0], reverse: false }), 0)
    }
    const { inputs, outputs } = trace(f, [random([2]), random([5, 2])])
    const g = gradients(outputs, [constantLike(outputs[0], 1)], inputs)
    expect(topological(g.filter(n => n !== null)).filter(n => n.op === 'scan').length).toBe(1)
    checkTwice(f, [random([2]), random([5, 2])])
    checkTwice(f, [random([2]), random([0, 2])])
    checkTwice(f, [random([2]), random([1, 2])])
  })

  test('a call that has no forward mode says so', () => {
    const { inputs, outputs } = trace(
      x => {
        const body = trace(a => mul(a, a), [x])
        return pick(apply('call', [x], { name: 'square', body, jvpAllowed: false }), 0)
      },
      [random([2])],
    )
    expect(() => tangents(outputs, inputs, [constantLike(inputs[0], 1)])).toThrow(/call square: forward-mode/)
  })

  test('a missing rule names the primitive', () => {
    const { inputs, outputs } = trace(x => unary('erf', x), [random([2])])
    const erf = records.erf as { vjp?: unknown; jvp?: unknown; batch?: unknown }
    const { vjp, jvp, batch } = erf
    Object.assign(erf, { vjp: undefined, jvp: undefined, batch: undefined })
    try {
      const ones = constantLike(inputs[0], 1)
      expect(() => gradients(outputs, [ones], inputs)).toThrow(/erf: it has no reverse-mode gradient/)
      expect(() => tangents(outputs, inputs, [ones])).toThrow(/erf: it has no forward-mode derivative/)
      expect(() => batchGraph({ inputs, outputs }, [true], 2)).toThrow(/erf cannot be batched/)
    } finally {
      Object.assign(erf, { vjp, jvp, batch })
    }
  })
})

describe('long chains', () => {
  const chain =
    (n: number): Mapping =>
    x => {
      let y = x
      for (let i = 0; i < n; i++) y = i % 2 ? add(y, x) : scale(y, 0.5)
      return y
    }

  test('50,000 nodes: no overflow, linear time', () => {
    const time = (n: number): number => {
      const start = performance.now()
      const { inputs, outputs } = trace(chain(n), [random([2])])
      const [g] = gradients(outputs, [constantLike(outputs[0], 1)], inputs)
      const [t] = tangents([g!], inputs, [constantLike(inputs[0], 1)])
      tangents(outputs, inputs, [constantLike(inputs[0], 1)])
      batchGraph({ inputs, outputs: [outputs[0], g!] }, [true], 3)
      inline({ inputs, outputs }, inputs)
      expect(t === null || t.shape.length === 1).toBe(true)
      return performance.now() - start
    }
    time(2_000)
    const small = Math.max(time(10_000), 5)
    expect(time(50_000)).toBeLessThan(small * 20)
  })

  test('the gradient of a long chain is right', () => {
    const { inputs, outputs } = trace(chain(50_000), [random([1])])
    const [g] = gradients(outputs, [constantLike(outputs[0], 1)], inputs)
    close(run({ inputs, outputs: [g!] }, [random([1])])[0].data, [2])
  })
})
