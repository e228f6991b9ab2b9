/** @file How processes that train end: by themselves, by exit, by signals, with workers and children. Nothing hangs. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Workshop } from './support/child.ts'

let shop: Workshop
beforeAll(async () => { shop = await Workshop.open() })
afterAll(() => shop.close())

/** A step with enough to do that worker threads take part, on the device of the first argument. */
const prelude = `
import { compile, nn, optim, seed, setDevice, rand, randint } from './diffeo.js'
import * as threads from 'node:worker_threads'
import { readdirSync } from 'node:fs'
const device = threads.workerData?.device ?? process.argv[2]
await setDevice(device)
seed(0)
const net = new nn.Sequential(new nn.Linear(256, 256), new nn.ReLU(), new nn.Linear(256, 10))
const optimizer = new optim.Adam(net.parameters())
const step = compile((x, y) => {
  const loss = nn.crossEntropy(net.forward(x), y)
  optimizer.minimize(loss)
  return loss
})
const [x, y] = [rand([256, 256]), randint(0, 10, [256])]
const train = async n => { let loss; for (let i = 0; i < n; i++) loss = await step(x, y).item(); return loss }
`
const options = (device: string) => ({ args: [device], env: { DIFFEO_THREADS: '3' }, limit: 45_000 })

for (const device of ['native', 'wasm']) {
  describe(`a process that trains on ${device}`, () => {
    const run = (name: string, body: string) => shop.run(`${device}-${name}`, prelude + body, options(device))

    it('ends when its work is done', async () => {
      expect(await run('done', `await train(30); console.log('end')`)).toMatchObject({ status: 0, stdout: 'end' })
    })
    it('ends by process.exit, by an exception, and with a step not awaited', async () => {
      expect(await run('exit', `await train(30); process.exit(3)`)).toMatchObject({ status: 3 })
      expect(await run('throw', `await train(30); throw new Error('mine')`)).toMatchObject({ status: 1 })
      expect(await run('drop', `void step(x, y).item(); console.log('end')`)).toMatchObject({
        status: 0,
        stdout: 'end',
      })
    })
    it.each(['SIGINT', 'SIGTERM'] as const)('ends at %s, awaiting or not', async signal => {
      for (const loop of ['for (;;) await step(x, y).item()', 'for (;;) step(x, y).itemSync()']) {
        const child = shop.start(
          `${device}-${signal}-${loop.length}`,
          `${prelude} await train(5); console.log('up')\n${loop}`,
          options(device),
        )
        await child.printed('up')
        child.process.kill(signal)
        expect(await child.ended).toMatchObject({ signal })
      }
    })
    it('runs handlers of signals and timers while it only awaits losses', async () => {
      const child = shop.start(`${device}-handler`, `${prelude}
        let ticks = 0
        setInterval(() => { ticks++ }, 5).unref()
        let stop = false
        process.on('SIGINT', () => { stop = true })
        await train(5)
        console.log('up')
        while (!stop) await step(x, y).item()
        console.log('stopped', ticks > 0)
      `, options(device))
      await child.printed('up')
      setTimeout(() => child.process.kill('SIGINT'), 200)
      expect(await child.ended).toMatchObject({ status: 0, stdout: 'up\nstopped true' })
    })
    it('has workers that train, and terminates them in mid-step', async () => {
      const ended = await run('workers', `
        if (threads.isMainThread) {
          const tasks = () => readdirSync('/proc/self/task').length
          const message = w => new Promise((resolve, reject) => { w.on('message', resolve); w.on('error', reject) })
          const start = forever => new threads.Worker(new URL(import.meta.url), { workerData: { device, forever } })
          const worker = start(false)
          const loss = await message(worker)
          await new Promise(resolve => worker.on('exit', resolve))
          for (let i = 0; i < 3; i++) {
            const w = start(true)
            await message(w)
            await w.terminate()
          }
          console.log(Number.isFinite(loss), (await train(20)) < 3, tasks() < 60)
        } else {
          threads.parentPort.postMessage(await train(20))
          if (threads.workerData.forever) for (;;) step(x, y).itemSync()
        }
      `)
      expect(ended, ended.stderr).toMatchObject({ status: 0, stdout: 'true true true' })
    }, 90_000)
    it('forks children that train', async () => {
      const ended = await run('fork', `
        import { fork } from 'node:child_process'
        await train(10)
        if (process.argv[3] === 'child') process.send(await train(10), () => process.disconnect())
        else {
          process.disconnect()
          const child = fork(new URL(import.meta.url).pathname, [device, 'child'])
          const loss = await new Promise(resolve => child.on('message', resolve))
          const code = await new Promise(resolve => child.on('exit', resolve))
          console.log(Number.isFinite(loss), code, Number.isFinite(await train(10)))
        }
      `)
      expect(ended, ended.stderr).toMatchObject({ status: 0, stdout: 'true 0 true' })
    })
  })
}

describe('what nobody refers to any more', () => {
  it('compiled functions made anew each turn give their code back', async () => {
    const ended = await shop.run('anew', `
      import { readFileSync } from 'node:fs'
      import { compile, setDevice, tensor } from './diffeo.js'
      await setDevice('native')
      const x = tensor([1, 2, 3])
      const maps = () => readFileSync('/proc/self/maps', 'utf8').split('\\n').length
      let least = 0
      for (let i = 0; i < 1200; i++) {
        await compile(t => t.mul(2).add(i))(x).array()
        if (i % 100 === 99) { gc(); await new Promise(r => setTimeout(r, 20)) }
        if (i === 200) least = maps()
      }
      console.log(maps() - least < 300)
    `, { flags: ['--expose-gc'] })
    expect(ended, ended.stderr).toMatchObject({ status: 0, stdout: 'true' })
  })
  it('memory of wasm that the collector is not told of comes back in a loop that awaits', async () => {
    const ended = await shop.run('large', `
      import { ones, setDevice } from './diffeo.js'
      await setDevice('wasm')
      let most = 0
      // 1,500 results of 4 MB, dropped: more than wasm can address
      for (let i = 0; i < 1500; i++) {
        const y = ones([1 << 20]).add(i)
        await y.realize()
        most = Math.max(most, process.memoryUsage().rss)
      }
      console.log(most / 2 ** 20 < 900)
    `)
    expect(ended, ended.stderr).toMatchObject({ status: 0, stdout: 'true' })
  })
  it('a loop that never awaits and exhausts memory is told so', async () => {
    const ended = await shop.run('exhausted', `
      import { ones, setDevice } from './diffeo.js'
      await setDevice('wasm')
      try {
        for (let i = 0; i < 6000; i++) ones([1 << 20]).add(i).dataSync()
      } catch (error) { console.log(error.name, /never awaits/.test(error.message)) }
    `, { limit: 90_000 })
    expect(ended, ended.stderr).toMatchObject({ status: 0 })
    expect(ended.stdout).toBe('MemoryLimitError true')
  }, 100_000)
})
