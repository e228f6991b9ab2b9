/** @file Which versions these are. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** This package's version. */
export const version = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version

/** The version of an installed package; null where it is not installed. */
export function versionOf(name: string): string | null {
  const require = createRequire(import.meta.url)
  try {
    return (require(`${name}/package.json`) as { version: string }).version
  } catch {
    return null
  }
}
