/** @file A rate that falls along half a cosine. */
import { checkOptions } from '../../util/options.ts'
import { checkCount, Schedule, type Scheduled } from './schedule.ts'

/**
 * lr = etaMin + ½(base − etaMin)(1 + cos(π·epoch/tMax)); beyond tMax it rises again. Loshchilov & Hutter (2017).
 * @example new optim.CosineAnnealingLR(optimizer, epochs)
 */
export class CosineAnnealingLR extends Schedule {
  readonly tMax: number
  readonly etaMin: number

  constructor(optimizer: Scheduled, tMax: number, options: { etaMin?: number } = {}) {
    super(optimizer)
    checkOptions('CosineAnnealingLR', options, { etaMin: true })
    this.tMax = checkCount('CosineAnnealingLR: tMax', tMax)
    this.etaMin = options.etaMin ?? 0
  }

  override rate(epoch: number, base: number): number {
    return this.etaMin + ((base - this.etaMin) * (1 + Math.cos((Math.PI * epoch) / this.tMax))) / 2
  }
}
