/** @file The workloads that every figure of speed is taken on: the one table of them. The peers' are in bench/peers. */
import { compile, nn, optim, Parameter, tensor, type Tensor } from 'diffeo'
import { cnn, GPT, LSTMLanguageModel, mlp, resnet18 } from './models.ts'

/** Does the work once. The result is there when it returns. */
export type Step = () => void

export interface Workload {
  make(): Step
  /** How often a step does the thing that is timed; 1 if not given. */
  readonly inner?: number
}

// ---- inputs: the same numbers at each run ----

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Bits that depend on the index alone (a 32-bit finalizer: multiply and shift), as numbers from 0 to 1. */
function uniform(index: number): number {
  let h = Math.imul(index ^ (index >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

/** Numbers of mean 0 and variance 1. */
const random = (...shape: number[]): Tensor =>
  tensor(Float32Array.from({ length: size(shape) }, (_, i) => (uniform(i + 1) - 0.5) * Math.sqrt(12)), { shape })
const labels = (below: number, ...shape: number[]): Tensor =>
  tensor(Int32Array.from({ length: size(shape) }, (_, i) => Math.floor(uniform(i + 1) * below)), { shape })

// ---- single ops ----

/**
 * The result is disposed of, as PyTorch's is when the next one takes its name. Left to the collector, which learns of
 * it late in a loop that never yields, each result of megabytes is fresh pages from the system.
 */
const op = (f: (...tensors: Tensor[]) => Tensor, ...shapes: number[][]): Workload => ({
  make() {
    const tensors = shapes.map(shape => random(...shape))
    const step = compile(f)
    return () => { step(...tensors).dispose() }
  },
})

const product = (m: number, k: number, n: number): Workload => op((a, b) => a.matmul(b), [m, k], [k, n])

/** Products so small that a call costs as much: many of them, independent, in one call. */
const products = (n: number, inner = 64): Workload => ({
  inner,
  make() {
    const pairs = Array.from({ length: inner }, () => [random(n, n), random(n, n)] as const)
    const step = compile((list: typeof pairs) => list.map(([a, b]) => a.matmul(b)))
    return () => { step(pairs) }
  },
})

function adamAlone(): Step {
  const p = new Parameter(random(1 << 20))
  const gradient = random(1 << 20)
  const optimizer = new optim.Adam([p])
  const step = compile((g: Tensor) => { optimizer.step([g]) })
  return () => { step(gradient) }
}

// ---- training steps: forward, backward, update ----

type Loss = (output: Tensor, target: Tensor) => Tensor
/** A model from one tensor to one, and an optimizer of any kind. */
interface Net { forward(x: Tensor): Tensor; parameters(): Parameter[] }
interface Update { minimize(loss: Tensor): unknown }
interface Training {
  readonly model: () => Net
  readonly loss: Loss
  readonly optimizer: (parameters: Parameter[]) => Update
  readonly x: () => Tensor
  readonly y: () => Tensor
}

function training({ model, loss, optimizer, x, y }: Training): Workload {
  return {
    make() {
      const net = model()
      const update = optimizer(net.parameters())
      const step = compile((x: Tensor, y: Tensor) => {
        const value = loss(net.forward(x), y)
        update.minimize(value)
        return value
      })
      const [inputs, targets] = [x(), y()]
      return () => { step(inputs, targets) }
    },
  }
}

const adam = (parameters: Parameter[]): Update => new optim.Adam(parameters)
const adamW = (parameters: Parameter[]): Update => new optim.AdamW(parameters)
const momentum = (parameters: Parameter[]): Update =>
  new optim.SGD(parameters, { lr: 0.1, momentum: 0.9 })

/** Over every token: `[batch, time, vocabulary]` against `[batch, time]`. */
export const tokenLoss: Loss = (logits, tokens) => nn.crossEntropy(logits.flatten(0, 1), tokens.flatten())

// ---- inference ----

function resnetInfer(): Step {
  const model = resnet18({ small: false, classes: 1000 }).eval()
  const x = random(1, 3, 224, 224)
  const forward = compile((x: Tensor) => model.forward(x))
  return () => { forward(x) }
}

/** A cache for each block of GPT, with room for `length` tokens. */
export const emptyCaches = (length: number): nn.KeyValueCache[] =>
  Array.from({ length: 6 }, () => new nn.KeyValueCache(length, 6, 64))

function gptDecode(length = 64): Step {
  const model = new GPT().eval()
  const caches = emptyCaches(length)
  const next = compile((token: Tensor) => model.forward(token, caches).argmax(-1).reshape([1, 1]))
  const first = tensor(new Int32Array(1), { shape: [1, 1] })
  return () => {
    for (const cache of caches) cache.reset()
    let token = first
    for (let i = 0; i < length; i++) token = next(token)
  }
}

export const workloads: Readonly<Record<string, Workload>> = {
  'gemm-64': products(64),
  'gemm-128': products(128),
  ...Object.fromEntries([256, 512, 1024, 2048].map(n => [`gemm-${n}`, product(n, n, n)])),
  'gemm-tall-fwd': product(4096, 64, 512),
  'gemm-tall-dw': product(64, 4096, 512),
  'gemm-tall-dx': product(4096, 512, 64),
  gemv: product(4096, 4096, 1),
  bmm: op((a, b) => a.matmul(b), [96, 64, 64], [96, 64, 64]),
  softmax: op(x => x.softmax(-1), [4096, 1024]),
  layernorm: op((x, weight, bias) => nn.layerNorm(x, [1024], { weight, bias }), [4096, 1024], [1024], [1024]),
  gelu: op(x => x.gelu({ approximate: 'tanh' }), [4 << 20]),
  'adam-1m': { make: adamAlone },
  'mlp-step': training({
    model: () => mlp([784, 512, 512, 10], () => new nn.ReLU()), loss: nn.crossEntropy, optimizer: adam,
    x: () => random(128, 784), y: () => labels(10, 128),
  }),
  'mlp-tiny': training({
    model: () => mlp([4, 64, 64, 2], () => new nn.Tanh()), loss: nn.mseLoss, optimizer: adam,
    x: () => random(32, 4), y: () => random(32, 2),
  }),
  'cnn-step': training({
    model: cnn, loss: nn.crossEntropy, optimizer: adam, x: () => random(64, 1, 28, 28), y: () => labels(10, 64),
  }),
  'resnet-step': training({
    model: () => resnet18({ small: true, classes: 10 }), loss: nn.crossEntropy, optimizer: momentum,
    x: () => random(32, 3, 32, 32), y: () => labels(10, 32),
  }),
  'lstm-step': training({
    model: () => new LSTMLanguageModel(), loss: tokenLoss, optimizer: adam,
    x: () => labels(1000, 32, 64), y: () => labels(1000, 32, 64),
  }),
  'gpt-step': training({
    model: () => new GPT(),
    loss: tokenLoss,
    optimizer: adamW,
    x: () => labels(256, 8, 256),
    y: () => labels(256, 8, 256),
  }),
  'resnet-infer': { make: resnetInfer },
  'gpt-decode': { make: gptDecode },
}
