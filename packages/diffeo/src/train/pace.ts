/**
 * @file Letting the event loop turn. A loop that awaits only settled promises runs no timer, no signal handler and no
 * finalizer, ever: so now and then a real macrotask is awaited.
 */

const longestSpan = 16

const scheduler = globalThis as { setImmediate?: (body: () => void) => unknown; MessageChannel?: typeof MessageChannel }

let channel: MessageChannel | null = null
const waiting: (() => void)[] = []

function macrotask(): Promise<void> {
  return new Promise(resolve => {
    if (scheduler.setImmediate) {
      scheduler.setImmediate(resolve)
    } else if (scheduler.MessageChannel) {
      // setTimeout is clamped to 4 ms in browsers
      if (!channel) {
        channel = new MessageChannel()
        channel.port1.onmessage = () => waiting.shift()?.()
      }
      waiting.push(resolve)
      channel.port2.postMessage(null)
    } else {
      setTimeout(resolve, 0)
    }
  })
}

/** Awaited often, it gives the event loop a turn every 16 ms. */
export class Pace {
  #last = performance.now()
  async breathe(): Promise<void> {
    if (performance.now() - this.#last < longestSpan) return
    await macrotask()
    this.#last = performance.now()
  }
}
