// Every id that package.json contributes and the code uses. A unit test asserts that both agree, so
// that a command cannot be offered without existing nor exist without being offered.

export const COMMANDS = {
  newExperiment: 'fathom.newExperiment',
  startRun: 'fathom.startRun',
  probe: 'fathom.probe',
  pause: 'fathom.pause',
  resume: 'fathom.resume',
  stop: 'fathom.stop',
  checkpoint: 'fathom.checkpoint',
  resumeFromCheckpoint: 'fathom.resumeFromCheckpoint',
  forkRun: 'fathom.forkRun',
  evaluateRun: 'fathom.evaluateRun',
  generateText: 'fathom.generateText',
  openDashboard: 'fathom.openDashboard',
  compare: 'fathom.compare',
  showLog: 'fathom.showLog',
  openRunFolder: 'fathom.openRunFolder',
  deleteRun: 'fathom.deleteRun',
} as const;

export const VIEW_CONTAINER = 'fathom';
export const RUNS_VIEW = 'fathom.runs';
export const DASHBOARD_PANEL = 'fathom.dashboard';
export const WALKTHROUGH = 'fathom.firstFiveMinutes';

export const SETTINGS = {
  node: 'fathom.node',
  openDashboardOnStart: 'fathom.openDashboardOnStart',
} as const;

/** Words in a run item's context value; menus test them with `viewItem =~ /\bword\b/`. */
export const RUN_CONTEXT = {
  run: 'run',
  alive: 'alive',
  ended: 'ended',
  pausable: 'pausable',
  paused: 'paused',
  continuable: 'continuable',
  saved: 'saved',
} as const;

export const CONFIGURATION_SUFFIX = '.fathom.json';
/** Grids of configurations, which only the terminal runs: the editor knows that they may have comments. */
export const STUDY_SUFFIX = '.study.json';
/** Where a configuration's documents live: only files on this machine can be trained from. */
export const CONFIGURATION_SELECTOR = { scheme: 'file', pattern: `**/*${CONFIGURATION_SUFFIX}` } as const;
