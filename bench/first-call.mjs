/**
 * @file What the first call of a compiled step costs (trace, schedule, compile, run) beside a steady one: for each line
 * so many fresh processes, of which the median is shown, and the least.
 *
 *   npm run build && node bench/first-call.mjs [--rounds 7] [--only cnn,resnet,gpt] [--threads 1,2]
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Steps that are timed after the first. */
const settings = {
  cnn: { batches: [32, 64], steps: 40 }, resnet: { batches: [32], steps: 3 }, gpt: { batches: [8], steps: 3 },
}

async function timed(name, batch, threads) {
  const { compile, nn, optim, seed, setDevice, setThreads, tensor } = await import('diffeo')
  const { cnn, GPT, resnet18 } = await import('../packages/node/dist/bench/models.js')
  await setDevice('native')
  setThreads(threads)
  seed(0)
  const floats = (...shape) => tensor(new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5), { shape })
  const labels = (below, ...shape) =>
    tensor(Int32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => i % below), { shape })
  const tokenLoss = (logits, tokens) => nn.crossEntropy(logits.flatten(0, 1), tokens.flatten())
  const makers = {
    cnn: () => [cnn(), p => new optim.Adam(p), floats(batch, 1, 28, 28), labels(10, batch), nn.crossEntropy],
    resnet: () => [resnet18({ small: true, classes: 10 }), p => new optim.SGD(p, { lr: 0.1, momentum: 0.9 }),
      floats(batch, 3, 32, 32), labels(10, batch), nn.crossEntropy],
    gpt: () => [new GPT(), p => new optim.AdamW(p), labels(256, batch, 256), labels(256, batch, 256), tokenLoss],
  }
  const [model, optimizer, x, y, loss] = makers[name]()
  // drawing the parameters, which happens when they are first read, belongs to the model
  for (const parameter of model.parameters()) await parameter.realize()
  const update = optimizer(model.parameters())
  const step = compile((x, y) => {
    const value = loss(model.forward(x), y)
    update.minimize(value)
    return value
  })
  const once = () => {
    const start = performance.now()
    step(x, y).itemSync()
    return performance.now() - start
  }
  const first = once()
  const steady = Array.from({ length: settings[name].steps }, once).sort((a, b) => a - b)
  console.log(JSON.stringify({ first, steady: steady[steady.length >> 1] }))
  process.exit(0)
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '7' }, only: { type: 'string', default: Object.keys(settings).join() },
    threads: { type: 'string', default: '1,2' },
  },
})
if (positionals.length > 0) await timed(positionals[0], Number(positionals[1]), Number(positionals[2]))

const sorted = list => list.toSorted((a, b) => a - b)
for (const name of values.only.split(',')) {
  for (const batch of settings[name].batches) {
    for (const threads of values.threads.split(',')) {
      const runs = Array.from({ length: Number(values.rounds) }, () => {
        const script = [fileURLToPath(import.meta.url), name, String(batch), threads]
        const { stdout, stderr } = spawnSync(process.execPath, script, { encoding: 'utf8' })
        if (!stdout) throw new Error(stderr)
        return JSON.parse(stdout)
      })
      const [ratios, over] = [r => r.first / r.steady, r => r.first - r.steady].map(f => sorted(runs.map(f)))
      const middle = runs.length >> 1
      console.log(`${name} batch ${batch}, ${threads} thread${threads === '1' ? '' : 's'}: first ÷ steady `
        + `${ratios[middle].toFixed(1)} (least ${ratios[0].toFixed(1)}), first − steady `
        + `${over[middle].toFixed(0)} ms (least ${over[0].toFixed(0)})`)
    }
  }
}
