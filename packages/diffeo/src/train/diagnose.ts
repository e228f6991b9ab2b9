/** @file Why a loss may have become NaN: what can be seen in the batch and the run. */
import { Tensor } from '../tensor/index.ts'
import type { Session } from './session.ts'

/** One sentence on the likely cause. */
export async function whyNotFinite(batch: unknown, session: Session): Promise<string> {
  const bad = await notFinite(batch, 'batch')
  if (bad) return `The data is to blame: ${bad}.`
  const { lr } = session.optimizer
  const before = session.history.last?.loss
  const last = before === undefined ? '' : ` The mean loss of the epoch before was ${before.toPrecision(4)}.`
  return `The batch holds finite numbers only.${last} A lower learning rate (it is ${lr}) or clipNorm: 1 often helps; `
    + 'log, sqrt and division of the model are other places to look: detectAnomaly: true finds the first that fails.'
}

/** From where to where the whole numbers of a batch run, part by part. */
export async function wholeNumbers(x: unknown, path: string): Promise<string[]> {
  if (x instanceof Tensor) {
    if (!/int/.test(x.dtype) || x.size === 0) return []
    const [least, most] = [await x.min().item(), await x.max().item()]
    return [`${path} ([${x.shape.join(',')}]) has numbers from ${least} to ${most}`]
  }
  if (typeof x !== 'object' || x === null) return []
  return (await Promise.all(Object.entries(x).map(([key, part]) => wholeNumbers(part, `${path}[${key}]`)))).flat()
}

async function notFinite(x: unknown, path: string): Promise<string | null> {
  if (x instanceof Tensor) {
    if (!x.dtype.includes('float')) return null
    let count = 0
    for (const value of await x.data()) if (!Number.isFinite(value)) count++
    return count > 0 ? `${path} ([${x.shape.join(',')}]) has ${count} numbers that are NaN or infinite` : null
  }
  if (typeof x !== 'object' || x === null) return null
  for (const [key, part] of Object.entries(x)) {
    const found = await notFinite(part, `${path}[${key}]`)
    if (found) return found
  }
  return null
}
