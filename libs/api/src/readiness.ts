import { Injectable } from '@nestjs/common';

/** Whether this process wants traffic: own stores verified and projections caught up once, and not stopping. */
@Injectable()
export class Readiness {
  #held = false;
  #status: 'starting' | 'ok' | 'stopping' = 'starting';
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
  started() {
    this.#held = false;
    this.#status = 'ok';
  }
  stop() {
    this.#status = 'stopping';
  }
}
