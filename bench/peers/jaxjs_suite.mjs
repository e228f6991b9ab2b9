/**
 * Runs what jax-js can do of the workloads, compiled by its jit for its wasm backend; one JSON line a figure.
 *
 * usage: node jaxjs_suite.mjs --modules DIR [--threads N] [--only NAME[,NAME]] [--seconds S]
 *
 * jax-js counts references: a function consumes each argument once, and `.ref` is one use more.
 */
import { resolveObjectURL } from 'node:buffer'
import { Worker as Thread } from 'node:worker_threads'
import { gemms, normal, oneHot, parseArguments, peersIn, runSuite } from './harness.mjs'

const args = parseArguments()

// It expects a browser: Node 20 has no navigator, and no Node has Web Workers, without which it has one thread.
Object.defineProperty(globalThis, 'navigator', { value: { userAgent: 'node', hardwareConcurrency: args.threads } })
if (args.threads > 1) globalThis.Worker = webWorker()

const peers = peersIn(args.modules)
const jax = peers.load('@jax-js/jax')
const { numpy: np, nn, lax, tree } = jax
await jax.init('wasm')
jax.defaultDevice('wasm')

/** Just enough of the Web Worker for jax-js: a module from a blob: URL, onmessage, postMessage. */
function webWorker() {
  const prologue = `
    const { parentPort, workerData } = require('node:worker_threads')
    const early = []
    globalThis.self = globalThis
    globalThis.postMessage = message => parentPort.postMessage(message)
    parentPort.on('message', data => self.onmessage ? self.onmessage({ data }) : early.push(data))
    workerData.text().then(code => {
      (0, eval)(code)
      for (const data of early) self.onmessage({ data })
    })`
  return class {
    constructor(url) {
      this.thread = new Thread(prologue, { eval: true, workerData: resolveObjectURL(url) })
      this.thread.on('message', data => this.onmessage?.({ data }))
      this.thread.on('error', error => this.onerror?.(error))
    }
    postMessage(message) {
      this.thread.postMessage(message)
    }
  }
}

const random = (shape, scale = 1) => np.array(normal(shape.reduce((a, b) => a * b, 1), scale)).reshape(shape)

/** A step that applies f, compiled, to random arrays. */
const op = (f, ...shapes) => () => {
  const [compiled, arrays] = [jax.jit(f), shapes.map(shape => random(shape))]
  return async () => {
    const result = compiled(...arrays.map(a => a.ref))
    await jax.blockUntilReady(result)
    result.dispose()
  }
}

function layerNorm(x, weight, bias) {
  const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }))
  const variance = np.mean(np.square(centred.ref), -1, { keepdims: true })
  return centred.div(np.sqrt(variance.add(1e-5))).mul(weight).add(bias)
}

// ---- Adam over a tree: (parameters, gradients, moments, moments, steps so far) → their successors ----

function adam(p, g, m, v, t, lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8) {
  t = t.add(1)
  const bias = beta => np.subtract(1, np.exp(t.ref.mul(Math.log(beta))))
  const [c1, c2] = [bias(beta1), bias(beta2)]
  m = tree.map((m, g) => m.mul(beta1).add(g.mul(1 - beta1)), m, tree.ref(g))
  v = tree.map((v, g) => v.mul(beta2).add(np.square(g).mul(1 - beta2)), v, g)
  const moved = (p, m, v) => p.sub(m.div(c1.ref).mul(lr).div(np.sqrt(v.div(c2.ref)).add(eps)))
  p = tree.map(moved, p, tree.ref(m), tree.ref(v))
  tree.dispose([c1, c2])
  return [p, m, v, t]
}

const zerosLike = parameters => tree.map(p => np.zeros(p.shape), parameters)

function trainer(parameters, loss, x, y) {
  return () => {
    const step = jax.jit((p, m, v, t, x, y) => {
      const [value, g] = jax.valueAndGrad(loss)(tree.ref(p), x, y)
      return [value, ...adam(p, g, m, v, t)]
    })
    const p = parameters()
    let held = [p, zerosLike(p), zerosLike(p), np.array(0)]
    const batch = [x(), y()]
    return async () => {
      const [value, ...next] = step(...held, ...tree.ref(batch))
      await jax.blockUntilReady([value, next])
      value.dispose()
      held = next
    }
  }
}

function adamAlone() {
  const [step, gradient] = [jax.jit(adam), random([1 << 20])]
  let held = [random([1 << 20]), np.zeros([1 << 20]), np.zeros([1 << 20]), np.array(0)]
  return async () => {
    const [p, ...rest] = held
    held = step(p, gradient.ref, ...rest)
    await jax.blockUntilReady(held)
  }
}

// ---- models ----

const linear = (inputs, outputs) => ({ w: random([inputs, outputs], inputs ** -0.5), b: np.zeros([outputs]) })

function mlp(layers, x, activation) {
  return layers.reduce((h, { w, b }, i) => {
    const z = np.matmul(h, w).add(b)
    return i < layers.length - 1 ? activation(z) : z
  }, x)
}

function crossEntropy(logits, rows) {
  const count = logits.shape[0]
  return nn.logSoftmax(logits).mul(rows).sum().mul(-1 / count)
}

const kernel = (inputs, outputs) => ({
  w: random([outputs, inputs, 3, 3], (9 * inputs) ** -0.5),
  b: np.zeros([outputs, 1, 1]),
})
const cnnParameters = () => ({ convs: [kernel(1, 32), kernel(32, 64)], head: [linear(1600, 128), linear(128, 10)] })

function cnn({ convs, head }, x) {
  const pool = h => lax.reduceWindow(h, window => np.max(window), [2, 2], [2, 2])
  for (const { w, b } of convs) x = pool(nn.relu(lax.conv(x, w, [1, 1], 'VALID').add(b)))
  return mlp(head, x.reshape([64, 1600]), nn.relu)
}

const classify = model => (p, x, y) => crossEntropy(model(p, x), y)
const labels = count => () => np.array(oneHot(count, 10)).reshape([count, 10])

function products(n, count) {
  const step = jax.jit((...tensors) =>
    Array.from({ length: count }, (_, i) => np.matmul(tensors[2 * i], tensors[2 * i + 1])),
  )
  const arrays = Array.from({ length: 2 * count }, () => random([n, n]))
  return async () => {
    const results = step(...arrays.map(a => a.ref))
    await jax.blockUntilReady(results)
    tree.dispose(results)
  }
}

const WORKLOADS = {
  ...gemms((a, b) => op(np.matmul, a, b)(), products),
  bmm: { make: op(np.matmul, [96, 64, 64], [96, 64, 64]), flops: 2 * 96 * 64 ** 3 },
  softmax: { make: op(x => nn.softmax(x), [4096, 1024]) },
  layernorm: { make: op(layerNorm, [4096, 1024], [1024], [1024]) },
  gelu: { make: op(x => nn.gelu(x), [4 << 20]) },
  'adam-1m': { make: adamAlone },
  'mlp-step': {
    make: trainer(() => [linear(784, 512), linear(512, 512), linear(512, 10)], classify((p, x) => mlp(p, x, nn.relu)),
      () => random([128, 784]), labels(128)),
  },
  'mlp-tiny': {
    make: trainer(
      () => [linear(4, 64), linear(64, 64), linear(64, 2)],
      (p, x, y) => np.mean(np.square(mlp(p, x, np.tanh).sub(y))),
      () => random([32, 4]),
      () => random([32, 2]),
    ),
  },
  'cnn-step': { make: trainer(cnnParameters, classify(cnn), () => random([64, 1, 28, 28]), labels(64)) },
}

await runSuite(`jaxjs-${peers.version('@jax-js/jax')}-wasm`, args, WORKLOADS)
process.exit() // its threads would keep the process
