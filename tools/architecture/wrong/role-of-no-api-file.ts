// at libs/power/src/api/second-door.controller.ts
import { Catch, Controller, Module, type CanActivate } from '@nestjs/common';
import { verbs, type Does, type Endpoints } from './second-verbs.js';

@Controller()
export class SecondController {}
@Module({})
export class SecondModule {} // wrong: house/role
@Catch()
export class SecondFilter {} // wrong: house/role
export class SecondGuard implements CanActivate { // wrong: house/role
  canActivate = () => true;
}
export const second = (): Pick<Endpoints<'power', Does>, 'powerOff'> => verbs; // wrong: house/role
