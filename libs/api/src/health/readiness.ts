// Whether this process wants requests, as its start and its end say, and what it waits for. Never: a look at a store or a
// provider; those say themselves when they are done.
import { Injectable } from '@nestjs/common';

/** Whether this process wants traffic: own stores verified and projections caught up once, and not stopping. */
@Injectable()
export class Readiness {
  #held = false;
  #status: 'starting' | 'ok' | 'stopping' = 'starting';
  readonly #awaited = new Map<string, () => string>();
  get status() {
    return this.#status;
  }
  /** Whether the port is open though views are behind: nothing but health is answered until they have caught up. */
  get held() {
    return this.#held;
  }
  hold() {
    this.#held = true;
  }
  /** What the start waits for at present: the name of each part, and a sentence. */
  get awaited(): ReadonlyMap<string, string> {
    return new Map([...this.#awaited].map(([name, sentence]) => [name, sentence()]));
  }
  /** Waits for a part of the start; whoever asks meanwhile is told its name and the sentence, as it is by then. */
  async waitFor(name: string, sentence: string | (() => string), part: Promise<void>) {
    this.#awaited.set(name, typeof sentence === 'string' ? () => sentence : sentence);
    await part.finally(() => this.#awaited.delete(name));
  }
  started() {
    this.#held = false;
    this.#status = 'ok';
  }
  stop() {
    this.#status = 'stopping';
  }
}
