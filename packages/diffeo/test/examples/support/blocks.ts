/**
 * @file The TypeScript in the documentation, as programs. A fence ` ```ts ` is a program; ` ```ts continued ` goes on
 * with the one before it in the file; ` ```ts types-only ` is type-checked and not run (it needs data, a network or
 * minutes).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const repository = fileURLToPath(new URL('../../../../../', import.meta.url))

export interface Block {
  /** Number of its first line in the file, from 1. */
  readonly line: number
  readonly code: string
  readonly runs: boolean
}

/** Blocks that share their variables. */
export interface Program {
  /** Path from the root of the repository. */
  readonly file: string
  readonly blocks: readonly Block[]
}

/** The pages whose code is a promise. */
export function pages(): string[] {
  const docs = join(repository, 'docs')
  const found = readdirSync(docs).filter(name => name.endsWith('.md')).map(name => join(docs, name))
  const readmes = ['README.md', 'CONTRIBUTING.md', 'packages/diffeo/README.md', 'packages/node/README.md']
  const decisions = readdirSync(join(docs, 'decisions')).map(name => join(docs, 'decisions', name))
  const all = [...readmes.map(name => join(repository, name)).filter(existsSync), ...found, ...decisions]
  return all.filter(p => p.endsWith('.md'))
}

const fence = /^```(\w*)(.*)$/

export function programsOf(path: string): Program[] {
  const programs: { file: string; blocks: Block[] }[] = []
  const lines = readFileSync(path, 'utf8').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const open = fence.exec(lines[i])
    if (!open) continue
    const end = lines.indexOf('```', i + 1)
    if (end < 0) throw new Error(`${path}:${i + 1}: the block has no end`)
    const words = open[2].trim().split(/\s+/).filter(Boolean)
    if (open[1] === 'ts') {
      const strange = words.find(w => w !== 'continued' && w !== 'types-only')
      if (strange) throw new Error(`${path}:${i + 1}: a block is 'continued' or 'types-only', not '${strange}'`)
      const block = { line: i + 2, code: lines.slice(i + 1, end).join('\n'), runs: !words.includes('types-only') }
      const before = programs.at(-1)
      if (!words.includes('continued')) programs.push({ file: relative(repository, path), blocks: [block] })
      else if (before) before.blocks.push(block)
      else throw new Error(`${path}:${i + 1}: there is no block to continue`)
    }
    i = end
  }
  return programs
}

/** The blocks as one source in which every line stands where it stands in the page. */
export function sourceOf(blocks: readonly Block[]): string {
  const lines: string[] = []
  for (const { line, code } of blocks) {
    while (lines.length < line - 1) lines.push('')
    lines.push(...code.split('\n'))
  }
  return lines.join('\n')
}

export interface Link { readonly line: number; readonly target: string }

/** Links to files of the repository, as paths from the page. */
export function linksOf(path: string): Link[] {
  let inBlock = false
  return readFileSync(path, 'utf8').split('\n').flatMap((text, i) => {
    if (text.startsWith('```')) inBlock = !inBlock
    if (inBlock) return []
    const found = text.replaceAll(/`[^`]*`/g, '').matchAll(/\]\(([^)\s]+)\)/g)
    return [...found].map(([, target]) => ({ line: i + 1, target }))
  }).filter(({ target }) => !/^(\w+:|#)/.test(target))
}

export const targetOf = (path: string, { target }: Link): string => join(dirname(path), target.replace(/#.*$/, ''))
