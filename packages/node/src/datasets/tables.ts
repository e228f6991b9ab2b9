/** @file Tables from files: CSV, TSV, JSON lines. */
import { data } from 'diffeo'
import { readBytes } from './read.ts'

/**
 * A table of a CSV file, or of a TSV file by its name; `.gz` is unpacked.
 * @throws FormatError naming file, line and byte, unless `onError` is 'skip'
 * @example
 * const table = await datasets.csv('houses.csv')
 * const [train, test] = data.trainTestSplit(table, { testSize: 0.2, seed: 0 })
 * const set = new data.TensorDataset(train.tensor(['rooms', 'age']), train.tensor('price'))
 */
export async function csv(path: string, options: Omit<data.CsvOptions, 'file'> = {}): Promise<data.Table> {
  const byName = /\.(tsv|tab)(\.gz)?$/i.test(path) ? { delimiter: '\t' } : {}
  return data.parseCsv(await readBytes(path), { ...byName, ...options, file: path })
}

/**
 * The values of a file with a JSON value on each line; `.gz` is unpacked.
 * @example const { rows } = await datasets.jsonLines('reviews.jsonl'); const table = data.Table.fromRows(rows)
 */
export async function jsonLines<T = any>(path: string, options: data.OnError = {}): Promise<data.JsonLines<T>> {
  return data.parseJsonLines<T>(await readBytes(path), { ...options, file: path })
}
