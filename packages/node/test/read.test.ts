/** @file How many files are open at once, however many are asked for. */
import * as fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test, vi } from 'vitest'
import { textFolder } from '../src/datasets/folders.ts'
import { readBytes } from '../src/datasets/read.ts'
import { spamAssassin } from '../src/datasets/spam-assassin.ts'

const reads = vi.hoisted(() => ({ open: 0, most: 0 }))
vi.mock('node:fs/promises', async original => {
  const real = await original<typeof fs>()
  const readFile = async (path: string): Promise<Buffer> => {
    reads.most = Math.max(reads.most, ++reads.open)
    return real.readFile(path).finally(() => { reads.open-- })
  }
  return { ...real, readFile }
})

const [count, mostOpen] = [300, 64]
let folder = ''
beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'diffeo-'))
  const place = join(folder, 'data', 'spam-1')
  await fs.mkdir(place, { recursive: true })
  for (let i = 0; i < count; i++) await fs.writeFile(join(place, `${i}.txt`), `Subject: ${i}\n\nmail`)
  return () => fs.rm(folder, { recursive: true })
})

test('a folder of which all is asked for at once: each in its place, few at a time', async () => {
  const set = await textFolder(join(folder, 'data'))
  reads.most = 0
  const all = await Promise.all(Array.from({ length: count }, (_, i) => set.get(i)))
  expect(all.map(([text]) => text)).toEqual(set.files.map(file => `Subject: ${/(\d+)\.txt$/.exec(file)![1]}\n\nmail`))
  expect(reads.most).toBe(mostOpen)
})

test('an unpacked corpus', async () => {
  reads.most = 0
  const { mails, repeated } = await spamAssassin({ path: folder })
  expect(mails.length + repeated).toBe(count)
  expect(reads.most).toBe(mostOpen)
})

test('what cannot be read gives its turn back', async () => {
  const asked = Array.from({ length: count }, (_, i) => readBytes(join(folder, `none-${i}`)))
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected')
  expect((await readBytes(join(folder, 'data', 'spam-1', '0.txt'))).length).toBeGreaterThan(0)
})
