// at libs/operations/src/record.ts
import { Injectable } from '@nestjs/common'; // wrong: no-restricted-imports
import { answered } from '@drover/api'; // wrong: no-restricted-imports
export const used: unknown[] = [Injectable, answered];
