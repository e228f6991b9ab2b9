import { describe, expect, test } from 'vitest'
import * as nn from '../../../src/nn/index.ts'
import { Parameter, randn, tensor, type Tensor } from '../../../src/tensor/index.ts'
import type { Dataset } from '../../../src/data/index.ts'
import { DivergenceError, evaluate, fit, predict, type Callback } from '../../../src/train/index.ts'
import { DataError, DiffeoError, ShapeError } from '../../../src/util/errors.ts'
import { adam, Batches, circle, network, weights } from './support.ts'

const loss = nn.crossEntropy

describe('fit', () => {
  test('learns, and tells epoch by epoch; the last batch is smaller', async () => {
    const model = network()
    const history = await fit(model, new Batches(), {
      loss,
      optimizer: adam(model, 0.1),
      epochs: 40,
      validation: new Batches(40),
      metrics: ['accuracy'],
    })
    expect(history.epochs).toHaveLength(40)
    expect(history.steps).toBe(160)
    expect(history.ending).toBe('finished')
    expect(Object.keys(history.last!)).toEqual(['epoch', 'lr', 'loss', 'accuracy', 'valLoss', 'valAccuracy', 'seconds'])
    expect(history.last!.loss).toBeLessThan(history.epochs[0].loss / 2)
    expect(history.last!.accuracy).toBeGreaterThan(0.9)
    expect(history.series('valAccuracy').at(-1)).toBeGreaterThan(0.85)
  })

  test('compiled or not, loss or step: the same weights', async () => {
    const runs: number[][] = []
    for (const compile of [true, false]) {
      const [a, b] = [network(), network()]
      await fit(a, new Batches(), { loss, optimizer: adam(a), epochs: 2, compile })
      const history = await fit(b, new Batches(), {
        step: (m, [x, y]) => {
          const out = m.forward(x)
          return { loss: loss(out, y), norm: out.square().mean() }
        },
        optimizer: adam(b), epochs: 2, validation: new Batches(20), compile,
      })
      expect(Object.keys(history.last!)).toEqual(['epoch', 'lr', 'loss', 'norm', 'valLoss', 'valNorm', 'seconds'])
      runs.push(await weights(a), await weights(b))
    }
    for (const found of runs.slice(1)) found.forEach((w, i) => expect(w).toBeCloseTo(runs[0][i], 5))
  })

  test('the mean loss weighs examples, not batches', async () => {
    const model = network()
    const {
      epochs: [{ loss: mean }],
    } = await fit(model, new Batches(50, 16), { loss, optimizer: adam(model, 1e-12), epochs: 1 })
    const whole = await evaluate(model, new Batches(50, 50), { loss })
    expect(mean).toBeCloseTo(whole.loss, 5)
  })

  test('data may be [x, y], in arrays or tensors', async () => {
    const model = network()
    const { x, y } = circle(30)
    const history = await fit(model, [tensor(x, { shape: [30, 2] }), tensor(y)], {
      loss,
      optimizer: adam(model),
      epochs: 1,
      batchSize: 8,
      seed: 1,
    })
    expect(history.steps).toBe(4)
  })

  test('a step over [x, y] sees tensors; a data set of examples their collation', async () => {
    const model = network()
    const { x, y } = circle(30)
    const optimizer = adam(model)
    // the types of the batches are inferred: this would not compile otherwise
    await fit(model, [tensor(x, { shape: [30, 2] }), tensor(y)], {
      step: (m, [inputs, target]) => loss(m.forward(inputs.mul(1)), target.add(0)), optimizer, epochs: 1, batchSize: 10,
    })
    const points: Dataset<readonly [Float32Array, number]> = { length: 4, get: i => [Float32Array.of(i, 1), i % 2] }
    await fit(model, points, {
      step: (m, [inputs, target]) => loss(m.forward(inputs.mul(1)), target.cast('int32')), optimizer, epochs: 1,
    })
    await fit(model, points, { loss: (output, target) => loss(output, target.cast('int32')), optimizer, epochs: 1 })
  })

  test('a loss that is a module is its forward', async () => {
    const smooth = new nn.CrossEntropyLoss({ labelSmoothing: 0.1 })
    const [a, b] = [network(), network()]
    await fit(a, new Batches(), { loss: smooth, optimizer: adam(a), epochs: 1 })
    await fit(b, new Batches(), {
      loss: (o, t) => nn.crossEntropy(o, t, { labelSmoothing: 0.1 }),
      optimizer: adam(b),
      epochs: 1,
    })
    expect(await weights(a)).toEqual(await weights(b))
    const found = await evaluate(a, new Batches(), { loss: smooth })
    const wanted = await evaluate(a, new Batches(), { loss: (o, t) => nn.crossEntropy(o, t, { labelSmoothing: 0.1 }) })
    expect(found.loss).toBe(wanted.loss)
  })

  test('puts back the mode it found, of each module, after errors too', async () => {
    const model = network(0.5)
    model.eval()
    model.children()[2].train()
    const modes = (): boolean[] => model.modules().map(m => m.training)
    const before = modes()
    const seen: boolean[] = []
    const spy: Callback = { onBatchBegin: t => { seen.push(t.model.training) } }
    await fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 1, callbacks: [spy] })
    expect(modes()).toEqual(before)
    expect(seen.every(Boolean)).toBe(true)
    await evaluate(model, new Batches(), { loss })
    expect(modes()).toEqual(before)
    await expect(
      fit(model, new Batches(), {
        loss: () => {
          throw new Error('mine')
        },
        optimizer: adam(model),
        epochs: 1,
      }),
    ).rejects.toThrow('mine')
    expect(modes()).toEqual(before)
  })

  test('accumulate: four batches of 10 are one of 40', async () => {
    const [a, b] = [network(), network()]
    const one = new Batches(40, 40)
    const four = {
      async *[Symbol.asyncIterator]() {
        for await (const [x, y] of new Batches(40, 40))
          for (let k = 0; k < 4; k++) yield [x.split(10)[k], y.split(10)[k]] as [Tensor, Tensor]
      },
    }
    await fit(a, one, { loss, optimizer: adam(a), epochs: 1, clipNorm: 0.1 })
    await fit(b, four, { loss, optimizer: adam(b), epochs: 1, accumulate: 4, clipNorm: 0.1 })
    const [wa, wb] = [await weights(a), await weights(b)]
    wa.forEach((w, i) => expect(wb[i]).toBeCloseTo(w, 4))
  })

  test('an abort is a clean stop with what happened so far', async () => {
    const model = network()
    const controller = new AbortController()
    const history = await fit(model, new Batches(), {
      loss, optimizer: adam(model), epochs: 100, signal: controller.signal, validation: new Batches(),
      callbacks: [{ onBatchEnd: t => { if (t.step === 6) controller.abort('enough') } }],
    })
    expect(history).toMatchObject({ ending: 'aborted', reason: 'enough', steps: 6 })
    expect(history.epochs).toHaveLength(1)
  })

  test('timers and signals get their turn', async () => {
    const model = network()
    let fired = 0
    const timer = setInterval(() => { fired++ }, 1)
    const controller = new AbortController()
    setTimeout(() => controller.abort(), 600)
    await fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 1e9, signal: controller.signal })
    clearInterval(timer)
    expect(fired).toBeGreaterThan(3)
  })
})

describe('what is wrong is said', () => {
  const optimizer = (): ReturnType<typeof adam> => adam(network())
  test.each([
    ['neither loss nor step', {}, /exactly one of loss and step; none was given/],
    ['both', { loss, step: () => tensor(0) }, /both were given/],
    ['epochs', { loss, epochs: 0 }, /epochs is 0/],
    ['batchSize', { loss, batchSize: 1.5 }, /batchSize is 1.5/],
    ['clipNorm', { loss, clipNorm: -1 }, /clipNorm is -1/],
    ['resume without run', { loss, resume: true }, /no run is given/],
    ['metrics with step', { step: () => tensor(0), metrics: ['accuracy'] }, /let the step log them/],
    ['a loss by name', { loss: 'crossEntropy' }, /loss is the text 'crossEntropy'; .* as nn\.crossEntropy/],
    ['a loss that is a class', { loss: nn.CrossEntropyLoss }, /loss is a class: write new/],
    ['an optimizer by name', { loss, optimizer: 'adam' }, /optimizer is the text 'adam', which has no minimize/],
    [
      'a hook by another name',
      { loss, callbacks: [{ onEpochEnded() {} }] },
      /'onEpochEnded': did you mean 'onEpochEnd'/,
    ],
    [
      'a hook of a class',
      {
        loss,
        callbacks: [
          new (class {
            on_epoch_end() {}
          })(),
        ],
      },
      /'on_epoch_end': did you mean 'onEpochEnd'/,
    ],
    ['a callback alone', { loss, callbacks: {} }, /callbacks are an object: expected an array/],
    ['the controller', { loss, signal: new AbortController() }, /an AbortController: pass controller\.signal/],
    ['metrics that are no list', { loss, metrics: 'accuracy' }, /metrics are the text 'accuracy': expected an array/],
    ['a metric that is none', { loss, metrics: [{}] }, /an object is no metric/],
    ['a schedule', { loss, scheduler: 1 }, /callbacks: \[new LearningRateScheduler\(schedule\)\]/],
    ['verbose', { loss, verbose: 1 }, /callbacks: \[new ProgressBar\(\)\]/],
    ['an async step', { step: async () => tensor(0) }, /fit: step: the function returned a Promise/],
  ])('%s', async (_, options, message) => {
    await expect(
      fit(network(), new Batches(), { optimizer: optimizer(), epochs: 1, ...options } as never),
    ).rejects.toThrow(message)
  })

  test('a loss that is no number, with epoch, batch and step', async () => {
    const model = network()
    const error = await fit(model, new Batches(), {
      loss: (out: Tensor, y: Tensor) => loss(out, y).mul(1e30).mul(1e30), optimizer: adam(model), epochs: 2,
    }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(DivergenceError)
    expect(String(error)).toMatch(
      /the loss is Infinity in epoch 1, batch 1 of 4 \(step 1\).*lower learning rate \(it is 0\.02\)/,
    )
  })

  test('a NaN in the data is found', async () => {
    const model = network()
    const x = Float32Array.from({ length: 20 }, (_, i) => (i === 7 ? NaN : i / 20))
    await expect(
      fit(model, [tensor(x, { shape: [10, 2] }), tensor(new Int32Array(10))], {
        loss,
        optimizer: adam(model),
        epochs: 1,
      }),
    ).rejects.toThrow(/batch\[0\] \(\[10,2\]\) has 1 numbers that are NaN/)
  })

  test('a parameter that parameters() lacks', async () => {
    class Hidden extends nn.Module {
      known = new nn.Linear(2, 2)
      #scale = new Parameter(tensor([2, 3]), { name: 'scale' })
      forward(x: Tensor): Tensor { return this.known.forward(x).mul(this.#scale) }
    }
    const model = new Hidden()
    await expect(fit(model, new Batches(), { loss, optimizer: adam(model), epochs: 1 })).rejects.toThrow(
      /parameters\(\) does not find: scale/,
    )
  })

  test('a loss of many numbers; batches without target; no data', async () => {
    const model = network()
    const each = {
      loss: (o: Tensor, y: Tensor) => loss(o, y, { reduction: 'none' }),
      optimizer: adam(model),
      epochs: 1,
    }
    await expect(fit(model, new Batches(), each)).rejects.toThrow(ShapeError)
    const lone = {
      async *[Symbol.asyncIterator]() {
        yield [tensor([1])]
      },
    }
    await expect(fit(model, lone as never, { loss, optimizer: adam(model), epochs: 1 })).rejects.toThrow(
      /a batch is an array of 1/,
    )
    await expect(fit(model, new Batches(0) as never, { loss, optimizer: adam(model), epochs: 1 })).rejects.toThrow(
      DataError,
    )
    await expect(evaluate(model, new Batches(), {})).rejects.toThrow(DiffeoError)
  })
})

describe('predict', () => {
  test('joins the outputs of all batches, whatever the data is', async () => {
    const model = network()
    const { x, y } = circle(50)
    const inputs = tensor(x, { shape: [50, 2] })
    const whole = await model.forward(inputs).data()
    for (const data of [inputs, [inputs, tensor(y)] as const]) {
      const found = await predict(model, data, { batchSize: 16 })
      expect(found.shape).toEqual([50, 2])
      ;(await found.data()).forEach((v: number, i: number) => expect(v).toBeCloseTo(whole[i], 5))
    }
  })
})

test('a label that is no class is an error that says where, and what labels there were', async () => {
  const model = network()
  const [x, y] = [randn([8, 2]), tensor(Int32Array.of(0, 1, 0, 7, 0, 1, 0, 1))]
  await expect(fit(model, [x, y], { loss, optimizer: adam(model), epochs: 1, batchSize: 8 })).rejects.toThrow(
    /an index is out of range.*was in epoch 1, batch 1 of 1 \(step 1\): batch\[1\] \(\[8\]\) has numbers from 0 to 7\./,
  )
})

test('a loss that is async is an error, and its own rejection does not end the process', async () => {
  const model = network()
  const later = async (output: Tensor, y: Tensor): Promise<Tensor> => loss(output, y).mul(await output.sum().item())
  const rejected: unknown[] = []
  const note = (reason: unknown): void => { rejected.push(reason) }
  process.on('unhandledRejection', note)
  try {
    const [x, y] = [randn([8, 2]), tensor(Int32Array.of(0, 1, 0, 1, 0, 1, 0, 1))]
    await expect(fit(model, [x, y], { loss: later as never, optimizer: adam(model), epochs: 1 }))
      .rejects.toThrow(/fit: the loss: the function returned a Promise/)
    await new Promise(resolve => setTimeout(resolve, 20))
    expect(rejected).toEqual([])
  } finally {
    process.off('unhandledRejection', note)
  }
})
