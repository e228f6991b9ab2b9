/**
 * @file The event loop's turns. A loop that awaits only settled promises runs no finalizer, no timer and no signal
 * handler: now and then whoever hands out a promise makes it wait for a real turn.
 */

const TURN_MS = 16
const TURN_BYTES = 64 * 2 ** 20

/** Waits until the event loop has been around; browsers make setTimeout wait 4 ms, messages not. */
type NextTurn = (done: () => void) => void

function nextTurnHere(): NextTurn {
  const { setImmediate: immediate } = globalThis as { setImmediate?: NextTurn }
  if (immediate) return immediate
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return done => { waiting.push(done); port2.postMessage(null) }
}

export class Turns {
  private at = performance.now()
  private bytes = 0
  private running: Promise<void> | null = null
  private next: NextTurn | null = null

  /** Bytes taken from a device (negative: given back) since the last turn. */
  note(bytes: number): void { this.bytes += bytes }

  /** A promise of the next turn, if one is due. */
  pause(): Promise<void> | null {
    if (this.running) return this.running
    if (this.bytes < TURN_BYTES && performance.now() - this.at < TURN_MS) return null
    this.next ??= nextTurnHere()
    this.running = new Promise(resolve => this.next!(() => {
      this.running = null
      this.bytes = 0
      this.at = performance.now()
      resolve()
    }))
    return this.running
  }
}

/** There is one event loop a thread. */
export const turns = new Turns()
