// config: print every setting, its value here, and what it means. Passwords in DATABASE_URL are not printed.
import { settings } from '../config.ts';
import type { CommandContext } from './run-command.ts';

/** 0, always: settings that cannot be understood have stopped the command before. */
export function configCommand(context: CommandContext): Promise<number> {
  for (const [name, setting] of Object.entries(settings)) {
    const value = String(context.config[name as keyof typeof settings]).replace(/\/\/([^:@/]+):[^@/]*@/, '//$1:…@');
    context.write(`${setting.variable}=${value}\n    ${setting.meaning}\n`);
  }
  return Promise.resolve(0);
}
