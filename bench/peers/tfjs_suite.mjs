/**
 * Runs what TensorFlow.js can do of the workloads, on its plain CPU backend and on its wasm backend; one JSON line a
 * figure.
 *
 * usage: node tfjs_suite.mjs --modules DIR [--backend cpu|wasm] [--only NAME[,NAME]] [--seconds S]
 *
 * Both backends have one thread under Node, whatever --threads says. Images are NHWC, the order it trains in.
 */
import { gemms, normal, oneHot, parseArguments, peersIn, runSuite } from './harness.mjs'

const args = { ...parseArguments({ backend: { type: 'string', default: 'cpu,wasm' } }), threads: 1 }
const peers = peersIn(args.modules)
const tf = peers.load('@tensorflow/tfjs')
const wasm = peers.load('@tensorflow/tfjs-backend-wasm')

const random = (shape, scale = 1) => tf.tensor(normal(shape.reduce((a, b) => a * b, 1), scale), shape)
const parameter = (shape, fanIn) => tf.variable(fanIn ? random(shape, fanIn ** -0.5) : tf.zeros(shape))

/** A step that applies f to random tensors; both backends have computed when f returns. */
const op = (f, ...shapes) => () => {
  const tensors = shapes.map(shape => random(shape))
  return () => f(...tensors).dispose()
}

function layerNorm(x, weight, bias) {
  return tf.tidy(() => {
    const { mean, variance } = tf.moments(x, -1, true)
    return x.sub(mean).mul(variance.add(1e-5).rsqrt()).mul(weight).add(bias)
  })
}

function gelu(x) {
  return tf.tidy(() => x.add(x.square().mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)).tanh().add(1).mul(x).mul(0.5))
}

/** Forward, backward, update with Adam. */
function trainer(loss) {
  const optimizer = tf.train.adam(1e-3)
  return () => optimizer.minimize(loss, true).dispose()
}

function mlp(sizes, activation) {
  const layers = sizes
    .slice(1)
    .map((outputs, i) => ({ w: parameter([sizes[i], outputs], sizes[i]), b: parameter([outputs]) }))
  return x =>
    layers.reduce((h, { w, b }, i) => {
      const z = h.matMul(w).add(b)
      return i < layers.length - 1 ? activation(z) : z
    }, x)
}

function mlpStep() {
  const net = mlp([784, 512, 512, 10], tf.relu)
  const [x, y] = [random([128, 784]), tf.tensor(oneHot(128, 10), [128, 10])]
  return trainer(() => tf.losses.softmaxCrossEntropy(y, net(x)))
}

function mlpTiny() {
  const net = mlp([4, 64, 64, 2], tf.tanh)
  const [x, y] = [random([32, 4]), random([32, 2])]
  return trainer(() => tf.losses.meanSquaredError(y, net(x)))
}

function cnnStep() {
  const convs = [[1, 32], [32, 64]].map(([i, o]) => ({ w: parameter([3, 3, i, o], 9 * i), b: parameter([o]) }))
  const head = mlp([1600, 128, 10], tf.relu)
  const [x, y] = [random([64, 28, 28, 1]), tf.tensor(oneHot(64, 10), [64, 10])]
  return trainer(() => {
    const features = convs.reduce((h, { w, b }) => tf.conv2d(h, w, 1, 'valid').add(b).relu().maxPool(2, 2, 'valid'), x)
    return tf.losses.softmaxCrossEntropy(y, head(features.reshape([64, 1600])))
  })
}

function adamAlone() {
  const [p, gradient] = [tf.variable(random([1 << 20])), random([1 << 20])]
  const optimizer = tf.train.adam(1e-3)
  return () => optimizer.applyGradients({ [p.name]: gradient })
}

function products(n, count) {
  const pairs = Array.from({ length: count }, () => [random([n, n]), random([n, n])])
  return () => tf.dispose(pairs.map(([a, b]) => tf.matMul(a, b)))
}

const WORKLOADS = {
  ...gemms((a, b) => op(tf.matMul, a, b)(), products),
  bmm: { make: op(tf.matMul, [96, 64, 64], [96, 64, 64]), flops: 2 * 96 * 64 ** 3 },
  softmax: { make: op(tf.softmax, [4096, 1024]) },
  layernorm: { make: op(layerNorm, [4096, 1024], [1024], [1024]) },
  gelu: { make: op(gelu, [4 << 20]) },
  'adam-1m': { make: adamAlone },
  'mlp-step': { make: mlpStep },
  'mlp-tiny': { make: mlpTiny },
  'cnn-step': { make: cnnStep },
}

wasm.setWasmPaths(`${peers.home('@tensorflow/tfjs-backend-wasm')}/dist/`)
for (const backend of args.backend.split(',')) {
  await tf.setBackend(backend)
  await runSuite(`tfjs-${peers.version('@tensorflow/tfjs')}-${backend}`, args, WORKLOADS, ['--backend', backend])
}
