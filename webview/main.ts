// The page's entry: fills `<main id="fathom">` (src/protocol/page.ts) with one run's dashboard.

import '@vscode/codicons/dist/codicon.css';
import './main.css';
import './plots.css';
import './keys.css';
import './panel.css';
import './runs.css';
import './results.css';
import './config/config.css';
import { CATALOGUE } from '../src/model/catalogue';
import { Dashboard } from './dashboard';

const root = document.getElementById('fathom');
if (root) new Dashboard(root, CATALOGUE);
