/** @file The tour's blocks marked `DIFFEO_DEBUG=stage` are what the compiler prints of the tour's program. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { showStages } from '../../src/util/debug.ts'
import { programsOf, repository, sourceOf } from './support/blocks.ts'
import { run } from './support/run.ts'

const page = join(repository, 'docs/internals.md')

it('shows the stages of its program', async () => {
  const shown = [...readFileSync(page, 'utf8').matchAll(/^```text DIFFEO_DEBUG=(\w+)\n(.*?)^```$/gms)]
    .map(([, stage, text]) => `[${stage}] ${text.trimEnd()}`)
  expect(shown.length).toBeGreaterThan(0)
  const printed: string[] = []
  const error = vi.spyOn(console, 'error').mockImplementation((text: string) => { printed.push(text) })
  // stages stay on: this file has a process of its own
  showStages('graph,schedule')
  await run(sourceOf(programsOf(page)[0].blocks))
  error.mockRestore()
  for (const text of shown) expect(printed).toContain(text)
})
