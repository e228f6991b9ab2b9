/** @file `DIFFEO_DEBUG=graph,schedule,kernel,asm`: shows the stages of compiling on standard error. */

export type Stage = 'graph' | 'schedule' | 'kernel' | 'asm'

const wanted = new Set<string>()

/** Chooses the stages to show: a comma-separated list. */
export function showStages(list: string): void {
  for (const stage of list.split(',')) if (stage) wanted.add(stage)
}

/** Prints what `text` gives if the stage is wanted. */
export function debug(stage: Stage, text: () => string): void {
  if (wanted.has(stage)) console.error(`[${stage}] ${text()}`)
}
