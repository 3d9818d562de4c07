import { Injectable } from '@nestjs/common';

/** Whether this process wants traffic: own stores verified and projections caught up once, and not stopping. */
@Injectable()
export class Readiness {
  #status: 'starting' | 'ok' | 'stopping' = 'starting';
  get status() {
    return this.#status;
  }
  started() {
    this.#status = 'ok';
  }
  stop() {
    this.#status = 'stopping';
  }
}
