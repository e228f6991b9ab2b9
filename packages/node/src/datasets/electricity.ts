/** @file Electricity demand of the Australian state of Victoria, an hour a number, from the wheel of statsmodels. */
import { data, DataError } from 'diffeo'
import { pythonPackage } from './wheel.ts'

/** Numbers at equal steps of time. */
export interface Series {
  readonly name: string
  /** What it is and where it came from: print it. */
  readonly description: string
  readonly values: Float32Array
  /** When the first was, and the milliseconds from one to the next. */
  readonly start: Date
  readonly step: number
}

const hour = 3_600_000
const file = 'statsmodels/tsa/stl/tests/results/mstl_elec_vic.csv'

/**
 * Megawatts in each hour from January to May 2012: 3,600 numbers with a day's and a week's course. From statsmodels'
 * wheel (`path`, DIFFEO_DATA, or the folder of fetched wheels), or from where it is installed.
 * @param options.path - a wheel, or a folder that holds a wheel or the package
 * @throws MissingData naming the command that gets it; DataError where an hour is missing
 * @example const { values } = await datasets.electricityDemand()
 */
export async function electricityDemand({ path }: { path?: string } = {}): Promise<Series> {
  const files = await pythonPackage({ name: 'statsmodels', folder: 'statsmodels' }, path)
  const table = data.parseCsv(await files.read(file), {
    types: { ds: 'string', y: 'number' }, file: `${files.from}, ${file}`,
  })
  const times = table.strings('ds').map(t => Date.parse(`${String(t).replace(' ', 'T')}Z`))
  const values = Float32Array.from(table.numbers('y'))
  if (values.length === 0) throw new DataError(`${files.from}, ${file}: there are no rows`)
  const wrong = values.findIndex((v, i) => !Number.isFinite(v) || times[i] !== times[0] + i * hour)
  if (wrong >= 0)
    throw new DataError(`${files.from}, ${file}: row ${wrong} is no number for the hour after the one before it`)
  const hours = values.length.toLocaleString('en-US')
  return {
    name: 'electricity demand',
    description: `${hours} hours of electricity demand in Victoria, Australia, in megawatts (statsmodels)`,
    values, start: new Date(times[0]), step: hour,
  }
}
