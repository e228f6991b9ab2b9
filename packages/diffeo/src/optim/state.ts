/**
 * @file An optimizer's state as PyTorch writes it: `{ state: { 0: { step, exp_avg, … } }, param_groups: [{ lr, …,
 * params }] }`.
 */
import { type Buffer, Tensor } from '../tensor/index.ts'
import { DataError, ShapeError } from '../util/errors.ts'
import type { Group, GroupOptions } from './group.ts'

type OptionValue = number | boolean | string | null | readonly (number | null)[]
export type OptimizerState = {
  /** States by the number of the parameter: its place in `optimizer.parameters`. */
  readonly state: Readonly<Record<string, Readonly<Record<string, Tensor>>>>
  readonly param_groups: readonly Readonly<Record<string, OptionValue>>[]
  /** With `accumulate`: how many calls were gathered since the last step. */
  readonly calls?: Tensor
}

const snake = (name: string): string => name.replace(/[A-Z]/g, c => `_${c.toLowerCase()}`)

export function writeState<O extends GroupOptions>(
  groups: readonly Group<O>[], states: readonly ReadonlyMap<string, Buffer>[], counts: readonly Tensor[],
  gathered: readonly Tensor[], calls: Buffer,
): OptimizerState {
  const state = states.map((own, i) => ({
    step: counts[i],
    ...Object.fromEntries([...own].map(([key, value]) => [key, value.detach()])),
    ...(gathered[i] ? { gathered: gathered[i] } : {}),
  }))
  let next = 0
  const param_groups = groups.map(group => ({
    ...Object.fromEntries(Object.entries(group.options).map(([key, value]) => [snake(key), value as OptionValue])),
    params: group.parameters.map(() => next++),
  }))
  return {
    state: Object.fromEntries(state.entries()),
    param_groups,
    ...(gathered.length > 0 ? { calls: calls.detach() } : {}),
  }
}

export interface ReadState {
  readonly options: readonly Record<string, OptionValue>[]
  readonly updates: readonly (readonly [Buffer, Tensor])[]
  readonly steps: readonly number[]
  readonly gathered: readonly (Tensor | undefined)[]
}

function checkGroups<O extends GroupOptions>(name: string, state: OptimizerState, groups: readonly Group<O>[]): void {
  const sizes = (state.param_groups ?? []).map(g => (g.params as readonly number[]).length)
  const own = groups.map(g => g.parameters.length)
  if (sizes.join() !== own.join()) {
    throw new DataError(
      `${name}.loadStateDict: the state has groups of [${sizes.join(', ')}] parameters, the optimizer of [${own.join(', ')}]`,
    )
  }
}

/** The options that the group has, out of those stored. */
function optionsOf<O extends GroupOptions>(
  stored: Readonly<Record<string, OptionValue>>,
  group: Group<O>,
): Record<string, OptionValue> {
  const keys = Object.keys(group.options).filter(key => stored[snake(key)] !== undefined)
  return Object.fromEntries(keys.map(key => [key, stored[snake(key)]]))
}

/** Everything is checked before anything is assigned. A parameter without state (PyTorch makes it late) begins anew. */
export function readState<O extends GroupOptions>(
  name: string, state: OptimizerState, groups: readonly Group<O>[], states: readonly ReadonlyMap<string, Buffer>[],
): ReadState {
  checkGroups(name, state, groups)
  // PyTorch numbers parameters by their group's list
  const numbers = state.param_groups.flatMap(g => g.params as readonly number[])
  const stored = numbers.map(n => state.state[n])
  checkKind(name, stored, states)
  const updates = states.flatMap((own, i) =>
    [...own].map(([key, buffer]): [Buffer, Tensor] => {
      const value = stored[i]?.[key] ?? null
      if (stored[i] && !value)
        throw new DataError(
          `${name}.loadStateDict: the state of parameter ${i} has no '${key}': it has ${Object.keys(stored[i]).join(', ')}`,
        )
      return [buffer, value ? fitting(name, i, key, buffer, value) : buffer.detach().mul(0)]
    }),
  )
  return {
    options: groups.map((group, i) => optionsOf(state.param_groups[i], group)),
    updates,
    // some of PyTorch's optimizers store no step: what has state has taken one
    steps: stored.map(s => (s ? (s.step instanceof Tensor ? Math.round(s.step.itemSync()) : 1) : 0)),
    gathered: stored.map((s, i) => s?.gathered && fitting(name, i, 'gathered', s.gathered, s.gathered)),
  }
}

/** @throws DataError where all that is stored of a parameter is another optimizer's */
function checkKind(
  name: string, stored: readonly (Readonly<Record<string, unknown>> | undefined)[],
  states: readonly ReadonlyMap<string, Buffer>[],
): void {
  stored.forEach((s, i) => {
    const kept = Object.entries(s ?? {}).filter(
      ([key, x]) => x instanceof Tensor && key !== 'step' && key !== 'gathered',
    )
    if (kept.length === 0 || kept.some(([key]) => states[i]?.has(key))) return
    const own = [...states[i]?.keys() ?? []].join(', ')
    throw new DataError(
      `${name}.loadStateDict: the state of parameter ${i} is another optimizer's: it has ${
        kept.map(([key]) => key).join(', ')}, and ${name} as it is set keeps ${own || 'nothing'}`,
    )
  })
}

function fitting(name: string, i: number, key: string, like: Tensor, value: Tensor): Tensor {
  if (value.shape.join() !== like.shape.join()) {
    throw new ShapeError(
      `${name}.loadStateDict: '${key}' of parameter ${i} has shape [${value.shape.join(',')}], the optimizer's has [${like.shape.join(',')}]`,
    )
  }
  return value.detach().to(like.device).cast(like.dtype)
}
