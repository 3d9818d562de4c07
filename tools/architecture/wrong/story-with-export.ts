// at apps/stories/src/second.story.ts // wrong: house/role
import { expect, it } from '@jest/globals';

export const seconds = 60;
it('is a minute', () => expect(seconds).toBe(60));
