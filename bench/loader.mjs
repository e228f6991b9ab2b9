/**
 * @file Whether the loader starves the step: of an epoch over a folder of JPEG pictures (320×240) with augmentation,
 * the share that the step waits for batches, beside how long the two take alone. The step is that of a CNN with four
 * stages over 150×150×3 in batches of 32.
 *
 *   npm run build && node bench/loader.mjs [--pictures 640] [--threads 1,2] [--workers 0,1,2]
 */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { compile, data, nn, optim, seed, setThreads } from 'diffeo'
import sharp from 'sharp'
import pictures from './loader-dataset.mjs'

const { values } = parseArgs({
  options: {
    pictures: { type: 'string', default: '640' }, threads: { type: 'string', default: '1,2' },
    workers: { type: 'string', default: '0,1,2' },
  },
})
const numbers = text => text.split(',').map(Number)
const [batchSize, side] = [32, 150]

/** Pictures of two classes: large soft blobs of colour with some grain, so that they pack as photographs do. */
async function folder(count) {
  const path = await mkdtemp(join(tmpdir(), 'diffeo-bench-'))
  for (const name of ['a', 'b']) await mkdir(join(path, name))
  const random = new data.Random(0)
  for (let i = 0; i < count; i++) {
    const small = Buffer.from(Array.from({ length: 16 * 12 * 3 }, () => random.integer(256)))
    const large = await sharp(small, { raw: { width: 16, height: 12, channels: 3 } }).resize(320, 240).raw().toBuffer()
    for (let k = 0; k < large.length; k++) large[k] = Math.min(255, Math.max(0, large[k] + random.integer(17) - 8))
    const jpeg = await sharp(large, { raw: { width: 320, height: 240, channels: 3 } }).jpeg({ quality: 85 }).toBuffer()
    await writeFile(join(path, i % 2 ? 'b' : 'a', `${i}.jpg`), jpeg)
  }
  return path
}

function stepOf() {
  seed(0)
  const stage = (from, to) => [new nn.Conv2d(from, to, 3), new nn.ReLU(), new nn.MaxPool2d(2)]
  const model = new nn.Sequential(
    ...stage(3, 32),
    ...stage(32, 64),
    ...stage(64, 128),
    ...stage(128, 128),
    new nn.Flatten(),
    new nn.Linear(6272, 512),
    new nn.ReLU(),
    new nn.Linear(512, 2),
  )
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 })
  return compile((x, y) => {
    const loss = nn.crossEntropy(model.forward(x), y)
    optimizer.minimize(loss)
    return loss
  })
}

/** Milliseconds of an epoch, of which the loader was waited for; without a step it is all waiting. */
async function epoch(loader, step) {
  const start = performance.now()
  let [waited, asked, batches] = [0, start, 0]
  for await (const [x, y] of loader) {
    const got = performance.now()
    // the first batches are not waited for in the middle of training
    if (batches++ > 0) waited += got - asked
    if (step) await step(x, y).item()
    asked = performance.now()
  }
  return { total: performance.now() - start, waited, batches }
}

const path = await folder(Number(values.pictures))
try {
  const step = stepOf()
  const options = { path, side }
  const set = await pictures(options)
  for (const threads of numbers(values.threads)) {
    setThreads(threads)
    for (const count of numbers(values.workers)) {
      const workers = { count, module: new URL('./loader-dataset.mjs', import.meta.url), options, persistent: true }
      const loader = new data.DataLoader(set, {
        batchSize,
        shuffle: true,
        seed: 0,
        labels: 'int32',
        dropLast: true,
        prefetch: 4,
        ...(count > 0 ? { workers } : {}),
      })
      const first = loader[Symbol.asyncIterator]()
      const batch = (await first.next()).value
      await first.return()
      const kept = { async* [Symbol.asyncIterator]() { for (let i = 0; i < loader.length; i++) yield batch } }
      await epoch(kept, step)
      const alone = await epoch(kept, step)
      await epoch(loader, step)
      const bare = await epoch(loader)
      const both = await epoch(loader, step)
      loader.close()
      const each = t => `${(t / both.batches).toFixed(0)} ms`
      console.log(
        `${threads} threads, ${count} workers: step alone ${each(alone.total)}, batches alone ${each(bare.total)}, ` +
          `together ${each(both.total)}, of it waiting ${((100 * both.waited) / both.total).toFixed(1)} %`,
      )
    }
  }
} finally {
  await rm(path, { recursive: true })
}
