/** @file What a pickle holds as a state: plain objects, arrays, numbers, texts, and a leaf for each tensor. */
import { DataError } from '../../util/errors.ts'
import { dtypeOf, Global, PickledTensor } from './globals.ts'

const deepest = 500

/**
 * @param leaf makes the value of a tensor, whose place in the state is `path`: 'conv.weight', 'model/conv.weight'
 * @param budget how many values the state may have: lists that hold one another grow without end
 */
export async function toState(
  root: unknown,
  leaf: (tensor: PickledTensor, path: string) => Promise<unknown>,
  source: string,
  budget: number,
): Promise<unknown> {
  let count = 0
  const wrong = (path: string, why: string): DataError =>
    new DataError(`${source}: ${path ? `'${path}'` : 'the state'} ${why}`)
  const visit = async (x: unknown, path: string, depth: number): Promise<unknown> => {
    if (x === null || ['number', 'bigint', 'string', 'boolean'].includes(typeof x)) return x
    if (x instanceof PickledTensor) return leaf(x, path)
    const below = (key: unknown): string => (path ? `${path}/${String(key)}` : String(key))
    const [keys, values] = x instanceof Map ? [[...x.keys()], [...x.values()]] : Array.isArray(x) ? [null, x] : []
    if (!values) {
      if (dtypeOf(x)) return (x as Global).name.slice('torch.'.length)
      throw wrong(path, `is ${x instanceof Global ? `'${x.name}' itself` : 'a storage'}, which a state does not hold`)
    }
    count += values.length
    if (depth > deepest || count > budget)
      throw wrong(path.slice(0, 60), 'holds lists and dicts without end: does it contain itself?')
    const out: unknown[] = []
    for (const [i, value] of values.entries()) out.push(await visit(value, below(keys ? keys[i] : i), depth + 1))
    if (!keys) return out
    const names = keys.map(String)
    if (new Set(names).size < names.length) throw wrong(path, 'has two keys that are alike as texts')
    return Object.fromEntries(names.map((name, i) => [name, out[i]]))
  }
  return visit(root, '', 0)
}
