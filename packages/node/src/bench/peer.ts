/**
 * @file A peer: another library's suite (bench/peers) as a child process, which makes a workload and runs it when it is
 * told to, so that both sides can be timed in turn. One JSON object a line, each way: `{ make: name }` and `{ fresh:
 * name }` (see measure.ts) and `{ run: seconds }`; it answers `{ times: [ms, …] }` or `{ error }`, and `{ peer }` when
 * it is ready.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { DiffeoError } from 'diffeo'
import type { Fresh } from './measure.ts'

const python = (): string => process.env.DIFFEO_PYTHON || 'python3'
const node = (): string => process.execPath

/** Each peer's command, without what all take. */
export const peers: Readonly<Record<string, () => readonly string[]>> = {
  torch: () => [python(), 'torch_suite.py'],
  'torch-fused': () => [python(), 'torch_suite.py', '--fused'],
  'torch-compile': () => [python(), 'torch_suite.py', '--compile'],
  jax: () => [python(), 'jax_suite.py'],
  tfjs: () => [node(), 'tfjs_suite.mjs', '--backend', 'wasm'],
  'tfjs-cpu': () => [node(), 'tfjs_suite.mjs', '--backend', 'cpu'],
  jaxjs: () => [node(), 'jaxjs_suite.mjs'],
}

interface Answer { readonly peer?: string; readonly times?: readonly number[]; readonly error?: string }

/** The peers' suites are part of the repository, not of the package. */
const suites = fileURLToPath(new URL('../../../../bench/peers/', import.meta.url))

/** After its turn a peer's threads may look for work for a while. */
const QUIET_MS = 30

export class Peer {
  /** Its name and version. */
  name = ''
  private readonly child: ChildProcess
  private readonly lines: Interface
  private readonly waiting: ((answer: Answer) => void)[] = []
  private complaint = ''
  private gone = false

  private constructor(command: readonly string[], threads: number) {
    const [program, ...rest] = command
    this.child = spawn(program, [...rest, '--serve', '--threads', String(threads)], { cwd: suites })
    this.child.stderr!.on('data', text => { this.complaint = (this.complaint + text).slice(-2000) })
    this.child.stdin!.on('error', () => { /* it is gone: said below */ })
    this.lines = createInterface(this.child.stdout!)
    this.lines.on('line', line => this.waiting.shift()?.(JSON.parse(line) as Answer))
    const over = (why: string) => {
      this.gone = true
      for (const answer of this.waiting.splice(0)) answer({ error: why })
    }
    this.child.on('error', error => over(`${program} could not be started: ${error.message}`))
    this.child.on('close', code => over(this.complaint.trim().split('\n').at(-1) || `it ended with code ${code}`))
  }

  /** @throws DiffeoError where it does not start */
  static async start(kind: string, threads: number): Promise<Peer> {
    if (!existsSync(suites))
      throw new DiffeoError(
        `bench --peer ${kind}: the suites of peers are not in '${suites}': run it in diffeo's repository`,
      )
    const peer = new Peer(peers[kind](), threads)
    const { peer: name, error } = await peer.answer()
    if (name === undefined)
      throw new DiffeoError(
        `bench --peer ${kind}: the peer did not start: ${error}. bench/peers/README.md says how to install it; ` +
          'DIFFEO_PYTHON names the Python that has it, DIFFEO_PEERS the folder of npm packages',
      )
    peer.name = name
    return peer
  }

  private answer(): Promise<Answer> {
    if (this.gone) return Promise.resolve({ error: 'the peer has ended' })
    return new Promise(resolve => { this.waiting.push(resolve) })
  }

  private async ask(question: object): Promise<readonly number[]> {
    this.child.stdin!.write(`${JSON.stringify(question)}\n`)
    const { times, error } = await this.answer()
    if (!times) throw new DiffeoError(error ?? 'no answer')
    await new Promise(resolve => setTimeout(resolve, QUIET_MS))
    return times
  }

  /** The ms of its first call. @throws DiffeoError for what it cannot do */
  async make(name: string): Promise<number> { return (await this.ask({ make: name }))[0] }
  run(seconds: number): Promise<readonly number[]> { return this.ask({ run: seconds }) }
  async fresh(name: Fresh): Promise<number> { return (await this.ask({ fresh: name }))[0] }
  stop(): void { this.child.kill() }
}
