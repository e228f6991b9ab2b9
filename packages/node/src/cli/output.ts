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

// a reader that has seen enough (`| head`) ends the command quietly
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
}

export function processOutput(): Output {
  if (!process.stdout.listeners('error').includes(endWithReader)) process.stdout.on('error', endWithReader)
  return {
    print: line => { process.stdout.write(`${line}\n`) },
    complain: line => { process.stderr.write(`${line}\n`) },
    write: text => { process.stdout.write(text) },
    live: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 100,
  }
}
