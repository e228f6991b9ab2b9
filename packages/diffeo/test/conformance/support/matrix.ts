/**
 * @file Tries every primitive, and every function that has fixtures, in every dtype on every backend, forward and
 * backward: the table of docs/ops.md. A cell says what came out as the interpreter (rounded to the dtype) has it.
 */
import { isFloat, type DType } from '../../../src/graph/dtype.ts'
import { installExecutor, type Executor } from '../../../src/graph/executor.ts'
import type { Graph, Op } from '../../../src/graph/node.ts'
import { topological } from '../../../src/graph/walk.ts'
import { recordOf, records } from '../../../src/ops/index.ts'
import { rounders } from '../../../src/ops/support/round.ts'
import { CompiledExecutor } from '../../../src/runtime/compiled-executor.ts'
import { InterpExecutor } from '../../../src/runtime/interp-executor.ts'
import { ones, tensor, vjp, type Tensor } from '../../../src/tensor/index.ts'
import { DTypeError } from '../../../src/util/errors.ts'
import { cases } from '../../unit/ops/cases/index.ts'
import type { Case } from '../../unit/ops/support/case.ts'
import { fftCalls, linalgCalls } from '../../reference/linear-algebra-cases.ts'
import { callOf, numbers, readCases, type Case as Fixture, type FixtureArray } from '../../unit/tensor/fixtures.ts'
import { backends, runCompiled, runReference, worst, type Backend } from './backends.ts'
import { caseIn } from './narrow.ts'
import { derivatives, forward } from './runs.ts'

export const dtypes: readonly DType[] = [
  'float32', 'float64', 'float16', 'bfloat16', 'int32', 'uint32', 'int8', 'uint8', 'bool',
]
/** Of the greatest value, and absolute. Integers are exact. */
const tolerances: Partial<Record<DType, readonly [rtol: number, atol: number]>> = {
  float64: [1e-12, 1e-13], float32: [1e-5, 1e-6], float16: [2 ** -7, 2 ** -10], bfloat16: [2 ** -4, 2 ** -7],
}
const close = (dtype: DType, a: Float64Array, b: Float64Array): boolean => {
  const [rtol, atol] = tolerances[dtype] ?? [0, 1e-9]
  return a.length === b.length && worst(a, b, rtol, atol) <= 1
}

/** Both directions, forward alone as there is no gradient, refused with a DTypeError; or what went wrong. */
export type State = '●' | '○' | '–' | `wrong: ${string}`
export type Cell = Readonly<Record<string, State>>
/** Native in the widest instruction set that is here, and wasm: the narrower sets have their own tests. */
const compilers = (): (readonly [name: string, backend: Backend])[] => {
  const native = backends().find(b => b.name !== 'wasm')
  const wasm = backends().find(b => b.name === 'wasm')!
  return native ? [['native', native], ['wasm', wasm]] : [['wasm', wasm]]
}
export const hasNative = (): boolean => compilers().length === 2
function cellOf(interp: State, compiled: (backend: Backend) => State): Cell {
  const tried = interp.startsWith('wrong') ? [] : compilers()
  return { interp, ...Object.fromEntries(tried.map(([name, b]) => [name, interp === '–' ? '–' : compiled(b)])) }
}
const wrong = (what: string, error?: unknown): State => `wrong: ${what} ${(error as Error | undefined)?.message ?? ''}`

// ---- primitives ----

/** The operand that an op is of: the first, but for the condition of where. */
const operandOf = (c: Case): DType | undefined => (c.inputs[c.op === 'where' ? 1 : 0] ?? c.out).dtype
/** What makes sense of the op in the dtype: cases written in it, and others with their floats (or integers) changed. */
function casesIn(op: Op, dtype: DType): Case[] {
  const all = cases.filter(c => c.op === op)
  const hasFloat = (c: Case): boolean => [...c.inputs, c.out].some(a => a.dtype === 'float64' || a.dtype === 'float32')
  const own = all.filter(c => operandOf(c) === dtype)
  const changed = all.filter(hasFloat).map(c => caseIn(c, dtype))
  const forced = all
    .filter(c => !hasFloat(c))
    .map(c => ({
      ...c,
      inputs: c.inputs.map(a => (a.dtype === operandOf(c) ? { ...a, dtype, data: a.data.map(rounders[dtype]) } : a)),
    }))
  return [...changed.slice(0, 2), ...own.slice(0, 2), ...forced.slice(0, 1)]
}

/** @throws DTypeError where a body that was changed by hand does not take the dtype */
function checkBody(c: Case): void {
  const body = (c.attrs as { body?: Graph }).body
  for (const n of body ? topological(body.outputs) : [])
    if (n.inputs.length > 0) recordOf(n.op).infer(n.inputs, n.attrs as never, { shape: n.shape, dtype: n.dtype })
}

export function primitiveCell(op: Op, dtype: DType): Cell {
  const found = casesIn(op, dtype)
  if (found.length === 0) throw new Error(`the table of cases has none of ${op} that says anything of ${dtype}`)
  const tried = found.flatMap(c => {
    try {
      checkBody(c)
      const runs = [forward(c), ...derivatives(c).filter(r => r.what === 'vjp')]
      return [runs.map(run => ({ run, expected: runReference(run.outputs, run.feeds) }))]
    } catch (error) {
      if (error instanceof DTypeError) return []
      throw error
    }
  })
  if (tried.length === 0) return cellOf('–', () => '–')
  const state: State = tried.some(runs => runs.length > 1) ? '●' : '○'
  return cellOf(state, backend => {
    for (const { run, expected } of tried.flat()) {
      try {
        const got = runCompiled(run.outputs, run.feeds, backend)
        if (!got.every((a, i) => close(run.outputs[i].dtype, a, expected[i]))) return wrong(`${run.what} differs`)
      } catch (error) {
        return wrong(run.what, error)
      }
    }
    return state
  })
}
/** All but those that only say where values come from. */
export const primitives = (): Op[] => (Object.keys(records) as Op[]).filter(op => cases.some(c => c.op === op))

// ---- functions ----

const interp = new InterpExecutor()
const executors = new Map<Backend, Executor>()
const executorOf = (backend: Backend): Executor => {
  const { linker, target, name } = backend
  if (!executors.has(backend))
    executors.set(backend, new CompiledExecutor({ device: name === 'wasm' ? 'wasm' : 'native', linker, target }))
  return executors.get(backend)!
}

/** A case, with what it calls; the names of linalg's and fft's have theirs in front. */
interface Trial { readonly c: Fixture; readonly name: string; readonly call: (ts: Tensor[]) => Tensor | Tensor[] }
const spaces = { linalg: linalgCalls, fft: fftCalls }
const trials: Trial[] = [
  ...['elementwise', 'tensor', 'functions', 'special'].flatMap(readCases)
    .map((c): Trial => ({ c, name: c.op, call: ts => callOf(c)(ts, c.args) })),
  ...Object.entries(spaces).flatMap(([space, calls]) => readCases(space)
    .map((c): Trial => ({ c, name: `${space}.${c.op}`, call: ts => calls[c.op](ts, c.args) }))),
].filter(({ c }) => !c.special && sizeOf(c) > 0)
function sizeOf(c: Fixture): number { return c.inputs.flat().reduce((sum, a) => sum + a.data.length, 0) }
export const functions = (): string[] => [...new Set(trials.map(t => t.name))].sort()

interface Value { dtype: DType; values: Float64Array }
const valueOf = (t: Tensor): Value => ({ dtype: t.dtype, values: Float64Array.from(t.dataSync()) })

/** The inputs with the floats in the dtype; where there are none, whatever there is. */
function inputsIn(c: Fixture, dtype: DType): { inputs: Tensor[]; isData: boolean[] } {
  const all = c.inputs.flat()
  const hasFloat = all.some(a => !a.dtype)
  const isData = all.map(a => !a.dtype || !hasFloat)
  const own = (a: FixtureArray): DType => (a.dtype === 'bool' ? 'bool' : 'int32')
  const inputs = all.map((a, i) => {
    const type = isData[i] ? dtype : own(a)
    return tensor(Float64Array.from(numbers(a), rounders[type]), { shape: a.shape, dtype: type })
  })
  return { inputs, isData }
}

/** Outputs, and gradients where there are any. */
function runTrial({ c, call: run }: Trial, dtype: DType, executor: Executor): { outputs: Value[]; gradients: Value[] } {
  installExecutor(executor)
  try {
    const { inputs, isData } = inputsIn(c, dtype)
    const call = (ts: Tensor[]): Tensor[] => [run(ts)].flat()
    if (!isFloat(dtype) || !c.upstream.some(Boolean)) return { outputs: call(inputs).map(valueOf), gradients: [] }
    const filled = (given: Tensor[]): Tensor[] => {
      let k = 0
      return inputs.map((t, i) => (isData[i] ? given[k++] : t))
    }
    const [outputs, pullback] = vjp((...given: Tensor[]) => call(filled(given)), ...inputs.filter((_, i) => isData[i]))
    const found = pullback(outputs.map(y => ones(y.shape, { dtype: isFloat(y.dtype) ? y.dtype : 'float32' })) as never)
    return { outputs: outputs.map(valueOf), gradients: (found as Tensor[]).map(valueOf) }
  } finally {
    installExecutor(interp)
  }
}

/** The smallest cases, those with gradients before the others. */
const hasGradient = (t: Trial): number => Number(t.c.upstream.some(Boolean))
const tries = (name: string): Trial[] => trials.filter(t => t.name === name)
  .sort((a, b) => hasGradient(b) - hasGradient(a) || sizeOf(a.c) - sizeOf(b.c))

export function functionCell(name: string, dtype: DType): Cell {
  // what is refused may be an argument that does not fit the dtype: another case may
  for (const trial of tries(name)) {
    const cell = trialCell(trial, dtype)
    if (cell.interp !== '–') return cell
  }
  return cellOf('–', () => '–')
}

function trialCell(t: Trial, dtype: DType): Cell {
  let wanted: ReturnType<typeof runTrial>
  try {
    wanted = runTrial(t, dtype, interp)
  } catch (error) {
    return cellOf(error instanceof DTypeError ? '–' : wrong('interp', error), () => '–')
  }
  const state: State = wanted.gradients.length > 0 ? '●' : '○'
  return cellOf(state, backend => {
    try {
      const got = runTrial(t, dtype, executorOf(backend))
      const same = (a: Value[], b: Value[]): boolean =>
        a.length === b.length && a.every((v, i) => v.dtype === b[i].dtype && close(v.dtype, v.values, b[i].values))
      if (!same(got.outputs, wanted.outputs)) return wrong('forward differs')
      return same(got.gradients, wanted.gradients) ? state : wrong('backward differs')
    } catch (error) {
      return wrong('', error)
    }
  })
}
