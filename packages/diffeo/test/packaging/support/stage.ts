/** @file Packs the packages as `npm pack` does, from a copy of the repository, and installs the tarballs elsewhere. */
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writtenSubpaths } from '../../../../../tools/bundle.mjs'

export const repository = fileURLToPath(new URL('../../../../../', import.meta.url))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

const made: string[] = []
/** An empty folder outside of the repository; `cleanUp` removes it. */
export function emptyFolder(): string {
  made.push(mkdtempSync(join(tmpdir(), 'diffeo-packaging-')))
  return made.at(-1) as string
}
export function cleanUp(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** A file, or one for each condition. */
type Target = string | { readonly [condition: string]: Target }
export const filesOf = (to: Target): string[] => (typeof to === 'string' ? [to] : Object.values(to).flatMap(filesOf))

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly bin?: Record<string, string>
  readonly exports: Record<string, Target>
  readonly scripts?: Record<string, string>
}
export const manifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

/** Subpaths of diffeo that are written, and those that package.json promises before they are. */
export const subpaths = (): { there: string[]; missing: string[] } =>
  writtenSubpaths(join(repository, 'packages/diffeo'))

/** The copy's packages see each other, not those of the repository; all else is shared. */
function linkModules(copy: string): void {
  mkdirSync(join(copy, 'node_modules/@diffeo'), { recursive: true })
  const own = { diffeo: 'packages/diffeo', '@diffeo/node': 'packages/node' }
  for (const [name, folder] of Object.entries(own))
    symlinkSync(join(copy, folder), join(copy, 'node_modules', name), 'dir')
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    if (name === 'diffeo' || name === '@diffeo') continue
    symlinkSync(join(repository, 'node_modules', name), join(copy, 'node_modules', name))
  }
}

/** Tarballs of packages (by their folders), as `npm pack` makes them, prepack included. */
export function pack(...names: string[]): string[] {
  const copy = emptyFolder()
  for (const part of ['packages', 'tools', 'package.json', 'tsconfig.base.json', 'tsconfig.json', 'LICENSE']) {
    const from = join(repository, part)
    const skip = /[\\/](node_modules|test|bundle|fixtures)$/
    if (existsSync(from)) cpSync(from, join(copy, part), { recursive: true, filter: path => !skip.test(path) })
  }
  linkModules(copy)
  return names.map(name => {
    const folder = join(copy, 'packages', name)
    if (subpaths().missing.length > 0) allowMissing(folder)
    const out = runNpm(['pack', '--json', '--pack-destination', copy], folder)
    const [{ filename }] = JSON.parse(out.slice(out.search(/^\[/m))) as { filename: string }[]
    return join(copy, filename.replace('@', '').replace('/', '-'))
  })
}

/** While promised subpaths are not written, prepack is told to leave them out, and that types cannot be right. */
function allowMissing(folder: string): void {
  const path = join(folder, 'package.json')
  const text = readFileSync(path, 'utf8').replace('tools/bundle.mjs .', 'tools/bundle.mjs . --partial')
  writeFileSync(path, text.replace('tsc -b', '(tsc -b || true)'))
}

/** Runs npm; an error shows all that was printed. */
function runNpm(args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(npm, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm ${args[0]} ended with ${status}:\n${stdout}${stderr}`)
  return stdout
}

/** A folder with nothing but the tarballs installed, without install scripts. */
export function install(tarballs: readonly string[], ...options: string[]): string {
  const folder = emptyFolder()
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  runNpm(
    ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...options, ...tarballs],
    folder,
  )
  return folder
}

export interface Ran { readonly status: number | null; readonly out: string; readonly error: string }

/** Writes a program into a folder and runs it there, by Node alone. */
export function runProgram(folder: string, name: string, source: string, env: NodeJS.ProcessEnv = {}): Ran {
  writeFileSync(join(folder, name), source)
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^(NODE_|VITEST|DIFFEO_)/.test(key)))
  const { status, stdout, stderr } = spawnSync(process.execPath, [name], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...clean, ...env },
  })
  return { status, out: stdout, error: stderr }
}

/** Bytes of all files below a folder. */
export function bytesOf(folder: string): number {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name)
    return sum + (entry.isDirectory() ? bytesOf(path) : statSync(path).size)
  }, 0)
}

export function writeFiles(folder: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}
