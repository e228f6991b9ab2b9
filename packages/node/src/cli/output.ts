/** @file Where the command writes to. */

export interface Output {
  /** A line for the user. */
  print(line: string): void
  /** A line about what went wrong. */
  complain(line: string): void
  /** Text as it is, for what rewrites its line. */
  write(text: string): void
  /** Whether a person watches: lines may be rewritten. */
  readonly live: boolean
  readonly columns: number
}

export const processOutput = (): Output => ({
  print: line => { process.stdout.write(`${line}\n`) },
  complain: line => { process.stderr.write(`${line}\n`) },
  write: text => { process.stdout.write(text) },
  live: process.stdout.isTTY === true,
  columns: process.stdout.columns ?? 100,
})
