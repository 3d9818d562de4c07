// Ties a method of a controller to its row of the catalogue. Never: a method without one; the start refuses it.
import { Reflector } from '@nestjs/core';
import type { RouteDefinition } from '@drover/contracts';

/** Keeps a route's definition on its method; the door and the table read it there. */
export const RouteRule = Reflector.createDecorator<RouteDefinition>();
