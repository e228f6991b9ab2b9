/** @file The rate of stochastic weight averaging. */
import { DataError } from '../../util/errors.ts'
import { checkOptions } from '../../util/options.ts'
import { checkNumber, checkWhole, Schedule, type Scheduled } from './schedule.ts'

/**
 * The rate goes from what it is now to `swaLr` within `annealEpochs` (10), along half a cosine ('cos') or a line
 * ('linear'), and stays there, for weights that are averaged from then on. Izmailov et al. (2018).
 * @example new optim.SWALR(optimizer, 0.05, { annealEpochs: 5 })
 */
export class SWALR extends Schedule {
  readonly swaLr: number
  readonly annealEpochs: number
  readonly annealStrategy: 'cos' | 'linear'

  constructor(
    optimizer: Scheduled,
    swaLr: number,
    options: { annealEpochs?: number; annealStrategy?: 'cos' | 'linear' } = {},
  ) {
    super(optimizer)
    checkOptions('SWALR', options, { annealEpochs: true, annealStrategy: true })
    const { annealEpochs = 10, annealStrategy = 'cos' } = options
    this.swaLr = checkNumber('SWALR: swaLr', swaLr)
    this.annealEpochs = checkWhole('SWALR: annealEpochs', annealEpochs)
    if (annealStrategy !== 'cos' && annealStrategy !== 'linear')
      throw new DataError(`SWALR: annealStrategy is '${annealStrategy as string}': expected cos or linear`)
    this.annealStrategy = annealStrategy
    this.bases = this.groups.map(g => g.lr)
  }

  override rate(epoch: number, base: number): number {
    const t = this.annealEpochs === 0 ? 1 : Math.min(1, epoch / this.annealEpochs)
    const part = this.annealStrategy === 'cos' ? (1 - Math.cos(Math.PI * t)) / 2 : t
    return this.swaLr * part + base * (1 - part)
  }
}
