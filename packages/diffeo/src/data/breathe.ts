/** @file Lets timers, signals and finalizers run: a loop that awaits only settled promises never does. */

/** Milliseconds between turns of the event loop. */
const every = 16
let last = /* @__PURE__ */ performance.now()

/** A turn of the event loop, if there was none for a while. */
export async function breathe(): Promise<void> {
  if (performance.now() - last < every) return
  await new Promise<void>(resolve => {
    const { setImmediate } = globalThis as { setImmediate?: (f: () => void) => void }
    if (setImmediate) setImmediate(resolve)
    else setTimeout(resolve)
  })
  last = performance.now()
}
