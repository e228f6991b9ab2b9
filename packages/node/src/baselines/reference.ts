/** @file Numbers that another library reached on the same split: written by a script in tools/fixtures, not by hand. */
import { fileURLToPath } from 'node:url'
import { DataError } from 'diffeo'
import { readText } from '../datasets/find.ts'

/** What scikit-learn's models reach on one split: see tools/fixtures/scikit_learn.py. */
export interface ScikitLearnSplit {
  /** Of `data.trainTestSplit`. */
  readonly seed: number
  /** The examples of the test part. */
  readonly test: readonly number[]
  /** Mean absolute error on the test part, of regression. */
  readonly mae?: Readonly<Record<string, number>>
  /** Share of the test part, of classification. */
  readonly accuracy?: Readonly<Record<string, number>>
}

/**
 * What scikit-learn's models reach on the splits of a data set.
 * @throws DataError where none is known
 * @example const [{ mae }] = await baselines.scikitLearnSplits('diabetes')
 */
export async function scikitLearnSplits(name: string): Promise<readonly ScikitLearnSplit[]> {
  const path = fileURLToPath(new URL('../../reference/scikit-learn.json', import.meta.url))
  const known = JSON.parse(await readText(path)) as Record<string, unknown>
  if (!Array.isArray(known[name])) throw new DataError(`scikitLearnSplits: ${path} has nothing of '${name}'`)
  return known[name] as readonly ScikitLearnSplit[]
}
