/** @file The library in processes of their own: bundled once a test file, run with limits. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const modules = join(here, '../../../../../node_modules')

export interface Ended {
  readonly status: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves once stdout has the text. */
  printed(text: string): Promise<void>
}

export interface ChildOptions {
  readonly env?: Record<string, string>
  readonly flags?: readonly string[]
  readonly args?: readonly string[]
  /** Milliseconds after which it is killed. */
  readonly limit?: number
}

export class Workshop {
  private readonly folder: string
  private constructor(folder: string) { this.folder = folder }

  static async open(): Promise<Workshop> {
    const folder = mkdtempSync(join(tmpdir(), 'diffeo-runtime-'))
    symlinkSync(modules, join(folder, 'node_modules'))
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    await build({
      entryPoints: [join(here, 'entry.ts')], outfile: join(folder, 'diffeo.js'), bundle: true, platform: 'node',
      format: 'esm', logLevel: 'error',
    })
    return new Workshop(folder)
  }

  close(): void { rmSync(this.folder, { recursive: true, force: true }) }

  /** The script imports the library from './diffeo.js'. */
  start(name: string, script: string, { env = {}, flags = [], args = [], limit = 60_000 }: ChildOptions = {}): Started {
    const file = join(this.folder, `${name}.js`)
    writeFileSync(file, script)
    const child = spawn(process.execPath, [...flags, file, ...args], {
      env: { ...process.env, DIFFEO_THREADS: '1', ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), limit)
    let stdout = ''
    let stderr = ''
    const waiting: { text: string; resolve: () => void }[] = []
    child.stdout!.on('data', d => {
      stdout += d
      for (const w of waiting) if (stdout.includes(w.text)) w.resolve()
    })
    child.stderr!.on('data', d => { stderr += d })
    const ended = new Promise<Ended>(resolve => child.on('close', (status, signal) => {
      clearTimeout(timer)
      resolve({ status, signal, stdout: stdout.trim(), stderr })
    }))
    const printed = (text: string): Promise<void> => new Promise((resolve, reject) => {
      if (stdout.includes(text)) resolve()
      waiting.push({ text, resolve })
      void ended.then(e => reject(new Error(`ended without printing '${text}': ${JSON.stringify(e)}`)))
    })
    return { process: child, ended, printed }
  }

  run(name: string, script: string, options?: ChildOptions): Promise<Ended> {
    return this.start(name, script, options).ended
  }
}
