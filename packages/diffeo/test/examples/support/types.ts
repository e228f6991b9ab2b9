/** @file Type-checks the programs of the documentation against the sources, all in one call of the compiler. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { repository, sourceOf, type Program } from './blocks.ts'

const packages = join(repository, 'packages')
const paths = {
  diffeo: [join(packages, 'diffeo/src/index.node.ts')],
  'diffeo/*': [join(packages, 'diffeo/src/*/index.ts')],
  '@diffeo/node': [join(packages, 'node/src/index.ts')],
}

/** The compiler's complaints, with the pages' lines. */
export function typeErrors(programs: readonly Program[]): string[] {
  const folder = join(repository, 'node_modules/.cache/docs-types')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const names = programs.map(({ file, blocks }) => `${file.replaceAll(/[/.]/g, '-')}-${blocks[0].line}.ts`)
  programs.forEach(({ blocks }, i) => writeFileSync(join(folder, names[i]), `${sourceOf(blocks)}\nexport {}\n`))
  const compilerOptions = {
    composite: false, noEmit: true, declaration: false, declarationMap: false, sourceMap: false,
    allowImportingTsExtensions: true, rewriteRelativeImportExtensions: false, verbatimModuleSyntax: false,
    noUnusedLocals: false, noUnusedParameters: false,
    types: ['node'], typeRoots: [join(repository, 'node_modules/@types')], paths,
  }
  const config = { extends: join(repository, 'tsconfig.base.json'), compilerOptions, files: names }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  const tsc = join(repository, 'node_modules/typescript/bin/tsc')
  const options = { encoding: 'utf8', cwd: folder } as const
  const { stdout, stderr, status } = spawnSync(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], options)
  if (status === 0) return []
  // the sources have a check of their own
  const own = stdout.split('\n').filter(line => names.some(name => line.startsWith(name)))
  if (own.length === 0 && !stdout.includes('error TS')) return [stderr || stdout]
  return own.map(line => names.reduce((text, name, i) => text.replace(`${name}(`, `${programs[i].file}(`), line))
}
