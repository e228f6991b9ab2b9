/**
 * Runs the workloads on diffeo; one JSON line a figure, as the peers' suites print (bench/peers).
 *
 * usage: node bench/suite.mjs [--device native|wasm] [--threads N] [--only NAME[,NAME]] [--seconds S]
 */
import * as df from 'diffeo'
import { gemms, normal, parseArguments, runSuite } from './peers/harness.mjs'
import { fmaPeak } from './peak.mjs'

const { nn, optim, tensor } = df
const args = parseArguments({ device: { type: 'string', default: 'native' } })
await df.setDevice(args.device)
df.setThreads(args.threads)

const size = shape => shape.reduce((a, b) => a * b, 1)
const random = (shape, scale = 1) => tensor(normal(size(shape), scale), { shape })
const labels = (count, classes) => tensor(Int32Array.from(normal(count, 1e6), v => Math.abs(Math.trunc(v)) % classes))

/** A compiled function of random tensors. The result is there when the call returns: calls are synchronous. */
const op = (f, ...shapes) => {
  const tensors = shapes.map(shape => random(shape))
  const step = df.compile(f)
  return () => { step(...tensors) }
}

/** Forward, backward, update. */
function trainer(model, loss, optimizer, x, y) {
  const step = df.compile((x, y) => {
    const value = loss(model.forward(x), y)
    optimizer.minimize(value)
    return value
  })
  return () => { step(x, y) }
}

const mlp = (sizes, activation) => new nn.Sequential(...sizes.slice(1).flatMap((outputs, i) =>
  [new nn.Linear(sizes[i], outputs), ...(i < sizes.length - 2 ? [activation()] : [])]))

function mlpStep() {
  const model = mlp([784, 512, 512, 10], () => new nn.ReLU())
  return trainer(model, nn.crossEntropy, new optim.Adam(model.parameters()), random([128, 784]), labels(128, 10))
}

function mlpTiny() {
  const model = mlp([4, 64, 64, 2], () => new nn.Tanh())
  const mse = (a, b) => a.sub(b).square().mean()
  return trainer(model, mse, new optim.Adam(model.parameters()), random([32, 4]), random([32, 2]))
}

function cnnStep() {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 32, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Conv2d(32, 64, 3), new nn.ReLU(), new nn.MaxPool2d(2),
    new nn.Flatten(), new nn.Linear(1600, 128), new nn.ReLU(), new nn.Linear(128, 10),
  )
  return trainer(model, nn.crossEntropy, new optim.Adam(model.parameters()), random([64, 1, 28, 28]), labels(64, 10))
}

function adamAlone() {
  const p = new df.Parameter(random([1 << 20]))
  const gradient = random([1 << 20])
  const optimizer = new optim.Adam([p])
  const step = df.compile(g => { optimizer.step([g]) })
  return () => { step(gradient) }
}

const gelu = x => x.add(x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI)).tanh().add(1).mul(x).mul(0.5)

const WORKLOADS = {
  ...gemms((a, b) => op((x, y) => x.matmul(y), a, b)),
  bmm: { make: () => op((x, y) => x.matmul(y), [96, 64, 64], [96, 64, 64]), flops: 2 * 96 * 64 ** 3 },
  softmax: { make: () => op(x => x.softmax(1), [4096, 1024]) },
  layernorm: { make: () => op((x, w, b) => {
    const centred = x.sub(x.mean(1, { keepdims: true }))
    return centred.mul(centred.square().mean(1, { keepdims: true }).add(1e-5).rsqrt()).mul(w).add(b)
  }, [4096, 1024], [1024], [1024]) },
  gelu: { make: () => op(gelu, [4 << 20]) },
  'adam-1m': { make: adamAlone },
  'mlp-step': { make: mlpStep },
  'mlp-tiny': { make: mlpTiny },
  'cnn-step': { make: cnnStep },
  /** What the machine gives: multiply-adds in registers, and a = b + 2c over 48 MiB. */
  'peak-fma': fmaPeak(args.device, args.threads),
  'peak-triad': { make: () => op((b, c) => b.add(c.mul(2)), [4 << 20], [4 << 20]) },
}

await runSuite(`diffeo-${args.device}`, args, WORKLOADS, ['--device', args.device])
process.exit(0)
