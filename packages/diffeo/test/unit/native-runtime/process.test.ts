/** @file How a process with worker threads ends, in processes of their own: they run what tsc makes of these files. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { require, unavailable } from './raw.ts'

const here = dirname(fileURLToPath(import.meta.url))
const root = join(here, '../../../../..')
const dir = mkdtempSync(join(tmpdir(), 'diffeo-native-'))
const raw = './out/test/unit/native-runtime/raw.js'

/** A linker with two workers, one of them asleep or polling, and a program that keeps them busy. */
const PRELUDE = `
import { external, makeLinker, program, rawKernel, i32 } from '${raw}'
const open = (options = {}) => {
  const linker = makeLinker({ threads: 3, ...options })
  const linked = linker.link(program([[rawKernel('slow', 256, { work: 1e6 }), 0]], [external(0, 1024)]))
  const out = linker.allocate(1024)
  linked.run([out])
  if (linker.workers !== 2) throw new Error('no workers')
  return { linker, linked, out }
}
`

const script = (name: string, body: string): string => {
  const file = join(dir, `${name}.mjs`)
  writeFileSync(file, PRELUDE + body)
  return file
}

const runScript = (name: string, body: string) => {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [script(name, body)], {
    timeout: 30_000, encoding: 'utf8',
  })
  return { status, signal, stdout: stdout.trim(), stderr }
}

describe.skipIf(unavailable !== null)('a process with worker threads', () => {
  beforeAll(() => {
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
    symlinkSync(join(root, 'node_modules'), join(dir, 'node_modules'))
    writeFileSync(join(dir, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(dir, 'tsconfig.json'), JSON.stringify({
      extends: join(root, 'tsconfig.base.json'),
      compilerOptions: {
        composite: false, incremental: false, declaration: false, declarationMap: false, sourceMap: false,
        noCheck: true, rootDir: join(root, 'packages/diffeo'), outDir: join(dir, 'out'), types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      files: [join(here, 'raw.ts')],
    }))
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', dir], { encoding: 'utf8' })
    if (status !== 0) throw new Error(stdout)
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('exits by itself', () => {
    expect(runScript('alone', `open(); console.log('end')`)).toMatchObject({ status: 0, stdout: 'end' })
  })

  it('exits by process.exit, with the threads polling or asleep', () => {
    expect(runScript('exit', `open(); process.exit(3)`).status).toBe(3)
    expect(runScript('later', `open(); setTimeout(() => process.exit(4), 50)`).status).toBe(4)
  })

  it('exits by an exception', () => {
    expect(runScript('throw', `open(); throw new Error('mine')`)).toMatchObject({ status: 1 })
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('ends at %s in the middle of a run', async (signal) => {
    const child = spawn(process.execPath, [script(signal, `
      const { linked, out } = open()
      console.log('up')
      for (;;) linked.run([out])
    `)])
    const ended = new Promise<string | null>((resolve) => child.on('exit', (_, by) => resolve(by)))
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill(signal)
    expect(await ended).toBe(signal)
  })

  it('handles signals on the JavaScript thread', () => {
    const result = runScript('handler', `
      const { linked, out } = open()
      let seen = 0
      process.on('SIGUSR2', () => { if (++seen === 5) { console.log('five'); clearInterval(timer) } })
      const timer = setInterval(() => { process.kill(process.pid, 'SIGUSR2'); linked.run([out]) }, 2)
    `)
    expect(result).toMatchObject({ status: 0, stdout: 'five' })
  })

  it('gives each JavaScript thread a linker and a pool of its own', () => {
    const result = runScript('workers', `
      import { Worker, isMainThread, parentPort } from 'node:worker_threads'
      const work = () => {
        const { linker, linked, out } = open()
        for (let i = 0; i < 500; i++) {
          linker.write(out, new Uint8Array(1024))
          linked.run([out])
          const v = i32(linker, out)
          for (let k = 0; k < 256; k++) if (v[k] !== k) throw new Error('wrong')
        }
      }
      if (isMainThread) {
        const end = () => new Promise((resolve) => new Worker(new URL(import.meta.url)).on('exit', resolve))
        const ends = [end(), end()]
        work()
        console.log(...await Promise.all(ends))
      } else work()
    `)
    expect(result).toMatchObject({ status: 0, stdout: '0 0' })
  })

  it('loses nothing but idle threads when a JavaScript thread is terminated', () => {
    const result = runScript('terminate', `
      import { Worker, isMainThread, parentPort } from 'node:worker_threads'
      import { readdirSync } from 'node:fs'
      if (isMainThread) {
        const before = readdirSync('/proc/self/task').length
        for (let i = 0; i < 5; i++) {
          const worker = new Worker(new URL(import.meta.url))
          await new Promise((resolve) => worker.on('message', resolve))
          await worker.terminate()
        }
        await new Promise((resolve) => setTimeout(resolve, 2500))
        console.log(readdirSync('/proc/self/task').length - before)
      } else {
        const { linked, out } = open({ idleSeconds: 1 })
        parentPort.postMessage('up')
        for (;;) linked.run([out])
      }
    `)
    expect(result).toMatchObject({ status: 0, stdout: '0' })
  })

  it('crashes under guard where a kernel reads past a buffer, and only there', () => {
    const overread = (total: number, guard: boolean) => runScript(`guard-${total}-${guard}`, `
      const linker = makeLinker({ guard: ${guard} })
      const linked = linker.link(program([[rawKernel('overread', ${total}), 0]], [external(0, 20)]))
      linked.run([linker.allocate(20)])
      console.log('survived')
    `)
    expect(overread(5, true)).toMatchObject({ signal: 'SIGSEGV' })
    expect(overread(4, true)).toMatchObject({ status: 0, stdout: 'survived' })
    expect(overread(5, false)).toMatchObject({ status: 0, stdout: 'survived' })
  })

  it('crashes under guard where a kernel reads past the arena', () => {
    const arena = (total: number) => runScript(`arena-${total}`, `
      const linker = makeLinker({ guard: true })
      const place = { kind: 'arena', offset: 64, bytes: 64 }
      linker.link(program([[rawKernel('count', 1024), 0]], [{ kind: 'arena', offset: 0, bytes: 4096 }], 4096)).run([])
      linker.link(program([[rawKernel('overread', ${total}), 0]], [place], 128)).run([])
      console.log('survived')
    `)
    expect(arena(16)).toMatchObject({ signal: 'SIGSEGV' })
    expect(arena(15)).toMatchObject({ stdout: 'survived' })
  })
})
