/** @file The code in the documentation compiles, runs, and prints what the page says; links lead somewhere. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { device, setDevice } from 'diffeo'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { linksOf, pages, programsOf, repository, sourceOf, targetOf } from './support/blocks.ts'
import { agrees } from './support/expectations.ts'
import { run } from './support/run.ts'
import { typeErrors } from './support/types.ts'

const files = pages()
const programs = files.flatMap(programsOf)
const before = process.cwd()
const chosen = device()
const folder = mkdtempSync(join(tmpdir(), 'diffeo-docs-'))

// pages write files
beforeAll(() => { process.chdir(folder) })
afterEach(() => setDevice(chosen))
afterAll(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true, force: true })
})

it('has types that fit', () => { expect(typeErrors(programs)).toEqual([]) }, 120_000)

describe('prints what the page says', () => {
  for (const { file, blocks } of programs) {
    const runnable = blocks.filter(b => b.runs)
    if (runnable.length === 0) continue
    it(`${file}:${blocks[0].line}`, async () => { expect(await run(sourceOf(runnable))).toEqual([]) }, 240_000)
  }
})

it('links to files that are there', () => {
  const lost = files.flatMap(path => linksOf(path).filter(l => !existsSync(targetOf(path, l)))
    .map(l => `${relative(repository, path)}:${l.line}: ${l.target}`))
  expect(lost).toEqual([])
})

it('compares numbers to the digits shown', () => {
  expect(agrees('0.30000001192', '0.3')).toBe(true)
  expect(agrees('[ 1, 2.0001 ]', '[1, 2.0]')).toBe(true)
  expect(agrees('[ 1, 2.4 ]', '[1, 2.0]')).toBe(false)
  expect(agrees('3', '2')).toBe(false)
  expect(agrees('ShapeError: matmul: [2,3] and [4] …', 'ShapeError: …')).toBe(true)
  expect(agrees('loss 0.693', 'loss …')).toBe(true)
})
