// The tasks that there are. Adding one is a file and a line.

import type { Task } from './task';
import { hellaswag } from './tasks/hellaswag';
import { lambada } from './tasks/lambada';
import { piqa } from './tasks/piqa';
import { qqp } from './tasks/qqp';
import { winogrande } from './tasks/winogrande';

export const TASKS: readonly Task[] = [lambada, winogrande, hellaswag, piqa, qqp];
