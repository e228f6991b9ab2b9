/** @file Half cosines one after another, each beginning at the full rate. */
import { checkOptions } from '../../util/options.ts'
import { checkCount, checkNumber, Schedule, type Scheduled } from './schedule.ts'

/**
 * lr = etaMin + ½(base − etaMin)(1 + cos(π·t/T)) with t epochs since the last restart; the first cycle has T = t0
 * epochs, each further one `tMult` (1) times as many. Loshchilov & Hutter (2017).
 * @example new optim.CosineAnnealingWarmRestarts(optimizer, 10, { tMult: 2 })
 */
export class CosineAnnealingWarmRestarts extends Schedule {
  readonly t0: number
  readonly tMult: number
  readonly etaMin: number

  constructor(optimizer: Scheduled, t0: number, options: { tMult?: number; etaMin?: number } = {}) {
    super(optimizer)
    checkOptions('CosineAnnealingWarmRestarts', options, { tMult: true, etaMin: true })
    this.t0 = checkCount('CosineAnnealingWarmRestarts: t0', t0)
    this.tMult = checkCount('CosineAnnealingWarmRestarts: tMult', options.tMult ?? 1)
    this.etaMin = checkNumber('CosineAnnealingWarmRestarts: etaMin', options.etaMin ?? 0)
  }

  override rate(epoch: number, base: number): number {
    let length = this.t0
    let since = this.tMult === 1 ? epoch % length : epoch
    while (since >= length) {
      since -= length
      length *= this.tMult
    }
    return this.etaMin + ((base - this.etaMin) * (1 + Math.cos((Math.PI * since) / length))) / 2
  }
}
