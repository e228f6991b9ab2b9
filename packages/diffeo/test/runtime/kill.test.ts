/** @file SIGKILL at any instant: the run that is resumed ends with the bits of one that nothing happened to. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { generator } from '../unit/io/support.ts'
import { Workshop, type Ended, type Started } from './support/child.ts'

/** Trains into a folder; with a second argument it kills itself at that event of its file system. */
const script = `
import * as fs from 'node:fs/promises'
import { data, fit, io, nn, optim, randn, save, seed, train } from './diffeo.js'
const [run, at = 'never'] = process.argv.slice(2)
let events = 0
const event = () => { if (++events === Number(at)) process.kill(process.pid, 'SIGKILL') }
const watched = {
  ...fs,
  async open(path, flags) {
    const file = await fs.open(path, flags)
    event()
    let begun = false
    const write = async bytes => {
      if (begun) return file.write(bytes)
      begun = true
      const done = await file.write(bytes.subarray(0, bytes.length >> 1))
      event()
      return done
    }
    return { write, sync: () => file.sync(), close: () => file.close() }
  },
  async rename(from, to) { event(); await fs.rename(from, to); event() },
}
io.installFileSystem(io.nodeFileSystem(watched))

seed(1)
const x = randn([40, 4])
const y = x.sum(1, { keepdims: true }).tanh()
const set = new data.TensorDataset({ data: await x.data(), shape: [40, 4] }, { data: await y.data(), shape: [40, 1] })
const model = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Dropout(0.2), new nn.Linear(8, 1))
const score = { onEpochEnd: (t, record) => { record.score = -Math.abs(t.epoch - 20) } }
const history = await fit(model, new data.DataLoader(set, { batchSize: 10, shuffle: true, seed: 2 }), {
  loss: nn.mseLoss, optimizer: new optim.Adam(model.parameters(), { lr: 0.01 }), epochs: 30, clipNorm: 1,
  metrics: ['mae', 'r2'], accumulate: 3, seed: 3, run, resume: true, saveEvery: 3,
  callbacks: [
    { onTrainBegin: () => { process.stdout.write('begun') } },
    new train.LearningRateScheduler((epoch, lr) => lr * 0.97 ** epoch), score,
    new train.EarlyStopping({ monitor: 'score', mode: 'max', patience: 4 }), new train.CSVLogger(run + '/log.csv'),
  ],
})
await save(run + '/model.safetensors', model.stateDict())
`

/**
 * In the third of four batches checkpoint and history are opened, written in part, then renamed, and at the epoch's end
 * the log too.
 */
const events = (2 + 3) * 4

let workshop: Workshop
let folder: string
let expected: Left
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'diffeo-kill-'))
  workshop = await Workshop.open()
  const run = join(folder, 'whole')
  expect(await train(run)).toMatchObject({ status: 0, stderr: '' })
  expected = left(run)
}, 60_000)
afterAll(() => {
  workshop?.close()
  rmSync(folder, { recursive: true, force: true })
})

// the machine code is not what is tested, and needs time to be made
const start = (run: string, at?: number): Started => workshop.start('train', script, {
  args: at === undefined ? [run] : [run, String(at)], env: { DIFFEO_DEVICE: 'interp' },
})
const train = (run: string, at?: number): Promise<Ended> => start(run, at).ended

interface Left { weights: string; history: unknown; log: string[]; files: string[] }

/** What a run left, but for the time it took. */
function left(run: string): Left {
  const history = JSON.parse(readFileSync(join(run, 'history.json'), 'utf8'))
  for (const record of history.epochs) delete record.seconds
  return {
    weights: readFileSync(join(run, 'model.safetensors'), 'hex'),
    history,
    log: readFileSync(join(run, 'log.csv'), 'utf8').split('\n').map(line => line.split(',').slice(0, 3).join()),
    files: readdirSync(run).sort(),
  }
}

test('the run by itself ends early, as it is told to', () => {
  expect(expected.history).toMatchObject({ ending: 'stopped', steps: 96 })
  expect(expected.files).toEqual(['checkpoint.safetensors', 'history.json', 'log.csv', 'model.safetensors'])
})

test('killed at every event of the writing of checkpoint and history, one after the other', async () => {
  const run = join(folder, 'events')
  for (let at = 1; at <= events; at++) expect(await train(run, at)).toMatchObject({ signal: 'SIGKILL', stderr: '' })
  expect(await train(run)).toMatchObject({ status: 0, stderr: '' })
  expect(left(run)).toEqual(expected)
}, 120_000)

test('killed at 20 random moments', async () => {
  const next = generator(17)
  for (let kills = 0, round = 0; kills < 20; round++) {
    const run = join(folder, `random-${round}`)
    while (!existsSync(join(run, 'model.safetensors'))) {
      const started = start(run)
      if (kills < 20) {
        await Promise.race([started.printed('begun').catch(() => {}), started.ended])
        await sleep(next(100))
        if (started.process.exitCode === null && started.process.kill('SIGKILL')) kills++
      }
      const { signal, status, stderr } = await started.ended
      expect([signal ?? status, stderr], stderr).toEqual([signal ? 'SIGKILL' : 0, ''])
    }
    // a kill in the moment of the last write leaves a run that is resumed once more
    expect((await train(run)).stderr).toBe('')
    expect(left(run)).toEqual(expected)
  }
}, 120_000)
