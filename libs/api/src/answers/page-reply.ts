// Answers with a page of a list, and names the next one in the header as well. Never: another filter in the link than the
// client sent.
import type { Page } from '@drover/contracts';
import type { Reply, Request } from '../routes/request.js';

/** Says in the header where the next page is: this address with its cursor, whatever that parameter is called here. */
export const replyPage = <Item>(
  reply: Reply,
  request: Pick<Request, 'url'>,
  page: Page<Item>,
  parameter = 'cursor',
): Page<Item> => {
  if (page.next === null) return page;
  const [path = '', query] = request.url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.delete(parameter);
  parameters.append(parameter, page.next);
  reply.header('Link', `<${path}?${parameters.toString()}>; rel="next"`);
  return page;
};
