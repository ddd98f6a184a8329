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
  overlay: 'fathom.overlay',
  filterRuns: 'fathom.filterRuns',
  clearRunFilter: 'fathom.clearRunFilter',
  groupRuns: 'fathom.groupRuns',
  starRun: 'fathom.starRun',
  unstarRun: 'fathom.unstarRun',
  tagRun: 'fathom.tagRun',
  noteRun: 'fathom.noteRun',
  renameRun: 'fathom.renameRun',
  revealRun: 'fathom.revealRun',
  copyRunPath: 'fathom.copyRunPath',
  openRunInTerminal: 'fathom.openRunInTerminal',
  cleanCheckpoints: 'fathom.cleanCheckpoints',
  startQueued: 'fathom.startQueued',
  cancelQueued: 'fathom.cancelQueued',
  runStudy: 'fathom.runStudy',
  revealExperiment: 'fathom.revealExperiment',
  refreshDevices: 'fathom.refreshDevices',
  installCudaEngine: 'fathom.installCudaEngine',
} as const;

export const VIEW_CONTAINER = 'fathom';
export const RUNS_VIEW = 'fathom.runs';
export const EXPERIMENTS_VIEW = 'fathom.experiments';
export const DEVICES_VIEW = 'fathom.devices';
export const DASHBOARD_PANEL = 'fathom.dashboard';
export const WALKTHROUGH = 'fathom.firstFiveMinutes';

export const SETTINGS = {
  node: 'fathom.node',
  openDashboardOnStart: 'fathom.openDashboardOnStart',
  secondStart: 'fathom.secondStart',
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
  queued: 'queued',
  starred: 'starred',
  /** Not starred. */
  plain: 'plain',
} as const;

/** What keybindings of the Runs view hand to commands: they mean what is selected there. */
export const SELECTED = 'selection';

/** Words of an experiment item’s context value. */
export const EXPERIMENT_CONTEXT = {
  configuration: 'configuration',
  study: 'study',
} as const;

/** Keys of the editor's context that keybindings and menus test. */
export const CONTEXT_KEYS = {
  /** Whether the Runs view shows only some of the runs. */
  runsFiltered: 'fathom.runsFiltered',
  /** Of the run whose dashboard a person looks at: `running`, `paused`, `queued`, `continuable` or `ended`. */
  shownRun: 'fathom.shownRun',
} as const;

export const CONFIGURATION_SUFFIX = '.fathom.json';
/** Grids of configurations, which only the terminal runs: the editor knows that they may have comments. */
export const STUDY_SUFFIX = '.study.json';
/** Where a configuration's documents live: only files on this machine can be trained from. */
export const CONFIGURATION_SELECTOR = { scheme: 'file', pattern: `**/*${CONFIGURATION_SUFFIX}` } as const;
